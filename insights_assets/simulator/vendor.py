"""One question, one answer: what the vendor would say to it now, never the future."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice

from insights_assets.simulator import refusals, wire
from insights_assets.simulator.horizon import Horizon
from insights_assets.simulator.market_days import DAY, FIRST_DAY
from insights_assets.simulator.params import (
    InvalidCallError,
    Query,
    minute_in,
    month_in,
    number_in,
    one_of,
    symbol_in,
)
from insights_assets.simulator.source import Article, Row, Source
from insights_assets.simulator.wire import Answer

_COMPACT = 100


class Vendor:
    """The vendor's functions over one source, as they stand at the time of the question."""

    def __init__(self, source: Source, clock: Callable[[], datetime], until: date | None) -> None:
        self._source = source
        self._clock = clock
        self._until = until
        self._functions: dict[str, Callable[[Query, Horizon], Answer]] = {
            wire.DAILY: self._daily,
            wire.INTRADAY: self._intraday,
            wire.TREASURY: self._treasury,
            wire.NEWS: self._news,
            wire.IPO: self._ipo_calendar,
        }
        # A full daily answer is a megabyte that changes once a day: encode it once.
        self._daily_body = lru_cache(maxsize=32)(self._encode_daily)
        self._treasury_body = lru_cache(maxsize=8)(self._encode_treasury)

    def answer(self, query: Query) -> Answer:
        """What the vendor would say to this question now."""
        if not query.get("apikey"):
            return refusals.bad_key()
        function = query.get("function", "")
        if function not in self._functions:
            return refusals.no_such_function(function)
        try:
            return self._functions[function](query, Horizon(self._clock(), self._until))
        except InvalidCallError:
            return refusals.invalid_call(function)

    def _daily(self, query: Query, horizon: Horizon) -> Answer:
        size = one_of(query, "outputsize", ("full", "compact"), default="compact")
        return self._daily_body(symbol_in(query), size, horizon.last_session)

    def _encode_daily(self, symbol: str, size: str, last: str) -> Answer:
        rows = _up_to(last, self._source.daily(symbol, date.fromisoformat(last)))
        if not rows:
            raise InvalidCallError
        return wire.daily_answer(symbol, size, rows[-_COMPACT:] if size == "compact" else rows)

    def _intraday(self, query: Query, horizon: Horizon) -> Answer:
        symbol = symbol_in(query)
        size = one_of(query, "outputsize", ("full", "compact"), default="compact")
        one_of(query, "interval", ("30min",))
        # The vendor's default is "true". This stand-in has regular sessions only and refuses,
        # so that nobody takes them for what the vendor would send.
        one_of(query, "extended_hours", ("false",))
        rows = self._source.intraday(symbol, *month_in(query, horizon.today))
        if not rows:
            raise InvalidCallError
        visible = _up_to(horizon.last_bar, rows)
        return wire.intraday_answer(
            symbol, size, visible[-_COMPACT:] if size == "compact" else visible
        )

    def _treasury(self, query: Query, horizon: Horizon) -> Answer:
        # The vendor's default is monthly, which this stand-in does not have.
        one_of(query, "interval", ("daily",))
        maturity = one_of(query, "maturity", tuple(wire.MATURITIES), default="10year")
        return self._treasury_body(maturity, horizon.last_observation)

    def _encode_treasury(self, maturity: str, last: str) -> Answer:
        rows = _up_to(last, self._source.treasury(maturity, date.fromisoformat(last)))
        return wire.treasury_answer(maturity, rows)

    def _news(self, query: Query, horizon: Horizon) -> Answer:
        sort = one_of(query, "sort", ("LATEST", "EARLIEST", "RELEVANCE"), default="LATEST")
        limit = number_in(query, "limit", range(1, 1001), default="50")
        first = minute_in(query, "time_from", default=f"{FIRST_DAY:%Y%m%d}T0000")
        last = min(minute_in(query, "time_to", default="99991231T2359"), horizon.last_article)
        topics = frozenset(filter(None, query.get("topics", "").lower().split(",")))
        articles = self._articles(first, last, topics, newest_first=sort != "EARLIEST")
        if sort == "RELEVANCE":
            articles = iter(sorted(articles, key=_relevance, reverse=True))
        feed = list(islice(articles, limit))
        return wire.news_answer(feed) if feed else refusals.no_articles()

    def _articles(
        self, first: str, last: str, topics: frozenset[str], *, newest_first: bool
    ) -> Iterator[Article]:
        """The articles of a window, day by day, so that a limit ends the search early."""
        start = max(_day(first), FIRST_DAY)
        days = [start + DAY * n for n in range((_day(last) - start).days + 1)]
        for day in reversed(days) if newest_first else days:
            articles = self._source.articles(day, topics)
            for article in reversed(articles) if newest_first else articles:
                if first <= article["time_published"] <= last:
                    yield article

    def _ipo_calendar(self, _query: Query, horizon: Horizon) -> Answer:
        calendar = self._source.ipo_calendar(horizon.today)
        if calendar is None:
            # An empty calendar would say that no company goes public, which nobody recorded.
            return refusals.error_message(f"No IPO calendar was recorded for {horizon.today}.")
        return wire.csv_answer(calendar)


def _up_to(last: str, rows: Sequence[Row]) -> Sequence[Row]:
    return rows[: bisect_right(rows, last, key=lambda row: row.stamp)]


def _day(stamp: str) -> date:
    return date.fromisoformat(stamp[:8])


def _relevance(article: Article) -> float:
    return max(
        (float(topic["relevance_score"]) for topic in article.get("topics", ())), default=0.0
    )
