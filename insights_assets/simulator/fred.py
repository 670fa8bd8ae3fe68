"""FRED's `/fred/series/observations`: first releases within a real-time period, and its refusals.

It knows what the product relies on and refuses the rest: daily series, `output_type=4`, JSON. The
wordings are FRED's own as its users recorded them in public.
"""

import json
import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from insights_assets.simulator.params import Query
from insights_assets.simulator.source import Release, Source

FUNCTION = "series/observations"
ST_LOUIS = ZoneInfo("America/Chicago")
LAST_DAY = date(9999, 12, 31)
MOST_VINTAGES = 2000
REQUESTS_PER_MINUTE = 120
_MINUTE = 60
_KEPT = 16  # answers of 190 kB
_KEY = re.compile(r"[0-9a-z]{32}")
_READ = "Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."

UNREGISTERED_KEY = f"Bad Request.  The value for variable api_key is not registered.  {_READ}"
NO_KEY = f"Bad Request.  Variable api_key is not set.  {_READ}"
NO_SERIES = "Bad Request.  The series does not exist."
RATE_LIMIT = "Too Many Requests.  Exceeded Rate Limit"


class FredAnswer(NamedTuple):
    """A JSON body and its HTTP status."""

    status: int
    body: bytes


def refusal(message: str, status: int = 400) -> FredAnswer:
    """FRED's error object."""
    body = {"error_code": status, "error_message": message}
    return FredAnswer(status, json.dumps(body).encode())


def too_many_vintages(count: int, first: date, last: date) -> FredAnswer:
    """A real-time period with more vintages than one request may hold."""
    return refusal(
        f"Bad Request.  There are {count} vintage dates in the specified real-time period: {first}"
        f" to {last}.  This exceeds the maximum number of vintage dates allowed ({MOST_VINTAGES})."
    )


class BadRequest(Exception):
    """FRED would refuse this question; the message is FRED's."""


class Fred:
    """FRED over one source, as it stands at the time of the question."""

    def __init__(self, source: Source, clock: Callable[[], datetime], until: date | None) -> None:
        self._source = source
        self._clock = clock
        self._until = until
        self._asked: deque[datetime] = deque()
        # FRED's own machine would work while the client does; here both share one.
        self._kept = lru_cache(maxsize=_KEPT)(self._observations)

    def answer(self, query: Query) -> FredAnswer:
        """What FRED would say to this question now."""
        now = self._clock()
        while self._asked and (now - self._asked[0]).total_seconds() >= _MINUTE:
            self._asked.popleft()
        if len(self._asked) >= REQUESTS_PER_MINUTE:
            return refusal(RATE_LIMIT, 429)
        self._asked.append(now)
        if not query.get("api_key"):
            return refusal(NO_KEY)
        today = now.astimezone(ST_LOUIS).date()
        try:
            return self._kept(frozenset(query.items()), today)
        except BadRequest as error:
            return refusal(f"Bad Request.  {error}")

    def _observations(self, asked: frozenset[tuple[str, str]], today: date) -> FredAnswer:
        query = dict(asked)
        # FRED knows more answers; this stand-in refuses what nobody would tell from its own.
        for name, only in (("file_type", "json"), ("output_type", "4")):
            if query.get(name) != only:
                raise BadRequest(f"This stand-in knows no other {name} than {only}.")
        first, last = _day(query, "realtime_start", today), _day(query, "realtime_end", today)
        since = _day(query, "observation_start", date(1776, 7, 4))
        if last > today and last != LAST_DAY:
            raise BadRequest(
                f"The value for variable realtime_end is {last}, it can not be after today's date"
                f" ({today}) unless it is {LAST_DAY}."
            )
        if first > last:
            raise BadRequest(f"Variable realtime_start can not be after realtime_end ({last}).")
        # `until` hides what came later; which days may be asked for goes by the clock, as for us.
        through = min(today, self._until or today)
        releases = self._source.releases(query.get("series_id", "").upper(), through)
        if not releases:
            return refusal(NO_SERIES)
        end = min(last, through)
        vintages = {release.released for release in releases if first <= release.released <= end}
        if len(vintages) > MOST_VINTAGES:
            return too_many_vintages(len(vintages), first, last)
        rows = [
            {
                "realtime_start": str(max(release.released, first)),
                "realtime_end": str(last),
                "date": str(release.observed),
                "value": release.value,
            }
            for release in first_in_period(releases, first, end)
            if release.observed >= since
        ]
        body = {
            "realtime_start": str(first),
            "realtime_end": str(last),
            "observation_start": str(since),
            "observation_end": "9999-12-31",
            "units": "lin",
            "output_type": 4,
            "file_type": "json",
            "order_by": "observation_date",
            "sort_order": "asc",
            "count": len(rows),
            "offset": 0,
            "limit": 100000,
            "observations": rows,
        }
        return FredAnswer(200, json.dumps(body).encode())


def first_in_period(releases: Sequence[Release], first: date, last: date) -> list[Release]:
    """The value of each observation that a period shows first.

    What was released before the period began appears as it stood on the period's first day, which
    may be a revised value.
    """
    by_day: dict[date, list[Release]] = {}
    for release in releases:
        by_day.setdefault(release.observed, []).append(release)
    shown = []
    for day in sorted(by_day):
        known = sorted(by_day[day], key=lambda release: release.released)
        before = bisect_right(known, first, key=lambda release: release.released)
        in_force = known[max(before - 1, 0)]
        if in_force.released <= last:
            shown.append(in_force)
    return shown


def _day(query: Query, name: str, default: date) -> date:
    try:
        return date.fromisoformat(query[name]) if name in query else default
    except ValueError:
        raise BadRequest(f"The value for variable {name} is not a YYYY-MM-DD date.") from None
