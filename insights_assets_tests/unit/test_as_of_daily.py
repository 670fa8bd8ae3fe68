"""Daily bars: what an operator knew at 09:30, whatever the vendor's history holds today.

What is guarded here: a backfill that sees the future (a later session, a later bad row), old
prices passed off as fresh ones, and one bad symbol that takes the others down.
"""

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from insights_assets.datasets.daily_bars import DailyBars
from insights_assets.datasets.daily_bars import known as daily_bars_known
from insights_assets.datasets.history import History, Observations
from insights_assets.model.outcomes import Unavailable

DAY = date(2025, 1, 9)
GOOD_OR_BAD = st.one_of(st.floats(1, 500), st.none())
FUTURE = st.dictionaries(st.integers(0, 40), GOOD_OR_BAD, max_size=12)


def rows_before(day, count, *, bad=(), age=1):
    """Make one row a day, the newest `age` days before `day`; None where a row is unusable."""
    return {
        day - timedelta(days=n + age): None if n in bad else 100.0 + n % 7 for n in range(count)
    }


def rows_from(day, future):
    return {day + timedelta(days=n): value for n, value in future.items()}


def history(rows):
    good = sorted(day for day, value in rows.items() if value is not None)
    bad = sorted(day for day, value in rows.items() if value is None)
    return History(Observations(tuple(good), tuple(rows[day] for day in good)), tuple(bad))


def known(rows, day=DAY):
    """Return what is known for one symbol: its observations, or why there are none."""
    bars = daily_bars_known({"NVDA": history(rows)}, day)
    return bars.prices["NVDA"] if isinstance(bars, DailyBars) else bars


def plainly_known(rows, day):
    """Return the last 260 good rows before `day`, row by row; None where they cannot be used."""
    kept, bad = [], 0
    for row in sorted((row for row in rows if row < day), reverse=True):
        if len(kept) == 260:
            break
        if rows[row] is None:
            bad += 1
        else:
            kept.insert(0, (row, rows[row]))
    if not kept or 20 * bad > bad + len(kept) or (day - kept[-1][0]).days > 5:
        return None
    return Observations(tuple(day for day, _ in kept), tuple(value for _, value in kept))


@given(
    day=st.dates(date(2021, 1, 4), date(2026, 12, 31)),
    count=st.integers(0, 300),
    bad=st.sets(st.integers(0, 300), max_size=20),
    age=st.integers(1, 7),
    future=FUTURE,
)
@example(date(2024, 2, 29), 280, set(), 1, {0: 9.0, 1: None})
@example(date(2025, 1, 1), 280, {3}, 1, {0: None, 1: None})
@settings(deadline=None, max_examples=80)
def test_rows_of_the_day_and_later_never_change_what_was_known(day, count, bad, age, future):
    past = rows_before(day, count, bad=bad, age=age)
    alone = known(past, day)

    assert known(past | rows_from(day, future), day) == alone


@given(
    count=st.integers(0, 300),
    bad=st.sets(st.integers(0, 300), max_size=20),
    oldest_bad=st.integers(0, 60),
    age=st.integers(1, 7),
    future=FUTURE,
)
@settings(deadline=None, max_examples=80)
def test_what_is_known_is_what_reading_row_by_row_would_find(count, bad, oldest_bad, age, future):
    unusable = bad | set(range(count - oldest_bad, count))
    rows = rows_before(DAY, count, bad=unusable, age=age) | rows_from(DAY, future)
    bars = known(rows)

    assert (None if isinstance(bars, Unavailable) else bars) == plainly_known(rows, DAY)


@given(value=st.floats(70, 150), n=st.integers(1, 260))  # no slip: those are refused
@settings(deadline=None, max_examples=30)
def test_a_correction_of_a_known_row_does_change_what_was_known(value, n):
    rows = rows_before(DAY, 270)
    corrected = rows | {DAY - timedelta(days=n): value}

    bars = known(corrected)

    assert bars.values[-n] == value


def test_the_last_260_sessions_are_kept():
    bars = known(rows_before(DAY, 261))

    assert len(bars.dates) == 260
    assert (bars.dates[0], bars.dates[-1]) == (
        DAY - timedelta(days=260),
        DAY - timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("day", "newest"),
    [
        ("2025-01-10", "2025-01-08"),  # the NYSE was closed on the 9th
        ("2024-04-01", "2024-03-28"),  # the Monday after Good Friday
        ("2024-06-20", "2024-06-18"),  # the day after Juneteenth
        ("2025-01-01", "2024-12-31"),
        ("2025-01-12", "2025-01-10"),  # a Sunday
        ("2024-03-01", "2024-02-29"),
    ],
)
def test_after_a_closed_day_the_newest_session_is_the_one_before_it(day, newest):
    day, newest = date.fromisoformat(day), date.fromisoformat(newest)
    sessions = rows_before(newest + timedelta(days=1), 30) | {day: 1.0}

    assert known(sessions, day).dates[-1] == newest


