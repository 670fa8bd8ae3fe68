"""What each dataset holds for one day, as columns of plain values.

Every type tells how many `rows` it has and which day its `newest` observation is from.
`kind` names the type in a stored document.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, TypeAlias, get_args

DatasetId: TypeAlias = Literal[
    "daily_bars",
    "intraday_bars",
    "treasury_10y",
    "treasury_2y",
    "news_sentiment_feed",
    "ipo_calendar",
]
DATASET_IDS: tuple[DatasetId, ...] = get_args(DatasetId)


@dataclass(frozen=True, slots=True)
class Observations:
    """One value a day, in ascending order of days without repetition."""

    dates: tuple[date, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DailyBars:
    """Split- and dividend-adjusted closing prices in US dollars, by symbol."""

    prices: Mapping[str, Observations]
    missing: Mapping[str, str]
    """The symbols that could not be had, each with its reason."""
    kind: Literal["daily_bars"] = "daily_bars"

    @property
    def rows(self) -> int:
        """Count the prices of all symbols."""
        return sum(len(prices.dates) for prices in self.prices.values())

    @property
    def newest(self) -> date:
        """Return the newest session of any symbol."""
        return max(prices.dates[-1] for prices in self.prices.values())


@dataclass(frozen=True, slots=True)
class SessionBars:
    """The half-hour bars of one symbol and session; `starts` are New York wall-clock times."""

    starts: tuple[time, ...]
    opens: tuple[float, ...]
    closes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class IntradayBars:
    """The half-hour bars of one session, by symbol."""

    session: date
    bars: Mapping[str, SessionBars]
    missing: Mapping[str, str]
    """The symbols that could not be had, each with its reason."""
    kind: Literal["intraday_bars"] = "intraday_bars"

    @property
    def rows(self) -> int:
        """Count the bars of all symbols."""
        return sum(len(bars.starts) for bars in self.bars.values())

    @property
    def newest(self) -> date:
        """Return the session's day."""
        return self.session


@dataclass(frozen=True, slots=True)
class Yields:
    """Constant-maturity Treasury yields in percent, by day of observation."""

    observations: Observations
    kind: Literal["yields"] = "yields"

    @property
    def rows(self) -> int:
        """Count the observations."""
        return len(self.observations.dates)

    @property
    def newest(self) -> date:
        """Return the newest observation's day."""
        return self.observations.dates[-1]


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
class IpoCalendar:
    """The offerings expected from `day` on, as the vendor listed them on that very day."""

    day: date
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    ipo_dates: tuple[date, ...]
    kind: Literal["ipo_calendar"] = "ipo_calendar"

    @property
    def rows(self) -> int:
        """Count the offerings."""
        return len(self.symbols)

    @property
    def newest(self) -> date:
        """Return the day the calendar was read on."""
        return self.day


DatasetData: TypeAlias = DailyBars | IntradayBars | Yields | NewsFeed | IpoCalendar
