"""News: as few queries as the vendor's limit on articles allows."""

from collections.abc import Mapping, Sequence
from datetime import date

from insights_assets.datasets.fetching import Ask, Fetched, fresh
from insights_assets.model.as_of import ARTICLES_KEPT, NewsHistory, news_known, news_window
from insights_assets.model.datasets import NewsFeed
from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.vendors.alpha_vantage import parsers, queries

ONE_DAY_LIMIT = 200
RANGE_LIMIT = 1000  # the vendor's maximum


async def news_sentiment_feed(
    ask: Ask, days: Sequence[date], _today: date
) -> Mapping[date, DatasetOutcome]:
    """Ask for the newest day and everything older that fits into one answer, and so on.

    The vendor answers with the latest articles up to the limit: an answer serves each day whose
    feed it certainly holds in full, and always at least the newest, so there is at most one query
    for each day.
    """
    limit = ONE_DAY_LIMIT if len(days) == 1 else RANGE_LIMIT
    pending = sorted(days, reverse=True)
    outcomes: dict[date, DatasetOutcome] = {}
    while pending:
        first, last = news_window(pending[-1])[0], news_window(pending[0])[1]
        query = queries.news_sentiment(first, last, limit=limit)
        answer = await ask(query, parsers.news_articles)
        if isinstance(answer, Unavailable):
            # After all the tries of one query the next one would not do better.
            return outcomes | dict.fromkeys(pending, answer)
        served = _served(answer, pending, limit)
        outcomes |= served
        pending = pending[len(served) :]
    return outcomes


def _served(
    answer: Fetched[NewsHistory], pending: Sequence[date], limit: int
) -> dict[date, DatasetOutcome]:
    """Return the outcomes of the first of the `pending` days that `answer` holds in full."""
    served: dict[date, DatasetOutcome] = {}
    for day in pending:
        feed = news_known(answer.value, day)
        if served and not _complete(answer.value, feed, day, limit):
            break
        served[day] = fresh(feed, [answer])
    return served


def _complete(history: NewsHistory, feed: NewsFeed | Unavailable, day: date, limit: int) -> bool:
    if history.rows < limit:
        return True
    if not history.articles:
        return False
    # At the limit, articles of the oldest instant may have been cut off.
    oldest = history.articles[0].published
    if news_window(day)[0] > oldest:
        return True
    return isinstance(feed, NewsFeed) and feed.rows == ARTICLES_KEPT and feed.published[-1] > oldest
