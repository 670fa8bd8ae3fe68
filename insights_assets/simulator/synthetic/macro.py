"""FRED's daily series: each a mean-reverting level, released on the next federal business day."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from insights_assets.simulator.market_days import (
    FIRST_DAY,
    is_federal_holiday,
    published_at,
    weekdays,
)
from insights_assets.simulator.source import Release
from insights_assets.simulator.synthetic.rng import rng_for

_REVISED = 0.02  # of the values, two releases later


class _Level(NamedTuple):
    mean: float
    lowest: float
    pull: float
    step: float


_LEVELS = {
    "BAA10Y": _Level(2.0, 1.2, 0.01, 0.03),
    "VIXCLS": _Level(19.0, 9.0, 0.03, 1.1),
    "T10Y3M": _Level(0.8, -2.0, 0.004, 0.06),
    "SOFR": _Level(2.8, 0.0, 0.002, 0.03),
}


@lru_cache(maxsize=8)
def macro_releases(seed: int, series_id: str, through_year: int) -> tuple[Release, ...]:
    """The values of every weekday with the day of their release, `.` on federal holidays."""
    if series_id not in _LEVELS:
        return ()
    mean, lowest, pull, step = _LEVELS[series_id]
    rng = rng_for(seed, "fred", series_id)
    level, releases = mean, []
    for day in weekdays(FIRST_DAY, date(through_year, 12, 31)):
        level = max(level + pull * (mean - level) + rng.gauss(0, step), lowest)
        released = published_at(day).date()
        value = "." if is_federal_holiday(day) else f"{level:.2f}"
        releases.append(Release(day, value, released))
        if rng.random() < _REVISED and value != ".":
            later = published_at(released).date()
            releases.append(Release(day, f"{level + step:.2f}", later))
    return tuple(releases)
