"""NEWS_SENTIMENT: the articles of a window with their scores."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

from insights_assets.simulator import refusals
from insights_assets.simulator.answer import Answer, Endpoint, json_answer
from insights_assets.simulator.horizon import Horizon
from insights_assets.simulator.market_days import DAY, FIRST_DAY
from insights_assets.simulator.params import Query, minute_in, number_in, one_of
from insights_assets.simulator.source import Article, Source

FUNCTION = "NEWS_SENTIMENT"


def endpoint(source: Source) -> Endpoint:
    """Answer from `source`, in the order asked for."""

    def answer(query: Query, horizon: Horizon) -> Answer:
        sort = one_of(query, "sort", ("LATEST", "EARLIEST", "RELEVANCE"), default="LATEST")
        limit = number_in(query, "limit", range(1, 1001), default="50")
        first = minute_in(query, "time_from", default=f"{FIRST_DAY:%Y%m%d}T0000")
        last = min(minute_in(query, "time_to", default="99991231T2359"), horizon.last_article)
        topics = frozenset(filter(None, query.get("topics", "").lower().split(",")))
        articles = _articles(source, first, last, topics, newest_first=sort != "EARLIEST")
        if sort == "RELEVANCE":
            articles = iter(sorted(articles, key=_relevance, reverse=True))
        feed = list(islice(articles, limit))
        return _encoded(feed) if feed else refusals.no_articles()

    return answer


def _articles(
    source: Source, first: str, last: str, topics: frozenset[str], *, newest_first: bool
) -> Iterator[Article]:
    """The articles of a window, day by day, so that a limit ends the search early."""
    start = max(_day(first), FIRST_DAY)
    days = [start + DAY * n for n in range((_day(last) - start).days + 1)]
    for day in reversed(days) if newest_first else days:
        articles = source.articles(day, topics)
        for article in reversed(articles) if newest_first else articles:
            if first <= article["time_published"] <= last:
                yield article


def _encoded(articles: list[Article]) -> Answer:
    return json_answer(
        {
            "items": str(len(articles)),
            "sentiment_score_definition": (
                "x <= -0.35: Bearish; -0.35 < x <= -0.15: Somewhat-Bearish; "
                "-0.15 < x < 0.15: Neutral; 0.15 <= x < 0.35: Somewhat_Bullish; x >= 0.35: Bullish"
            ),
            "relevance_score_definition": (
                "0 < x <= 1, with a higher score indicating higher relevance."
            ),
            "feed": articles,
        }
    )


def _day(stamp: str) -> date:
    return date.fromisoformat(stamp[:8])


def _relevance(article: Article) -> float:
    return max(
        (float(topic["relevance_score"]) for topic in article.get("topics", ())), default=0.0
    )
