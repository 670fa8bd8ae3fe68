"""FRED's daily series: `/series/observations`, one dataset each, as first released."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from insights_assets.datasets.fetching import Ask, DatasetSpec, outcome
from insights_assets.datasets.history import History, Observations
from insights_assets.model.outcomes import DatasetId, DatasetOutcome, Unavailable
from insights_assets.vendors.fred.observations import Release, parse, periods, query

KEPT = 1300
MAX_AGE = 8  # days from the newest kept observation to the snapshot


@dataclass(frozen=True, slots=True)
class ReleasedSeries:
    """The first released values of a daily series, in its own unit, by day of observation."""

    observations: Observations
    kind: Literal["released_series"] = "released_series"

    @property
    def rows(self) -> int:
        """Count the observations."""
        return len(self.observations.dates)

    @property
    def newest(self) -> date:
        """Return the newest observation's day."""
        return self.observations.dates[-1]


def known(releases: Sequence[Release], day: date) -> ReleasedSeries | Unavailable:
    """Keep the last 1,300 observations that were first released before `day`.

    A release day has no time of day: what was released on `day` counts from the next day.
    """
    released = [release for release in releases if release.released < day]
    history = History.of(
        {release.observed: release.value for release in released if release.value is not None},
        [release.observed for release in released if release.value is None],
    )
    window = history.known_before(day, keep=KEPT, max_age=MAX_AGE, day=day)
    return window if isinstance(window, Unavailable) else ReleasedSeries(window)


def fred_series(id_: DatasetId, series_id: str, description: str) -> DatasetSpec:
    """Describe the dataset of one series."""

    async def fetch(ask: Ask, days: Sequence[date], today: date) -> Mapping[date, DatasetOutcome]:
        """Ask once for each period of years that the days need: once for the days of a year."""
        needed = periods(days, today)
        fetches = await asyncio.gather(*[ask(query(series_id, period), parse) for period in needed])
        return {
            day: fetched
            if isinstance(fetched, Unavailable)
            else outcome(known(fetched.value, day), [fetched])
            for fetched, of_period in zip(fetches, needed.values(), strict=True)
            for day in of_period
        }

    return DatasetSpec(
        id_,
        f"{description} (FRED {series_id}): the last {KEPT:,} observations first released before"
        " the day.",
        "fred",
        ReleasedSeries,
        fetch,
        max_staleness=5,
        max_age=MAX_AGE,
    )


CREDIT_SPREAD_SERIES = fred_series(
    "credit_spread_series",
    "BAA10Y",
    "Yield of Baa corporate bonds minus that of 10-year Treasuries in percentage points",
)
VOLATILITY_INDEX = fred_series(
    "volatility_index", "VIXCLS", "Close of the CBOE volatility index VIX in index points"
)
TERM_SPREAD = fred_series(
    "term_spread", "T10Y3M", "10-year minus 3-month Treasury yield in percentage points"
)
OVERNIGHT_RATE = fred_series(
    "overnight_rate", "SOFR", "Secured overnight financing rate in percent"
)
