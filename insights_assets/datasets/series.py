"""Bars and yields: one query for each series (and month), whatever the range of days."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from insights_assets.datasets.fetching import Ask, Fetched, fresh
from insights_assets.model.as_of import daily_bars_known, intraday_bars_known, yields_known
from insights_assets.model.dates import previous_session
from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.vendors.alpha_vantage import parsers, queries

T = TypeVar("T")

DAILY_SYMBOLS = ("NVDA", "MSFT", "AMD", "PLTR")
INTRADAY_SYMBOLS = ("NVDA", "MSFT", "AMD")


async def daily_bars(ask: Ask, days: Sequence[date], _today: date) -> Mapping[date, DatasetOutcome]:
    """Ask once for each symbol."""
    answers = await asyncio.gather(
        *[ask(queries.daily_adjusted(symbol), parsers.daily_prices) for symbol in DAILY_SYMBOLS]
    )
    histories = _values(dict(zip(DAILY_SYMBOLS, answers, strict=True)))
    return {day: fresh(daily_bars_known(histories, day), answers) for day in days}


async def intraday_bars(
    ask: Ask, days: Sequence[date], today: date
) -> Mapping[date, DatasetOutcome]:
    """Ask once for each symbol and calendar month that holds a needed session."""
    months = {day: previous_session(day).replace(day=1) for day in days}
    # The month of today's last session can still grow, or be corrected, and is never cached.
    growing = previous_session(today).replace(day=1)
    wanted = [(symbol, month) for month in set(months.values()) for symbol in INTRADAY_SYMBOLS]
    answers = await asyncio.gather(
        *[
            ask(queries.intraday(symbol, month, closed=month < growing), parsers.intraday_bars)
            for symbol, month in wanted
        ]
    )
    found = dict(zip(wanted, answers, strict=True))
    outcomes: dict[date, DatasetOutcome] = {}
    for day, month in months.items():
        of_month = {symbol: found[symbol, month] for symbol in INTRADAY_SYMBOLS}
        known = intraday_bars_known(_values(of_month), day)
        outcomes[day] = fresh(known, of_month.values())
    return outcomes


async def treasury_10y(
    ask: Ask, days: Sequence[date], _today: date
) -> Mapping[date, DatasetOutcome]:
    """Ask once for the 10-year yield."""
    return await _yields(ask, days, "10year")


async def treasury_2y(
    ask: Ask, days: Sequence[date], _today: date
) -> Mapping[date, DatasetOutcome]:
    """Ask once for the 2-year yield."""
    return await _yields(ask, days, "2year")


async def _yields(ask: Ask, days: Iterable[date], maturity: str) -> Mapping[date, DatasetOutcome]:
    answer = await ask(queries.treasury_yield(maturity), parsers.treasury_yields)
    if isinstance(answer, Unavailable):
        return dict.fromkeys(days, answer)
    return {day: fresh(yields_known(answer.value, day), [answer]) for day in days}


def _values(
    answers: Mapping[str, Fetched[T] | Unavailable],
) -> Mapping[str, T | Unavailable]:
    return {
        symbol: answer if isinstance(answer, Unavailable) else answer.value
        for symbol, answer in answers.items()
    }
