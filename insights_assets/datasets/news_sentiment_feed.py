"""News with sentiment scores: NEWS_SENTIMENT, as few requests as its limit on articles allows."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal, Self

from insights_assets.datasets.fetching import Ask, DatasetSpec, Fetched, outcome
from insights_assets.datasets.history import too_many_dropped
from insights_assets.model.dates import as_of
from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.vendors import coerce
from insights_assets.vendors.alpha_vantage.wire import NO_ARTICLES
from insights_assets.vendors.payload import list_in, parse_json, refuse_undated
from insights_assets.vendors.query import HOUR, Query

KEPT = 50
WINDOW = timedelta(days=7)
# The vendor's staff name these two as the valid limits; an answer of any request can end at 50.
ONE_DAY_LIMIT = 50
RANGE_LIMIT = 1000
CUT_AT = 50
MORE_REQUESTS = 5  # for one day whose articles an answer did not hold in full


@dataclass(frozen=True, slots=True)
class NewsFeed:
    """Articles, newest first; `published` in UTC, `scores` from -1 (bearish) to 1 (bullish)."""

    published: tuple[datetime, ...]
    urls: tuple[str, ...]
    titles: tuple[str, ...]
    scores: tuple[float, ...]
    kind: Literal["news"] = "news"

    @property
    def rows(self) -> int:
        """Count the articles."""
        return len(self.urls)

    @property
    def newest(self) -> date:
        """Return the newest article's day (UTC)."""
        return self.published[0].date()


@dataclass(frozen=True, slots=True)
class Article:
    """One article with its overall sentiment score; `published` in UTC."""

    published: datetime
    url: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class NewsHistory:
    """All valid articles, oldest first, and when those that had to be dropped were published."""

    articles: tuple[Article, ...]
    dropped: tuple[datetime, ...] = ()
    rows: int = 0
    """How many rows the vendor sent, usable or not."""
    limit: int = RANGE_LIMIT
    """How many it was asked for."""

    @classmethod
    def of(
        cls,
        articles: Iterable[Article],
        dropped: Iterable[datetime],
        rows: int,
        limit: int = RANGE_LIMIT,
    ) -> Self:
        """Sort by publication; read backwards, articles of one instant come by ascending URL."""
        ordered = sorted(articles, key=lambda article: (article.url, article.score), reverse=True)
        ordered.sort(key=_published)
        return cls(tuple(ordered), tuple(sorted(dropped)), rows, limit)

    @property
    def full(self) -> bool:
        """Whether there can be older articles than these: the answer ended where it had to."""
        return self.rows >= self.limit or self.rows == CUT_AT

    def with_older(self, older: Self) -> Self | None:
        """Return these and `older` articles, as full as the older answer is; None if none is new.

        The minute of the oldest is in both: each article is kept once.
        """
        articles = {*self.articles, *older.articles}
        if len(articles) == len(set(self.articles)):
            return None
        oldest = self.articles[0].published
        dropped = [
            *[instant for instant in self.dropped if instant > oldest],
            *[instant for instant in older.dropped if instant <= oldest],
        ]
        return type(self).of(articles, dropped, older.rows, older.limit)


def query(first: datetime, last: datetime, *, limit: int) -> Query:
    """Ask for the latest `limit` technology articles between two instants."""
    start, end = (instant.astimezone(UTC).strftime("%Y%m%dT%H%M") for instant in (first, last))
    return Query(
        "NEWS_SENTIMENT",
        {
            "topics": "technology",
            "sort": "LATEST",
            "limit": str(limit),
            "time_from": start,
            "time_to": end,
        },
        f"NEWS_SENTIMENT technology {start} to {end}",
        f"sentiment:news:technology:{start}-{end}:{limit}",
        HOUR,
    )


def parse(asked: Query, body: str) -> NewsHistory:
    """Read the articles with their overall sentiment score; none is an answer too."""
    label = asked.label
    payload = parse_json(label, body)
    if str(payload.get("Information", "")).startswith(NO_ARTICLES):
        return NewsHistory(())
    feed = list_in(label, payload, "feed")
    articles: list[Article] = []
    dropped: list[datetime] = []
    undated = 0
    for row in feed:
        fields = row if isinstance(row, dict) else {}
        published = coerce.instant(fields.get("time_published"))
        score = coerce.sentiment(fields.get("overall_sentiment_score"))
        url = coerce.url(fields.get("url"))
        if published is None:
            undated += 1
        elif score is None or url is None:
            dropped.append(published.replace(tzinfo=UTC))
        else:
            title = coerce.text(fields.get("title"))
            articles.append(Article(published.replace(tzinfo=UTC), url, title, score))
    refuse_undated(label, undated, len(feed))
    return NewsHistory.of(
        articles, dropped, rows=len(feed), limit=int(asked.params.get("limit", RANGE_LIMIT))
    )


