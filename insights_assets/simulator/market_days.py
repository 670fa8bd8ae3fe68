"""The two calendars behind the data: NYSE sessions and US federal business days."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import country_holidays, financial_holidays

NEW_YORK = ZoneInfo("America/New_York")
FIRST_DAY = date(2010, 1, 4)
"""Invented history begins here, on the first session of 2010."""

BAR = timedelta(minutes=30)
DAY = timedelta(days=1)
_OPEN, _CLOSE, _EARLY_CLOSE = time(9, 30), time(16, 0), time(13, 0)
_YIELDS_PUBLISHED = time(16, 15)


def new_york_now() -> datetime:
    """The real time, on New York's clock."""
    return datetime.now(NEW_YORK)


@cache
def _nyse_holidays(year: int) -> frozenset[date]:
    return frozenset(financial_holidays("NYSE", years=year))


@cache
def _early_closes(year: int) -> frozenset[date]:
    return frozenset(financial_holidays("NYSE", years=year, categories=("half_day",)))


@cache
def _federal_holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("US", years=year))


def weekdays(first: date, last: date) -> list[date]:
    """Mondays to Fridays from `first` to `last`, both included."""
    days = (first + DAY * n for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def is_session(day: date) -> bool:
    """Whether the NYSE trades on `day`."""
    return day.weekday() < 5 and day not in _nyse_holidays(day.year)


def sessions(first: date, last: date) -> list[date]:
    """NYSE sessions from `first` to `last`, both included."""
    return [day for day in weekdays(first, last) if day not in _nyse_holidays(day.year)]


def session_close(day: date) -> datetime:
    """When the session of `day` ends: 16:00, or 13:00 before some holidays."""
    close = _EARLY_CLOSE if day in _early_closes(day.year) else _CLOSE
    return datetime.combine(day, close, NEW_YORK)


def bar_starts(day: date) -> list[str]:
    """The stamps of a session's half-hour bars, oldest first: 13 of them, or 7."""
    start = datetime.combine(day, _OPEN, NEW_YORK)
    bars = (session_close(day) - start) // BAR
    return [f"{start + BAR * n:%Y-%m-%d %H:%M:%S}" for n in range(bars)]


def last_ended_session(now: datetime) -> date:
    """The newest session that is over."""
    day = now.date()
    while not is_session(day) or session_close(day) > now:
        day -= DAY
    return day


def is_federal_holiday(day: date) -> bool:
    """Whether `day` is a US federal holiday, on which no yield is observed."""
    return day in _federal_holidays(day.year)


def published_at(observed: date) -> datetime:
    """When the yield of `observed` comes out: 16:15 on the next federal business day."""
    day = observed + DAY
    while day.weekday() >= 5 or is_federal_holiday(day):
        day += DAY
    return datetime.combine(day, _YIELDS_PUBLISHED, NEW_YORK)


def last_published_observation(now: datetime) -> date:
    """The newest day whose yield is out."""
    day = now.date()
    while published_at(day) > now:
        day -= DAY
    return day
