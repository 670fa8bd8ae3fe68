"""Daily closing prices by symbol: TIME_SERIES_DAILY_ADJUSTED, one request for each symbol."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from insights_assets.datasets.fetching import Ask, DatasetSpec, outcome
from insights_assets.datasets.history import History, Observations, Window
from insights_assets.datasets.plausibility import believable
from insights_assets.datasets.splits import unadjusted_split
from insights_assets.datasets.symbols import by_symbol, reasons, too_few_symbols
from insights_assets.model.dates import previous_session
from insights_assets.model.outcomes import DatasetId, DatasetOutcome, Unavailable
from insights_assets.vendors import coerce
from insights_assets.vendors.alpha_vantage.meta import check_daily, check_meta
from insights_assets.vendors.errors import NotYetAdjusted
from insights_assets.vendors.payload import object_in, parse_json, refuse_undated
from insights_assets.vendors.query import HOUR, Query

KEPT = 260
MAX_AGE = 5  # days from the newest kept session to the snapshot


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


def query(symbol: str) -> Query:
    """Ask for all sessions of `symbol`, split- and dividend-adjusted."""
    return Query(
        "TIME_SERIES_DAILY_ADJUSTED",
        {"symbol": symbol, "outputsize": "full"},
        f"TIME_SERIES_DAILY_ADJUSTED {symbol}",
        f"market:daily:{symbol}",
        HOUR,
    )


def parse(asked: Query, body: str) -> History:
    """Read the adjusted close by session."""
    label = asked.label
    payload = parse_json(label, body)
    check_meta(asked, payload, symbol=asked.params.get("symbol", ""), time_zone="US/Eastern")
    series = object_in(label, payload, "Time Series (Daily)")
    prices: dict[date, float] = {}
    sessions: dict[date, dict[str, Any]] = {}
    dropped: list[date] = []
    undated = 0
    for text, row in series.items():
        day = coerce.day(text)
        price = coerce.price(row.get("5. adjusted close")) if isinstance(row, dict) else None
        if day is None:
            undated += 1
        elif price is None:
            dropped.append(day)
        else:
            prices[day], sessions[day] = price, row
    refuse_undated(label, undated, len(series))
    check_daily(asked, prices)
    if split := unadjusted_split(sessions, KEPT):
        raise NotYetAdjusted(
            label, f"the prices before the split of {split} are not yet adjusted for it"
        )
    return History.of(prices, dropped)


def gaps(histories: Mapping[str, History | Unavailable], day: date) -> dict[str, Unavailable]:
    """Return what some symbols lack: everything, or the newest session."""
    newest = previous_session(day)
    lacking: dict[str, Unavailable] = {}
    for symbol, window in _windows(histories, day).items():
        if isinstance(window, Unavailable):
            lacking[symbol] = window
        elif window.dates[-1] < newest:
            lacking[symbol] = Unavailable(
                f"its session of {newest} is not there yet, the newest is of {window.dates[-1]}",
                "late",
            )
    return lacking


def known(histories: Mapping[str, History | Unavailable], day: date) -> DailyBars | Unavailable:
    """Keep the last 260 sessions dated before `day`; at least half of the symbols are needed."""
    windows = _windows(histories, day)
    prices = {s: window for s, window in windows.items() if isinstance(window, Observations)}
    missing = {s: window for s, window in windows.items() if isinstance(window, Unavailable)}
    return too_few_symbols(len(prices), missing) or DailyBars(prices, reasons(missing))


def _windows(histories: Mapping[str, History | Unavailable], day: date) -> dict[str, Window]:
    return {
        symbol: history
        if isinstance(history, Unavailable)
        else believable(history.known_before(day, keep=KEPT, max_age=MAX_AGE, day=day))
        for symbol, history in histories.items()
    }


def daily_bars(
    id_: DatasetId, symbols: Sequence[str], description: str, *, max_staleness: int = 4
) -> DatasetSpec:
    """Describe a dataset of daily closing prices of some symbols."""

    async def fetch(ask: Ask, days: Sequence[date], _today: date) -> Mapping[date, DatasetOutcome]:
        """Ask once for each symbol."""
        fetched = await asyncio.gather(*[ask(query(symbol), parse) for symbol in symbols])
        histories = by_symbol(symbols, fetched)
        return {day: outcome(known(histories, day), fetched, gaps(histories, day)) for day in days}

    return DatasetSpec(
        id_,
        description,
        "alpha_vantage",
        DailyBars,
        fetch,
        max_staleness=max_staleness,
        max_age=MAX_AGE,
    )


DATASET = daily_bars(
    "daily_bars",
    ("NVDA", "MSFT", "AMD", "PLTR"),
    "Adjusted closing prices of NVDA, MSFT, AMD and PLTR: the last 260 sessions dated before the"
    " day.",
)