def window(day: date) -> tuple[datetime, datetime]:
    """Return the first and the last instant (UTC) whose articles count for `day`."""
    end = as_of(day).astimezone(UTC)
    return end - WINDOW, end


def known(history: NewsHistory, day: date) -> NewsFeed | Unavailable:
    """Keep the latest 50 articles of the week up to `day` 09:30, each URL once."""
    first, last = window(day)
    start = bisect_left(history.articles, first, key=_published)
    end = bisect_right(history.articles, last, key=_published)
    kept: dict[str, Article] = {}
    for article in reversed(history.articles[start:end]):
        kept.setdefault(article.url, article)
        if len(kept) == KEPT:
            break
    feed = list(kept.values())
    oldest = feed[-1].published if len(feed) == KEPT else first
    bad = bisect_right(history.dropped, last) - bisect_left(history.dropped, oldest)
    if unusable := too_many_dropped(bad, len(feed)):
        return unusable
    if not feed:
        return Unavailable(
            f"no article was published in the 7 days up to {day} 09:30 New York", "late"
        )
    return NewsFeed(
        published=tuple(article.published for article in feed),
        urls=tuple(article.url for article in feed),
        titles=tuple(article.title for article in feed),
        scores=tuple(article.score for article in feed),
    )


async def fetch(ask: Ask, days: Sequence[date], _today: date) -> Mapping[date, DatasetOutcome]:
    """Ask for the newest day and everything older that fits into one answer, and so on.

    The vendor answers with the latest articles up to the limit: an answer serves each day whose
    feed it certainly holds in full, and always at least the newest, so there is at most one query
    for each day.
    """
    limit = ONE_DAY_LIMIT if len(days) == 1 else RANGE_LIMIT
    pending = sorted(days, reverse=True)
    outcomes: dict[date, DatasetOutcome] = {}
    while pending:
        first, last = window(pending[-1])[0], window(pending[0])[1]
        fetched = await ask(query(first, last, limit=limit), parse)
        if isinstance(fetched, Unavailable):
            # After all the tries of one query the next one would not do better.
            return outcomes | dict.fromkeys(pending, fetched)
        history = fetched.value
        for _ in range(MORE_REQUESTS):
            if _has_enough(history, pending[0]):
                break
            rest = await ask(_rest(history, first), parse)
            if isinstance(rest, Unavailable) or not (more := history.with_older(rest.value)):
                break
            history = more
        fetched = replace(fetched, value=history)
        served = _served(fetched, pending)
        outcomes |= served
        pending = pending[len(served) :]
    return outcomes


def _rest(history: NewsHistory, first: datetime) -> Query:
    """Ask for what lies before the oldest article; its minute may have been cut off."""
    oldest = min(article.published for article in history.articles)
    return query(first, oldest + timedelta(minutes=1), limit=RANGE_LIMIT)


def _has_enough(history: NewsHistory, day: date) -> bool:
    """Whether `day` would not be another with the articles that an answer did not hold."""
    if not history.full or not history.articles or window(day)[0] > history.articles[0].published:
        return True
    feed = known(history, day)
    if not isinstance(feed, NewsFeed) or feed.rows < KEPT:
        return False
    oldest = history.articles[0].published
    # Of several articles of one instant the vendor sends any: those that count may be cut off.
    is_shared = history.articles[1].published == oldest
    return feed.published[-1] > oldest or not is_shared


def _served(fetched: Fetched[NewsHistory], pending: Sequence[date]) -> dict[date, DatasetOutcome]:
    """Return the outcomes of the first of the `pending` days that `fetched` holds in full."""
    served: dict[date, DatasetOutcome] = {}
    for day in pending:
        feed = known(fetched.value, day)
        if served and not _complete(fetched.value, feed, day):
            break
        if _has_enough(fetched.value, day):
            served[day] = outcome(feed, [fetched])
        else:
            oldest = fetched.value.articles[0].published
            gap = Unavailable(f"the vendor's answers end at {oldest:%Y-%m-%d %H:%M} UTC", "outage")
            served[day] = (
                replace(gap, reason=f"no article of the window came: {gap.reason}")
                if isinstance(feed, Unavailable)
                else outcome(feed, [fetched], {"articles": gap})
            )
    return served


def _complete(history: NewsHistory, feed: NewsFeed | Unavailable, day: date) -> bool:
    if not history.full:
        return True
    if not history.articles:
        return False
    # At the limit, articles of the oldest instant may have been cut off.
    oldest = history.articles[0].published
    if window(day)[0] > oldest:
        return True
    return isinstance(feed, NewsFeed) and feed.rows == KEPT and feed.published[-1] > oldest


def _published(article: Article) -> datetime:
    return article.published


DATASET = DatasetSpec(
    "news_sentiment_feed",
    "The latest 50 technology articles of the 7 days up to 09:30 New York, with their sentiment"
    " scores.",
    "alpha_vantage",
    NewsFeed,
    fetch,
)
