"""Intraday bars: the last 20 sessions that ended before 09:30, each of them whole.

What is guarded here: a session of the day itself or later in a backfill, an older session passed
off as the last one, a session older than the twenty, and an hour with a bar missing.
"""

import asyncio
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.datasets.intraday_bars import (
    IntradayBars,
    SessionBars,
    SessionHistory,
    fetch,
    gaps,
)
from insights_assets.datasets.intraday_bars import known as intraday_bars_known
from insights_assets.model.dates import last_sessions
from insights_assets.model.outcomes import Unavailable

DAY = date(2025, 1, 10)
SYMBOLS = ("NVDA", "MSFT", "AMD")


def bars(count=13, price=100.0):
    starts = tuple(time((19 + n) // 2 % 24, (19 + n) % 2 * 30) for n in range(count))
    return SessionBars(starts, (price,) * count, (price + 1,) * count)


def sessions(*days, dropped=None, count=13):
    return SessionHistory({day: bars(count) for day in days}, dropped or {})


def before(days):
    return DAY - timedelta(days=days)


# For one symbol: by distance from the day, how many bars are good and how many unusable.
COUNTS = st.tuples(st.integers(0, 14), st.integers(0, 2)).filter(any)
PAST = st.dictionaries(st.integers(-9, -1), COUNTS, max_size=4)
FUTURE = st.dictionaries(st.integers(0, 9), COUNTS, max_size=4)


def history(day, counts):
    return SessionHistory(
        {day + timedelta(days=n): bars(good) for n, (good, _) in counts.items() if good},
        {day + timedelta(days=n): bad for n, (_, bad) in counts.items() if bad},
    )


@given(
    day=st.dates(date(2021, 1, 4), date(2026, 12, 31)),
    past=st.tuples(PAST, PAST, PAST),
    future=st.tuples(FUTURE, FUTURE, FUTURE),
)
@settings(deadline=None, max_examples=100)
def test_sessions_of_the_day_and_later_never_change_what_was_known(day, past, future):
    alone = {symbol: history(day, counts) for symbol, counts in zip(SYMBOLS, past, strict=True)}
    later = {
        symbol: history(day, counts | new)
        for symbol, counts, new in zip(SYMBOLS, past, future, strict=True)
    }

    assert intraday_bars_known(later, day) == intraday_bars_known(alone, day)


@given(past=st.tuples(PAST, PAST, PAST), future=st.tuples(FUTURE, FUTURE, FUTURE))
@settings(deadline=None, max_examples=100)
def test_what_is_known_ends_with_the_newest_session_of_each_symbol_that_has_it_whole(past, future):
    rows = {symbol: counts | new for symbol, counts, new in zip(SYMBOLS, past, future, strict=True)}

    known = intraday_bars_known(
        {symbol: history(DAY, counts) for symbol, counts in rows.items()}, DAY
    )

    newest = max((n for counts in rows.values() for n in counts if n < 0), default=-99)
    whole = {
        symbol: bars(counts[newest][0])
        for symbol, counts in rows.items()
        if newest in counts and 20 * counts[newest][1] <= sum(counts[newest])
    }
    usable = newest >= -5 and len(whole) >= 2
    assert isinstance(known, IntradayBars) is usable
    if usable:
        last = DAY + timedelta(days=newest)
        assert known.newest == last
        assert {symbol: days[last] for symbol, days in known.sessions.items()} == whole
        assert set(known.missing) == set(SYMBOLS) - set(whole)


@pytest.mark.parametrize(
    ("day", "session"),
    [
        ("2025-01-10", "2025-01-08"),  # the NYSE was closed on the 9th
        ("2025-01-12", "2025-01-10"),
        ("2024-06-20", "2024-06-18"),  # Juneteenth
        ("2024-04-01", "2024-03-28"),  # Good Friday
        ("2025-01-01", "2024-12-31"),
        ("2024-03-01", "2024-02-29"),
    ],
)
def test_after_a_closed_day_the_session_before_it_is_the_last(day, session):
    day, session = date.fromisoformat(day), date.fromisoformat(session)
    held = sessions(session - timedelta(days=1), session, day)

    bars = intraday_bars_known(dict.fromkeys(SYMBOLS, held), day)

    assert (bars.newest, bars.rows) == (session, 78)


def test_a_session_five_days_old_is_used_and_one_of_six_days_is_refused_with_its_age():
    used = intraday_bars_known(dict.fromkeys(SYMBOLS, sessions(before(5))), DAY)
    refused = intraday_bars_known(dict.fromkeys(SYMBOLS, sessions(before(6))), DAY)

    assert used.newest == before(5)
    assert isinstance(refused, Unavailable)
    assert "6 days old; at most 5 are allowed" in refused.reason
    assert refused.cause == "late"


@pytest.mark.parametrize(("good", "usable"), [(19, True), (18, False)])
def test_one_unusable_bar_of_20_is_borne_and_one_of_19_is_not(good, usable):
    held = sessions(before(1), dropped={before(1): 1}, count=good)

    bars = intraday_bars_known(dict.fromkeys(SYMBOLS, held), DAY)

    assert isinstance(bars, IntradayBars) is usable


def test_unusable_bars_of_another_session_do_not_count():
    held = sessions(before(2), before(1), dropped={before(2): 9, DAY: 9})

    assert isinstance(intraday_bars_known({"NVDA": held}, DAY), IntradayBars)


def test_a_session_of_unusable_bars_only_is_not_replaced_by_an_older_one():
    held = sessions(before(2), dropped={before(1): 13})

    refused = intraday_bars_known(dict.fromkeys(SYMBOLS, held), DAY)

    assert isinstance(refused, Unavailable)
    assert "13 of 13 rows are unusable" in refused.reason
    assert refused.cause == "data"


def test_two_of_three_symbols_are_enough_and_the_third_is_named_with_its_reason():
    held = {"NVDA": sessions(before(1)), "MSFT": sessions(before(1)), "AMD": sessions(before(2))}

    bars = intraday_bars_known(held, DAY)

    assert set(bars.sessions) == {"NVDA", "MSFT"}
    assert bars.missing == {"AMD": f"no bars of the session of {before(1)}"}


@pytest.mark.parametrize("other", [sessions(before(2)), Unavailable("no answer in time", "outage")])
def test_one_of_three_symbols_is_too_few(other):
    refused = intraday_bars_known({"NVDA": sessions(before(1)), "MSFT": other, "AMD": other}, DAY)

    assert isinstance(refused, Unavailable)
    assert "only 1 of 3 symbols could be had" in refused.reason


def test_without_any_session_the_reason_says_so_and_names_who_failed_otherwise():
    outage = Unavailable("no answer in time", "outage")

    none_yet = intraday_bars_known(dict.fromkeys(SYMBOLS, sessions(DAY)), DAY)
    mixed = intraday_bars_known({"NVDA": sessions(DAY), "MSFT": outage, "AMD": sessions()}, DAY)

    assert none_yet == Unavailable(f"no session is known on {DAY}", "late")
    assert f"no session is known on {DAY}" in mixed.reason
    assert "MSFT: no answer in time" in mixed.reason
    assert mixed.cause == "outage"


def test_twenty_trading_days_are_kept_and_no_session_before_them():
    many = sessions(*[before(n) for n in range(1, 45)])
    trading = last_sessions(DAY, 20)

    bars = intraday_bars_known(dict.fromkeys(SYMBOLS, many), DAY)

    assert min(bars.sessions["AMD"]) == trading[0]
    assert max(bars.sessions["AMD"]) == before(1)  # what the vendor sends as a session is one


def test_a_missing_session_is_not_made_up_for_by_an_older_one():
    trading = last_sessions(DAY, 25)
    held = sessions(*[day for day in trading if day != trading[12]])

    bars = intraday_bars_known(dict.fromkeys(SYMBOLS, held), DAY)

    assert set(bars.sessions["NVDA"]) == set(trading[5:]) - {trading[12]}


def test_a_session_with_an_unusable_bar_is_left_out_for_its_symbol_alone():
    trading = last_sessions(DAY, 20)
    bad = sessions(*trading, dropped={trading[3]: 1})

    bars = intraday_bars_known({"NVDA": bad, "MSFT": sessions(*trading)}, DAY)

    assert set(bars.sessions["NVDA"]) == set(trading) - {trading[3]}
    assert set(bars.sessions["MSFT"]) == set(trading)


@pytest.mark.parametrize(
    ("amd", "reason"),
    [
        (Unavailable("HTTP 500"), "HTTP 500"),
        (sessions(before(2)), f"no bars of the session of {before(1)}"),
    ],
)
def test_a_symbol_that_is_left_out_is_named_among_the_gaps(amd, reason):
    histories = {"NVDA": sessions(before(1)), "MSFT": sessions(before(1)), "AMD": amd}

    lacking = gaps(histories, intraday_bars_known(histories, DAY), DAY)

    assert lacking["AMD"].reason == reason


def test_a_range_asks_once_for_each_symbol_and_each_of_its_months():
    asked = []

    async def ask(query, parse):
        asked.append((query.params["symbol"], query.params["month"]))
        return Unavailable("HTTP 500")

    days = [date(2025, 2, 28), date(2025, 3, 31)]
    outcomes = asyncio.run(fetch(ask, days, today=date(2025, 4, 2)))

    # Twenty sessions before 28 February began in January, those before 31 March in the same month.
    assert asked == [(s, m) for m in ("2025-01", "2025-02", "2025-03") for s in SYMBOLS]
    assert list(outcomes) == days
