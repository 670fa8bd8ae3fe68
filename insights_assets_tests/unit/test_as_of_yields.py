"""Treasury yields: known only once the Federal Reserve has published them.

What is guarded here: a yield that enters a snapshot before its release, on any of the days where
federal holidays, the NYSE's holidays and weekends disagree. The table was worked out by hand from
"published at 16:15 New York time on the next US federal business day".
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from insights_assets.datasets.history import History, Observations
from insights_assets.datasets.treasury_yields import Yields
from insights_assets.datasets.treasury_yields import known as yields_known
from insights_assets.model.dates import as_of
from insights_assets.model.outcomes import Unavailable

NEW_YORK = ZoneInfo("America/New_York")

# The federal holidays of 2024 and 2025, from the Office of Personnel Management's calendars.
FEDERAL_HOLIDAYS = {
    date.fromisoformat(text)
    for text in (
        *("2024-01-01", "2024-01-15", "2024-02-19", "2024-05-27", "2024-06-19", "2024-07-04"),
        *("2024-09-02", "2024-10-14", "2024-11-11", "2024-11-28", "2024-12-25"),
        *("2025-01-01", "2025-01-20", "2025-02-17", "2025-05-26", "2025-06-19", "2025-07-04"),
        *("2025-09-01", "2025-10-13", "2025-11-11", "2025-11-27", "2025-12-25"),
    )
}

FIRST_KNOWN = [
    # observed on    first known on
    ("2024-01-03", "2024-01-05"),  # an ordinary Wednesday: out on Thursday at 16:15
    ("2024-01-04", "2024-01-06"),  # a Thursday: out on Friday, known on Saturday
    ("2024-01-05", "2024-01-09"),  # a Friday: out on Monday, known on Tuesday
    ("2024-01-08", "2024-01-10"),  # a Monday
    ("2024-10-10", "2024-10-12"),  # the Thursday before Columbus Day
    ("2024-10-11", "2024-10-16"),  # the Friday before Columbus Day: out on Tuesday
    ("2024-11-08", "2024-11-13"),  # the Friday before Veterans Day, a Monday
    ("2024-05-24", "2024-05-29"),  # the Friday before Memorial Day
    ("2024-06-17", "2024-06-19"),  # out on the 18th, known on Juneteenth itself
    ("2024-06-18", "2024-06-21"),  # the day before Juneteenth: out on the 20th
    ("2024-03-28", "2024-03-30"),  # out on Good Friday, no federal holiday
    ("2024-04-01", "2024-04-03"),  # Easter Monday
    ("2024-11-27", "2024-11-30"),  # the day before Thanksgiving: out on Friday
    ("2024-02-28", "2024-03-01"),  # out on the leap day
    ("2024-02-29", "2024-03-02"),  # observed on the leap day
    ("2024-12-24", "2024-12-27"),  # the day before Christmas, a Wednesday
    ("2024-12-30", "2025-01-01"),  # known on New Year's Day itself
    ("2024-12-31", "2025-01-03"),  # out on January 2
    ("2025-01-08", "2025-01-10"),  # out on the 9th, when only the NYSE was closed
    ("2025-01-09", "2025-01-11"),  # observed while the NYSE was closed
    ("2021-12-30", "2022-01-04"),  # New Year's Day on a Saturday is observed on Friday
    ("2022-12-30", "2023-01-04"),  # New Year's Day on a Sunday is observed on Monday
    ("2026-07-02", "2026-07-07"),  # Independence Day on a Saturday is observed on Friday
    ("2025-03-07", "2025-03-11"),  # over the weekend when the clocks go forward
    ("2025-10-31", "2025-11-04"),  # over the weekend when the clocks go back
]


def published(observed):
    """Return when the observation is out, walking forward on the hand-written calendar."""
    release = observed + timedelta(days=1)
    while release.weekday() >= 5 or release in FEDERAL_HOLIDAYS:
        release += timedelta(days=1)
    return datetime.combine(release, time(16, 15), NEW_YORK)


def observations(newest, count):
    """Make one observation a weekday up to `newest`."""
    rows, day = {}, newest
    while len(rows) < count:
        if day.weekday() < 5:
            rows[day] = 4.0 + len(rows) % 9 / 100
        day -= timedelta(days=1)
    return rows


def history(rows):
    good = sorted(day for day, value in rows.items() if value is not None)
    bad = sorted(day for day, value in rows.items() if value is None)
    return History(Observations(tuple(good), tuple(rows[day] for day in good)), tuple(bad))


@pytest.mark.parametrize(("observed", "first_known"), FIRST_KNOWN)
def test_an_observation_is_known_from_the_morning_after_its_release_on(observed, first_known):
    observed, first_known = date.fromisoformat(observed), date.fromisoformat(first_known)
    one = history({observed: 4.2})

    before = yields_known(one, first_known - timedelta(days=1))

    assert isinstance(before, Unavailable)
    assert yields_known(one, first_known) == Yields(Observations((observed,), (4.2,)))


@given(day=st.dates(date(2024, 2, 1), date(2025, 12, 31)), age=st.integers(-5, 8))
@settings(deadline=None, max_examples=100)
def test_what_is_known_is_what_was_published_by_half_past_nine(day, age):
    observed = day - timedelta(days=age)

    yields = yields_known(history({observed: 4.2}), day)

    assert isinstance(yields, Yields) is (published(observed) <= as_of(day))


@given(
    day=st.dates(date(2024, 2, 1), date(2025, 12, 31)),
    count=st.integers(0, 90),
    bad=st.sets(st.integers(0, 90), max_size=6),
    age=st.integers(1, 10),
    future=st.dictionaries(st.integers(-5, 20), st.one_of(st.floats(-1, 9), st.none())),
)
@example(date(2025, 1, 9), 70, set(), 1, {-1: 9.0, 0: None, 1: None})
@example(date(2024, 10, 15), 70, {3}, 1, {-4: 9.0, -1: None})
@settings(deadline=None, max_examples=100)
def test_observations_that_are_not_out_never_change_what_was_known(day, count, bad, age, future):
    rows = observations(day - timedelta(days=age), count)
    for n in bad & set(range(count)):
        rows[list(rows)[n]] = None
    out = {later: value for later, value in rows.items() if published(later) <= as_of(day)}
    unpublished = {
        later: value
        for n, value in future.items()
        if published(later := day + timedelta(days=n)) > as_of(day)
    }

    alone = yields_known(history(out), day)

    assert yields_known(history(rows), day) == alone
    assert yields_known(history(rows | unpublished), day) == alone
    assert yields_known(history(out | unpublished), day) == alone


def test_the_last_60_observations_are_kept():
    rows = observations(date(2025, 1, 7), 61)

    yields = yields_known(history(rows), date(2025, 1, 9))

    assert (yields.rows, yields.newest) == (60, date(2025, 1, 7))
    assert yields.observations.dates[0] == sorted(rows)[1]


def test_yields_eight_days_old_are_used_and_nine_days_old_are_refused_with_their_age():
    rows = history(observations(date(2025, 1, 7), 30))

    used = yields_known(rows, date(2025, 1, 15))
    refused = yields_known(rows, date(2025, 1, 16))

    assert used.newest == date(2025, 1, 7)
    assert isinstance(refused, Unavailable)
    assert "is of 2025-01-07, 9 days old; at most 8 are allowed" in refused.reason
    assert refused.cause == "late"


@pytest.mark.parametrize(("count", "usable"), [(20, True), (19, False)])
def test_one_unusable_observation_of_20_is_borne_and_one_of_19_is_not(count, usable):
    rows = observations(date(2025, 1, 7), count)
    rows[sorted(rows)[5]] = None

    yields = yields_known(history(rows), date(2025, 1, 9))

    assert isinstance(yields, Yields) is usable


@pytest.mark.parametrize(("bad", "usable"), [(3, True), (4, False)])
def test_in_a_full_window_three_unusable_observations_are_borne_and_four_are_not(bad, usable):
    rows = observations(date(2025, 1, 7), 70)
    for day in sorted(rows)[-1 - bad : -1]:
        rows[day] = None

    assert isinstance(yields_known(history(rows), date(2025, 1, 9)), Yields) is usable


def test_an_observation_on_a_day_without_a_session_is_kept():
    rows = observations(date(2025, 1, 9), 30)

    yields = yields_known(history(rows), date(2025, 1, 11))

    assert yields.newest == date(2025, 1, 9)
