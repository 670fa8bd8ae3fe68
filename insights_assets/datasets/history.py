"""Series of one value a day: from a full history, the part an operator could know on a day.

A history is sorted once, when it is fetched; the part known on any day is then found by
bisection. Rows that had to be dropped keep their day, so that a bad row counts against the days
that would have used it and against no other.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self, TypeAlias

from insights_assets.model.outcomes import Unavailable

MAX_DROPPED = 0.05


@dataclass(frozen=True, slots=True)
class Observations:
    """One value a day, in ascending order of days without repetition."""

    dates: tuple[date, ...]
    values: tuple[float, ...]


Window: TypeAlias = Observations | Unavailable


@dataclass(frozen=True, slots=True)
class History:
    """All valid observations of one series, and the days of those that had to be dropped."""

    observations: Observations
    dropped: tuple[date, ...] = ()

    @classmethod
    def of(cls, values: Mapping[date, float], dropped: Iterable[date]) -> Self:
        """Sort; a day that has a value as well was not dropped."""
        days = sorted(values)
        return cls(
            Observations(tuple(days), tuple(values[day] for day in days)),
            tuple(sorted(day for day in dropped if day not in values)),
        )

    def known_before(self, cutoff: date, *, keep: int, max_age: int, day: date) -> Window:
        """Return the last `keep` observations dated before `cutoff`, if they can be relied on."""
        dates = self.observations.dates
        end = bisect_left(dates, cutoff)
        start = max(end - keep, 0)
        # A window that is not full would have used every older row too.
        oldest = bisect_left(self.dropped, dates[start]) if end - start == keep else 0
        bad = bisect_left(self.dropped, cutoff) - oldest
        unusable = too_many_dropped(bad, end - start)
        if unusable or start == end:
            return unusable or Unavailable(f"no observation is known on {day}", "late")
        known = Observations(dates[start:end], self.observations.values[start:end])
        return too_old(known.dates[-1], day, max_age) or known


def too_many_dropped(bad: int, good: int) -> Unavailable | None:
    """Return Unavailable where more rows are unusable than a reading can bear."""
    if bad <= MAX_DROPPED * (bad + good):
        return None
    return Unavailable(f"{bad} of {bad + good} rows are unusable, more than {MAX_DROPPED:.0%}")


def too_old(newest: date, day: date, max_age: int) -> Unavailable | None:
    """Return Unavailable where the newest observation is more than `max_age` days old."""
    age = (day - newest).days
    if age <= max_age:
        return None
    return Unavailable(
        f"the newest observation known on {day} is of {newest}, {age} days old;"
        f" at most {max_age} are allowed",
        "late",
    )