def test_prices_five_days_old_are_used_and_six_days_old_are_refused_with_their_age():
    used = known(rows_before(DAY, 30, age=5))
    refused = known(rows_before(DAY, 30, age=6))

    assert used.dates[-1] == date(2025, 1, 4)
    assert isinstance(refused, Unavailable)
    assert "the newest observation known on 2025-01-09 is of 2025-01-03, 6 days old" in (
        refused.reason
    )
    assert refused.cause == "late"


@pytest.mark.parametrize(("good", "bad", "usable"), [(19, 1, True), (18, 1, False)])
def test_five_percent_of_unusable_rows_are_borne_and_more_are_not(good, bad, usable):
    bars = known(rows_before(DAY, good + bad, bad=range(3, 3 + bad)))

    assert isinstance(bars, Observations) is usable


@pytest.mark.parametrize(("bad", "usable"), [(13, True), (14, False)])
def test_in_a_full_window_thirteen_unusable_rows_are_borne_and_fourteen_are_not(bad, usable):
    bars = known(rows_before(DAY, 300, bad=range(1, 1 + bad)))

    assert isinstance(bars, Observations) is usable


def test_an_unusable_row_older_than_the_kept_window_does_not_count():
    bars = known(rows_before(DAY, 300, bad=range(260, 300)))

    assert len(bars.dates) == 260


def test_unusable_rows_before_the_first_good_one_count_where_the_window_is_not_full():
    refused = known(rows_before(DAY, 60, bad=range(40, 60)))

    assert isinstance(refused, Unavailable)
    assert "20 of 60 rows are unusable" in refused.reason
    assert refused.cause == "data"


def test_a_history_that_begins_later_is_unavailable_and_says_so():
    refused = known({DAY: 1.0})

    assert isinstance(refused, Unavailable)
    assert "no observation is known on 2025-01-09" in refused.reason


GOOD = history(rows_before(DAY, 30))
LATE = history(rows_before(DAY, 30, age=6))
QUOTA = Unavailable("the daily limit is used up", "quota")
OUTAGE = Unavailable("no answer", "outage")


def test_two_of_four_symbols_are_enough_and_the_others_are_named_with_their_reasons():
    bars = daily_bars_known({"NVDA": GOOD, "MSFT": QUOTA, "AMD": GOOD, "PLTR": LATE}, DAY)

    assert isinstance(bars, DailyBars)
    assert set(bars.prices) == {"NVDA", "AMD"}
    assert bars.missing["MSFT"] == "the daily limit is used up"
    assert "6 days old" in bars.missing["PLTR"]
    assert (bars.rows, bars.newest) == (60, date(2025, 1, 8))


def test_one_of_four_symbols_is_too_few_and_the_reason_names_the_other_three():
    refused = daily_bars_known({"NVDA": GOOD, "MSFT": QUOTA, "AMD": OUTAGE, "PLTR": LATE}, DAY)

    assert isinstance(refused, Unavailable)
    assert "only 1 of 4 symbols could be had" in refused.reason
    assert "NVDA" not in refused.reason
    assert all(symbol in refused.reason for symbol in ("MSFT", "AMD", "PLTR"))


@pytest.mark.parametrize(
    ("missing", "cause"),
    [
        ((QUOTA, OUTAGE, LATE), "quota"),
        ((LATE, OUTAGE, OUTAGE), "outage"),
        ((LATE, Unavailable("no such symbol", "refused"), LATE), "late"),
        ((Unavailable("bad rows"),) * 3, "data"),
    ],
)
def test_too_few_symbols_have_the_cause_that_must_be_mended_first(missing, cause):
    symbols = dict(zip(("MSFT", "AMD", "PLTR"), missing, strict=True))

    assert daily_bars_known({"NVDA": GOOD} | symbols, DAY).cause == cause


@given(st.permutations(["NVDA", "MSFT", "AMD", "PLTR"]))
@settings(deadline=None, max_examples=10)
def test_a_future_row_of_one_symbol_changes_no_other_symbol(order):
    histories = dict.fromkeys(order, GOOD)
    changed = histories | {order[0]: history(rows_before(DAY, 30) | {DAY: None})}

    assert daily_bars_known(changed, DAY) == daily_bars_known(histories, DAY)
