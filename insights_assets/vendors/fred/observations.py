"""`/series/observations`: the observations of a series, each as it was first released.

Asked with `output_type=4`, FRED tells for each observation its first value and, as
`realtime_start`, the day on which it was released. What was released before the real-time period
began carries the first day of the period instead, and the value of that day, which may be a
revised one; therefore no observation is asked for that is older than its period.
The answer does not name the series; the other parameters are repeated in it and compared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from insights_assets.vendors import coerce
from insights_assets.vendors.errors import Malformed
from insights_assets.vendors.fred.wire import MOST_ROWS, WINDOW_YEARS
from insights_assets.vendors.payload import list_in, parse_json, refuse_undated
from insights_assets.vendors.query import DAY, HOUR, Query

FUNCTION = "series/observations"
FIRST_RELEASES = "4"
STILL_OPEN = date(9999, 12, 31)  # the only day to come that a real-time period may end on
NO_OBSERVATION = (".", "", None)  # FRED's sign for a holiday
LONGEST_STEP = 4  # days; a long weekend lies between the observations of a daily series


@dataclass(frozen=True, slots=True)
class Release:
    """One observation as it was first released; `value` is None where it cannot be read."""

    observed: date
    value: float | None
    released: date


@dataclass(frozen=True, slots=True)
class Period:
    """A real-time period of whole years, which holds all that its days need.

    They are the days of one calendar year, whatever day it is asked on, so that all runs of a year
    share the answer.
    """

    first: date
    last: date

    @classmethod
    def of(cls, day: date, today: date) -> "Period":
        """Return the period for `day`: the six years before its year, and its year."""
        first = date(day.year - WINDOW_YEARS + 1, 1, 1)
        return cls(first, STILL_OPEN if day.year >= today.year else date(day.year, 12, 31))

    @property
    def is_over(self) -> bool:
        """Return whether nothing can be added to it any more."""
        return self.last != STILL_OPEN


def periods(days: Iterable[date], today: date) -> dict[Period, list[date]]:
    """Return the periods that `days` need, each with its days."""
    needed: dict[Period, list[date]] = {}
    for day in days:
        needed.setdefault(Period.of(day, today), []).append(day)
    return needed


def query(series_id: str, period: Period) -> Query:
    """Ask for the first releases of `series_id` within `period`."""
    return Query(
        FUNCTION,
        {
            "series_id": series_id,
            "output_type": FIRST_RELEASES,
            "realtime_start": period.first.isoformat(),
            "realtime_end": period.last.isoformat(),
            "observation_start": period.first.isoformat(),
        },
        f"FRED {series_id}",
        f"macro:fred:{series_id}:{period.first}",
        7 * DAY if period.is_over else HOUR,
        same_day=not period.is_over,
    )


def parse(asked: Query, body: str) -> tuple[Release, ...]:
    """Read the first releases, oldest observation first; days without a value are left out."""
    label = asked.label
    payload = parse_json(label, body)
    rows = list_in(label, payload, "observations")
    _refuse_another_answer(asked, payload, len(rows))
    first: dict[date, Release] = {}
    undated = 0
    for row in rows:
        fields = row if isinstance(row, dict) else {}
        day, released = coerce.day(fields.get("date")), coerce.day(fields.get("realtime_start"))
        text = fields.get("value", "?")
        if day is None or released is None:
            undated += 1
        elif text not in NO_OBSERVATION:
            known = first.get(day)
            if known is None or released < known.released:
                first[day] = Release(day, coerce.level(text), released)
    refuse_undated(label, undated, len(rows))
    days = sorted(first)
    _refuse_long_steps(label, days)
    return tuple(first[day] for day in days)


def _refuse_another_answer(asked: Query, payload: dict[str, Any], rows: int) -> None:
    for name in ("output_type", "realtime_start", "realtime_end", "observation_start"):
        stated = str(payload.get(name))
        if stated != asked.params[name]:
            raise Malformed(
                asked.label,
                f"the vendor answered for {name} {stated[:40]}, {asked.params[name]} was asked for",
            )
    count = payload.get("count")
    if isinstance(count, int) and count > rows:
        raise Malformed(
            asked.label,
            f"the vendor sent {rows} of {count} observations, it sends at most {MOST_ROWS}",
        )


def _refuse_long_steps(label: str, days: Sequence[date]) -> None:
    steps = [(later - earlier).days for earlier, later in pairwise(days)]
    if steps and median(steps) > LONGEST_STEP:
        raise Malformed(
            label, f"its observations are {median(steps):g} days apart, a daily series was expected"
        )
