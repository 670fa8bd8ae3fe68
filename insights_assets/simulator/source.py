"""Where the rows come from: what the synthetic and the recorded source have in common."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from insights_assets.simulator.market_days import DAY

Article = Mapping[str, Any]
"""One article as the vendor sends it."""


class Row(NamedTuple):
    """One line of a series: the vendor's stamp and the vendor's texts, in its order."""

    stamp: str
    fields: tuple[str, ...]


class Release(NamedTuple):
    """One value of an observation of FRED's, released on a day; a revised one has several."""

    observed: date
    value: str
    released: date


class Source(Protocol):
    """A history to serve, oldest first.

    A source may know more than the vendor would have by now: cutting off the future is done once,
    for every source, by whoever asks it. It answers with nothing for a symbol it does not have.
    """

    @property
    def name(self) -> str:
        """What the header `X-Insights-Source` says."""

    def daily(self, symbol: str, through: date) -> Sequence[Row]:
        """Open, high, low, close, adjusted close, volume, dividend, split of every session."""

    def intraday(self, symbol: str, first: date, last: date) -> Sequence[Row]:
        """Open, high, low, close, volume of the half hours from `first` to `last`."""

    def treasury(self, maturity: str, through: date) -> Sequence[Row]:
        """The yield of every weekday, `.` where none was observed."""

    def releases(self, series_id: str, through: date) -> Sequence[Release]:
        """Every value of a series of FRED's that was released up to `through`."""

    def articles(self, day: date, topics: frozenset[str]) -> Sequence[Article]:
        """The articles on these topics published on the UTC day `day`."""

    def ipo_calendar(self, today: date) -> bytes | None:
        """The calendar as it stood on `today`; None if this source has none for that day."""


def rows_between(rows: Sequence[Row], first: date, last: date) -> Sequence[Row]:
    """The rows stamped on the days from `first` to `last`, both included."""
    start = bisect_left(rows, first.isoformat(), key=lambda row: row.stamp)
    return rows[start : bisect_left(rows, (last + DAY).isoformat(), key=lambda row: row.stamp)]


def up_to(last: str, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows stamped no later than `last`."""
    return rows[: bisect_right(rows, last, key=lambda row: row.stamp)]
