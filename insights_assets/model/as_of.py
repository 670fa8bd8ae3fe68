"""What was known: from a full history, the part an operator could know on a day at 09:30.

A history is sorted once, when it is fetched; the part known on any day is then found by
bisection. Rows that had to be dropped keep their day, so that a bad row counts against the days
that would have used it and against no other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self, TypeAlias

from insights_assets.model.datasets import (
    DailyBars,
    IntradayBars,
    NewsFeed,
    Observations,
    SessionBars,
    Yields,
)
from insights_assets.model.dates import as_of, previous_federal_business_day
from insights_assets.model.outcomes import Unavailable, reason_for_all

DAILY_BARS_KEPT = 260
YIELDS_KEPT = 60
ARTICLES_KEPT = 50
NEWS_WINDOW = timedelta(days=7)
BARS_MAX_AGE = 5  # days from the newest kept observation to the snapshot
YIELDS_MAX_AGE = 8
MAX_DROPPED = 0.05

Window: TypeAlias = Observations | Unavailable


@dataclass(frozen=True, slots=True)
class History:
    """All valid observations of one series, and the days of those that had to be dropped."""

    observations: Observations
    dropped: tuple[date, ...] = ()

    def known_before(self, cutoff: date, *, keep: int, max_age: int, day: date) -> Window:
        """Return the last `keep` observations dated before `cutoff`, if they can be relied on."""
        dates = self.observations.dates
        end = bisect_left(dates, cutoff)
        start = max(end - keep, 0)
        # A window that is not full would have used every older row too.
        oldest = bisect_left(self.dropped, dates[start]) if end - start == keep else 0
        bad = bisect_left(self.dropped, cutoff) - oldest
        unusable = _too_many_dropped(bad, end - start)
        if unusable or start == end:
            return unusable or Unavailable(f"no observation is known on {day}")
        known = Observations(dates[start:end], self.observations.values[start:end])
        return _too_old(known.dates[-1], day, max_age) or known


@dataclass(frozen=True, slots=True)
class SessionHistory:
    """The half-hour bars of one symbol by session, and how many had to be dropped in each."""

    sessions: Mapping[date, SessionBars]
    dropped: Mapping[date, int]


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

    @classmethod
    def of(cls, articles: Iterable[Article], dropped: Iterable[datetime], rows: int) -> Self:
        """Sort by publication; read backwards, articles of one instant come by ascending URL."""
        ordered = sorted(articles, key=lambda article: (article.url, article.score), reverse=True)
        ordered.sort(key=_published)
        return cls(tuple(ordered), tuple(sorted(dropped)), rows)


def daily_bars_known(
    histories: Mapping[str, History | Unavailable], day: date
) -> DailyBars | Unavailable:
    """Keep the last 260 sessions dated before `day`; at least half of the symbols are needed."""
    prices: dict[str, Observations] = {}
    missing: dict[str, Unavailable] = {}
    for symbol, history in histories.items():
        known = (
            history
            if isinstance(history, Unavailable)
            else history.known_before(day, keep=DAILY_BARS_KEPT, max_age=BARS_MAX_AGE, day=day)
        )
        if isinstance(known, Unavailable):
            missing[symbol] = known
        else:
            prices[symbol] = known
    return _too_few_symbols(len(prices), missing) or DailyBars(prices, _reasons(missing))


def intraday_bars_known(
    histories: Mapping[str, SessionHistory | Unavailable], day: date
) -> IntradayBars | Unavailable:
    """Keep the last session that ended before `day` 09:30, for the symbols that have it."""
    missing = {id_: found for id_, found in histories.items() if isinstance(found, Unavailable)}
    found = {id_: each for id_, each in histories.items() if isinstance(each, SessionHistory)}
    # A session of nothing but unusable bars is a session still: no older one takes its place.
    sessions = {s for each in found.values() for s in (*each.sessions, *each.dropped) if s < day}
    if not sessions:
        nothing = Unavailable(f"no session is known on {day}")
        return _too_few_symbols(0, missing | dict.fromkeys(found, nothing)) or nothing
    newest = max(sessions)
    if too_old := _too_old(newest, day, BARS_MAX_AGE):
        return too_old
    bars: dict[str, SessionBars] = {}
    for symbol, each in found.items():
        session = each.sessions.get(newest)
        good = len(session.starts) if session else 0
        if bad := _too_many_dropped(each.dropped.get(newest, 0), good):
            missing[symbol] = bad
        elif session is None:
            missing[symbol] = Unavailable(f"no bars of the session of {newest}", "late")
        else:
            bars[symbol] = session
    return _too_few_symbols(len(bars), missing) or IntradayBars(newest, bars, _reasons(missing))


def yields_known(history: History, day: date) -> Yields | Unavailable:
    """Keep the last 60 observations published by `day` 09:30.

    The Federal Reserve publishes the observation of day O at 16:15 New York time on the next
    business day after O (H.15, "Selected Interest Rates"). At 09:30 on `day` the last release was
    on the business day before it, and held observations dated before that business day.
    """
    known = history.known_before(
        previous_federal_business_day(day), keep=YIELDS_KEPT, max_age=YIELDS_MAX_AGE, day=day
    )
    return known if isinstance(known, Unavailable) else Yields(known)


def news_window(day: date) -> tuple[datetime, datetime]:
    """Return the first and the last instant (UTC) whose articles count for `day`."""
    end = as_of(day).astimezone(UTC)
    return end - NEWS_WINDOW, end


def news_known(history: NewsHistory, day: date) -> NewsFeed | Unavailable:
    """Keep the latest 50 articles of the week up to `day` 09:30, each URL once."""
    first, last = news_window(day)
    start = bisect_left(history.articles, first, key=_published)
    end = bisect_right(history.articles, last, key=_published)
    kept: dict[str, Article] = {}
    for article in reversed(history.articles[start:end]):
        kept.setdefault(article.url, article)
        if len(kept) == ARTICLES_KEPT:
            break
    feed = list(kept.values())
    oldest = feed[-1].published if len(feed) == ARTICLES_KEPT else first
    bad = bisect_right(history.dropped, last) - bisect_left(history.dropped, oldest)
    if unusable := _too_many_dropped(bad, len(feed)):
        return unusable
    if not feed:
        return Unavailable(f"no article was published in the 7 days up to {day} 09:30 New York")
    return NewsFeed(
        published=tuple(article.published for article in feed),
        urls=tuple(article.url for article in feed),
        titles=tuple(article.title for article in feed),
        scores=tuple(article.score for article in feed),
    )


def _published(article: Article) -> datetime:
    return article.published


def _too_many_dropped(bad: int, good: int) -> Unavailable | None:
    if bad <= MAX_DROPPED * (bad + good):
        return None
    return Unavailable(f"{bad} of {bad + good} rows are unusable, more than {MAX_DROPPED:.0%}")


def _too_old(newest: date, day: date, max_age: int) -> Unavailable | None:
    age = (day - newest).days
    if age <= max_age:
        return None
    return Unavailable(
        f"the newest observation known on {day} is of {newest}, {age} days old;"
        f" at most {max_age} are allowed",
        "late",
    )


def _too_few_symbols(available: int, missing: Mapping[str, Unavailable]) -> Unavailable | None:
    wanted = available + len(missing)
    if 2 * available >= wanted and available:
        return None
    causes = {each.cause for each in missing.values()}
    reason = reason_for_all(missing, wanted)
    return Unavailable(
        reason if not available else f"only {available} of {wanted} symbols could be had: {reason}",
        next(
            (cause for cause in ("quota", "outage", "late", "refused", "data") if cause in causes),
            "data",
        ),
    )


def _reasons(missing: Mapping[str, Unavailable]) -> dict[str, str]:
    return {symbol: each.reason for symbol, each in missing.items()}
