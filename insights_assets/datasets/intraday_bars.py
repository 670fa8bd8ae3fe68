"""Half-hour bars by symbol: TIME_SERIES_INTRADAY, one request for each symbol and month."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import chain
from typing import Literal

from insights_assets.datasets.fetching import Ask, DatasetSpec, Fetched, outcome
from insights_assets.datasets.history import too_many_dropped, too_old
from insights_assets.datasets.symbols import reasons, too_few_symbols
from insights_assets.model.dates import half_hours, last_sessions, previous_session
from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.vendors import coerce
from insights_assets.vendors.alpha_vantage.meta import check_meta
from insights_assets.vendors.payload import object_in, parse_json, refuse_undated
from insights_assets.vendors.query import DAY, Query

SYMBOLS = ("NVDA", "MSFT", "AMD")
SESSIONS_KEPT = 20
MAX_AGE = 5  # days from the newest session to the snapshot
ENOUGH_BARS = 0.8  # of a session; recordings of early closes lack the last half hour
REGULAR_HOURS = (time(9, 30), time(16, 0))
BAR_STARTS = {time(hour, minute) for hour in range(9, 16) for minute in (0, 30)}


@dataclass(frozen=True, slots=True)
class SessionBars:
    """The half-hour bars of one symbol and session; `starts` are New York wall-clock times."""

    starts: tuple[time, ...]
    opens: tuple[float, ...]
    closes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class IntradayBars:
    """The half-hour bars of the last 20 sessions, by symbol and day of the session."""

    sessions: Mapping[str, Mapping[date, SessionBars]]
    missing: Mapping[str, str]
    """The symbols that could not be had, each with its reason."""
    kind: Literal["intraday_sessions"] = "intraday_sessions"

    @property
    def rows(self) -> int:
        """Count the bars of all symbols."""
        return sum(len(bars.starts) for days in self.sessions.values() for bars in days.values())

    @property
    def newest(self) -> date:
        """Return the day of the newest session."""
        return max(max(days) for days in self.sessions.values())


@dataclass(frozen=True, slots=True)
class SessionHistory:
    """The half-hour bars of one symbol by session, and how many had to be dropped in each."""

    sessions: Mapping[date, SessionBars]
    dropped: Mapping[date, int]


def query(symbol: str, month: date, *, closed: bool) -> Query:
    """Ask for the half-hour bars of `symbol` in a calendar month; `closed`: it is over."""
    text = month.strftime("%Y-%m")
    return Query(
        "TIME_SERIES_INTRADAY",
        {
            "symbol": symbol,
            "interval": "30min",
            "extended_hours": "false",
            "outputsize": "full",
            "month": text,
        },
        f"TIME_SERIES_INTRADAY {symbol} {text}",
        f"market:intraday:{symbol}:{text}",
        7 * DAY if closed else 0,
    )


def parse(asked: Query, body: str) -> SessionHistory:
    """Read the half-hour bars of the regular sessions.

    Stamps are the start of a bar, New York wall-clock time, with or without seconds; what starts
    at another minute is no half hour.
    """
    label = asked.label
    payload = parse_json(label, body)
    check_meta(
        asked,
        payload,
        symbol=asked.params.get("symbol", ""),
        interval=asked.params.get("interval", ""),
        time_zone="US/Eastern",
    )
    series = object_in(label, payload, "Time Series (30min)")
    bars: dict[date, dict[time, tuple[float, float]]] = {}
    dropped: dict[date, int] = {}
    undated = 0
    for text, row in series.items():
        start = coerce.instant(text)
        if start is None:
            undated += 1
            continue
        if not REGULAR_HOURS[0] <= start.time() < REGULAR_HOURS[1]:
            continue
        fields = row if isinstance(row, dict) else {}
        prices = (coerce.price(fields.get("1. open")), coerce.price(fields.get("4. close")))
        if prices[0] is None or prices[1] is None or start.time() not in BAR_STARTS:
            dropped[start.date()] = dropped.get(start.date(), 0) + 1
        else:
            bars.setdefault(start.date(), {})[start.time()] = (prices[0], prices[1])
    refuse_undated(label, undated, len(series))
    return SessionHistory({day: _session(of_day) for day, of_day in sorted(bars.items())}, dropped)


def known(
    histories: Mapping[str, SessionHistory | Unavailable], day: date
) -> IntradayBars | Unavailable:
    """Keep the last 20 sessions that ended before `day` 09:30, for the symbols that have the last.

    A symbol's session with unusable bars is left out: its first or last hour may be among them.
    """
    missing = {
        id_: history for id_, history in histories.items() if isinstance(history, Unavailable)
    }
    available = {
        id_: history for id_, history in histories.items() if isinstance(history, SessionHistory)
    }
    # A session of nothing but unusable bars is a session still: no older one takes its place.
    days = {
        s
        for history in available.values()
        for s in (*history.sessions, *history.dropped)
        if s < day
    }
    if not days:
        nothing = Unavailable(f"no session is known on {day}", "late")
        return too_few_symbols(0, missing | dict.fromkeys(available, nothing)) or nothing
    newest = max(days)
    if unusable := too_old(newest, day, MAX_AGE):
        return unusable
    first = last_sessions(day, SESSIONS_KEPT)[0]
    sessions: dict[str, dict[date, SessionBars]] = {}
    for symbol, history in available.items():
        problem = _problem(history, newest)
        if problem:
            missing[symbol] = problem
        else:
            sessions[symbol] = {
                session: bars
                for session, bars in history.sessions.items()
                if first <= session < day and not _problem(history, session)
            }
    return too_few_symbols(len(sessions), missing) or IntradayBars(sessions, reasons(missing))


def gaps(
    histories: Mapping[str, SessionHistory | Unavailable],
    data: IntradayBars | Unavailable,
    day: date,
) -> dict[str, Unavailable]:
    """Return what some symbols lack: everything, the newest session, or many of its bars."""
    if isinstance(data, Unavailable):
        return {}
    lacking: dict[str, Unavailable] = {}
    for symbol in data.missing:
        history = histories[symbol]
        problem = history if isinstance(history, Unavailable) else _problem(history, data.newest)
        if problem:
            lacking[symbol] = problem
    due, newest = previous_session(day), data.newest
    expected = half_hours(newest)
    for symbol, sessions in data.sessions.items():
        there = len(sessions[newest].starts)
        if newest < due:
            lacking[symbol] = Unavailable(
                f"its session of {due} is not there yet, the newest is of {newest}", "late"
            )
        elif there < ENOUGH_BARS * expected:
            lacking[symbol] = Unavailable(
                f"only {there} of {expected} half hours of {newest} are there", "late"
            )
    return lacking


async def fetch(ask: Ask, days: Sequence[date], today: date) -> Mapping[date, DatasetOutcome]:
    """Ask once for each symbol and calendar month that holds a needed session, two for a day."""
    months = {
        day: sorted({session.replace(day=1) for session in last_sessions(day, SESSIONS_KEPT)})
        for day in days
    }
    # The month of today's last session can still grow, or be corrected, and is never cached.
    growing = previous_session(today).replace(day=1)
    wanted = [
        (symbol, month) for month in sorted(set().union(*months.values())) for symbol in SYMBOLS
    ]
    fetches = await asyncio.gather(
        *[ask(query(symbol, month, closed=month < growing), parse) for symbol, month in wanted]
    )
    fetched = dict(zip(wanted, fetches, strict=True))
    outcomes: dict[date, DatasetOutcome] = {}
    for day, needed in months.items():
        asked = {symbol: [fetched[symbol, month] for month in needed] for symbol in SYMBOLS}
        histories = {symbol: _joined(months) for symbol, months in asked.items()}
        data = known(histories, day)
        outcomes[day] = outcome(
            data, chain.from_iterable(asked.values()), gaps(histories, data, day)
        )
    return outcomes


def _joined(
    months: Sequence[Fetched[SessionHistory] | Unavailable],
) -> SessionHistory | Unavailable:
    """Return the sessions of several months; half of them would be another number."""
    sessions: dict[date, SessionBars] = {}
    dropped: dict[date, int] = {}
    for month in months:
        if isinstance(month, Unavailable):
            return month
        sessions |= month.value.sessions
        dropped |= month.value.dropped
    return SessionHistory(sessions, dropped)


def _problem(history: SessionHistory, session: date) -> Unavailable | None:
    """Return Unavailable where a session is not whole, or not there at all."""
    bars = history.sessions.get(session)
    good, bad = len(bars.starts) if bars else 0, history.dropped.get(session, 0)
    if unusable := too_many_dropped(bad, good):
        return unusable
    return None if bars else Unavailable(f"no bars of the session of {session}", "late")


def _session(bars: Mapping[time, tuple[float, float]]) -> SessionBars:
    starts = sorted(bars)
    return SessionBars(
        starts=tuple(starts),
        opens=tuple(bars[start][0] for start in starts),
        closes=tuple(bars[start][1] for start in starts),
    )


DATASET = DatasetSpec(
    "intraday_bars",
    "Half-hour bars of NVDA, MSFT and AMD: the last 20 sessions that ended before 09:30 New York.",
    "alpha_vantage",
    IntradayBars,
    fetch,
    code_version="2",
)
