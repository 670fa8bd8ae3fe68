"""Days and instants: every rule of the product is told in New York time."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

import holidays

NEW_YORK = ZoneInfo("America/New_York")

# A morning in New York: the snapshot is taken, made up for if it is not there, and due.
SNAPSHOT_TIME = time(9, 30)  # the opening bell of the NYSE
GRACE_MINUTES = 15  # unless INSIGHTS_REPAIR_GRACE_MINUTES says otherwise
DEADLINE = time(10)

CLOCKS_DIFFER = timedelta(hours=1)  # at most: more is no drift, but a wrong date or time zone

Clock: TypeAlias = Callable[[], datetime]

_NYSE_HOLIDAYS = holidays.financial_holidays("NYSE")
_NYSE_EARLY_CLOSES = holidays.financial_holidays("NYSE", categories=("half_day",))
_FEDERAL_HOLIDAYS = holidays.country_holidays("US")


def now() -> datetime:
    """Return the current instant, in New York time."""
    return datetime.now(NEW_YORK)


def as_of(day: date) -> datetime:
    """Return the instant whose knowledge the snapshot of `day` holds: 09:30 New York."""
    return datetime.combine(day, SNAPSHOT_TIME, NEW_YORK)


def parse_day(text: str) -> date:
    """Read a day as YYYY-MM-DD; raise ValueError with a plain sentence otherwise."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write it as YYYY-MM-DD.") from None
    if day.isoformat() != text:
        raise ValueError(f"{text!r} is not a date: write it as YYYY-MM-DD.")
    return day


def days_between(first: date, last: date) -> list[date]:
    """Return every calendar day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def days_before(day: date, days: int) -> date:
    """Return the day `days` earlier, or the first that a date can be."""
    return date.fromordinal(max(day.toordinal() - days, date.min.toordinal()))


def months_before(day: date, months: int) -> date:
    """Return the same day `months` earlier, or the last of a month that is too short for it."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def newest_due(now: datetime) -> date:
    """Return the newest day whose snapshot should be there at `now`."""
    local = now.astimezone(NEW_YORK)
    return local.date() if local.time() >= DEADLINE else local.date() - timedelta(days=1)


@lru_cache(maxsize=8192)
def is_session(day: date) -> bool:
    """Return whether the NYSE trades on `day`."""
    return day.weekday() < 5 and day not in _NYSE_HOLIDAYS


def half_hours(session: date) -> int:
    """Count the half hours of a session of the NYSE: 13, or 7 where it closes at 13:00."""
    return 7 if session in _NYSE_EARLY_CLOSES else 13


def previous_session(day: date) -> date:
    """Return the last NYSE session dated before `day`."""
    return _last_weekday_before(day, _NYSE_HOLIDAYS)


def last_sessions(day: date, count: int) -> list[date]:
    """Return the last `count` NYSE sessions dated before `day`, oldest first."""
    sessions: list[date] = []
    while len(sessions) < count:
        day = previous_session(day)
        sessions.append(day)
    return sessions[::-1]


def previous_federal_business_day(day: date) -> date:
    """Return the last US federal business day before `day`."""
    return _last_weekday_before(day, _FEDERAL_HOLIDAYS)


def _last_weekday_before(day: date, closed: holidays.HolidayBase) -> date:
    candidate = day - timedelta(days=1)
    while candidate.weekday() >= 5 or candidate in closed:
        candidate -= timedelta(days=1)
    return candidate
