"""The basket: what the shares of a stored dataset of daily bars did, in equal parts."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from insights_assets.datasets.daily_bars import DailyBars
from insights_assets.model.outcomes import Dataset, DatasetOutcome
from insights_assets.storage.documents import dataset_outcome
from insights_assets.storage.indexes import DATASETS
from insights_assets.storage.mongo import MongoHistory

ASSET_KEY = "market_data/daily_bars"
# A dataset holds about a year; the next one is looked for well within it, so that they overlap.
STEP_DAYS = 330
LOOKED_AT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Basket:
    """The value of the basket by session, and the shares that are in it."""

    values: pd.Series
    symbols: tuple[str, ...]


def basket(stored: MongoHistory, first: date, last: date) -> Basket:
    """Return the basket as the datasets stored from `first` to `last` know it.

    Each session counts the mean of the returns of the shares that have a price on it and on the
    session before: equal parts, rebalanced at every close. Adjusted prices of different days are
    never divided by each other, because a later dividend changes all earlier ones: each return is
    taken within one dataset, the newest that has it.
    """
    returns: dict[date, float] = {}
    symbols: set[str] = set()
    day = last
    while day >= first:
        bars = _newest(stored, max(first, day - timedelta(days=LOOKED_AT_DAYS)), day)
        if bars:
            symbols |= bars.prices.keys()
            returns = _returns(bars) | returns
        day -= timedelta(days=STEP_DAYS if bars else LOOKED_AT_DAYS)
    series = pd.Series(returns, dtype="float64").sort_index()
    series.index = pd.DatetimeIndex(series.index, name="session").as_unit("ns")
    return Basket((1 + series).cumprod(), tuple(sorted(symbols)))


def _newest(stored: MongoHistory, first: date, last: date) -> DailyBars | None:
    outcomes: dict[date, DatasetOutcome] = stored.read_values(
        DATASETS, ASSET_KEY, first, last, dataset_outcome
    )
    for day in sorted(outcomes, reverse=True):
        outcome = outcomes[day]
        if isinstance(outcome, Dataset) and isinstance(outcome.data, DailyBars):
            return outcome.data
    return None


def _returns(bars: DailyBars) -> dict[date, float]:
    prices = pd.DataFrame(
        {
            symbol: pd.Series(prices.values, index=list(prices.dates), dtype="float64")
            for symbol, prices in bars.prices.items()
        }
    ).sort_index()
    mean = (prices / prices.shift(1) - 1).mean(axis=1)
    return {day: float(level) for day, level in mean.items() if np.isfinite(level)}
