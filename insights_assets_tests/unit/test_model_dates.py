"""Days and instants, against calendars written out by hand.

What is guarded here: a snapshot whose 09:30 slips by an hour when the clocks change, and a
holiday rule that lets a yield be known before it was published.
"""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.model.dates import (
    NEW_YORK,
    as_of,
    days_before,
    days_between,
    now,
    parse_day,
    previous_federal_business_day,
    previous_session,
)

ANY_DAY = st.dates(date(2021, 1, 4), date(2027, 12, 31))


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("of", "utc"),
    [
        ("2024-02-29", "14:30"),
        ("2024-12-31", "14:30"),
        ("2025-01-01", "14:30"),
        ("2025-03-08", "14:30"),
        ("2025-03-09", "13:30"),  # the clocks went forward at 02:00
        ("2025-07-04", "13:30"),
        ("2025-11-01", "13:30"),
        ("2025-11-02", "14:30"),  # the clocks went back at 02:00
        ("2026-03-08", "13:30"),
    ],
)
def test_as_of_is_half_past_nine_in_new_york_whatever_the_clocks_do(of, utc):
    instant = as_of(day(of)).astimezone(UTC)

    assert instant == datetime.combine(day(of), time.fromisoformat(utc), UTC)


@given(ANY_DAY)
@settings(deadline=None, max_examples=50)
def test_as_of_falls_on_its_day_at_one_of_two_utc_times(of):
    instant = as_of(of)

    assert (instant.date(), instant.time()) == (of, time(9, 30))
    assert instant.astimezone(UTC).time() in (time(13, 30), time(14, 30))


def test_now_is_told_in_new_york_time():
    assert now().tzinfo is NEW_YORK


@pytest.mark.parametrize(
    ("of", "session"),
    [
        ("2025-01-08", "2025-01-07"),
        ("2025-01-11", "2025-01-10"),  # a Saturday
        ("2025-01-12", "2025-01-10"),
        ("2025-01-13", "2025-01-10"),
        ("2025-01-10", "2025-01-08"),  # the NYSE mourned Jimmy Carter on the 9th
        ("2024-04-01", "2024-03-28"),  # Good Friday
        ("2024-06-20", "2024-06-18"),  # Juneteenth
        ("2024-10-15", "2024-10-14"),  # Columbus Day is a session
        ("2024-11-12", "2024-11-11"),  # and so is Veterans Day
        ("2024-11-29", "2024-11-27"),  # Thanksgiving
        ("2025-01-02", "2024-12-31"),
        ("2022-01-03", "2021-12-31"),  # New Year's Day on a Saturday closes no session
        ("2022-06-21", "2022-06-17"),  # Juneteenth on a Sunday
        ("2024-03-01", "2024-02-29"),
    ],
)
def test_the_previous_session_is_the_last_day_on_which_the_nyse_was_open(of, session):
    assert previous_session(day(of)) == day(session)


@pytest.mark.parametrize(
    ("of", "business_day"),
    [
        ("2025-01-10", "2025-01-09"),  # the NYSE was closed, by law it was a business day
        ("2024-03-30", "2024-03-29"),  # Good Friday is no federal holiday
        ("2024-10-15", "2024-10-11"),  # Columbus Day
        ("2024-11-12", "2024-11-08"),  # Veterans Day and the weekend before it
        ("2023-11-13", "2023-11-09"),  # Veterans Day on a Saturday, observed on Friday
        ("2021-06-21", "2021-06-17"),  # the first Juneteenth, on a Saturday
        ("2022-01-03", "2021-12-30"),  # New Year's Day on a Saturday
        ("2023-01-03", "2022-12-30"),  # New Year's Day on a Sunday
        ("2025-01-02", "2024-12-31"),
        ("2026-07-06", "2026-07-02"),  # Independence Day on a Saturday
        ("2024-03-01", "2024-02-29"),
    ],
)
def test_the_previous_federal_business_day_passes_over_federal_holidays_only(of, business_day):
    assert previous_federal_business_day(day(of)) == day(business_day)


@given(ANY_DAY)
@settings(deadline=None, max_examples=100)
def test_the_day_before_is_a_weekday_at_most_five_days_back(of):
    for before in (previous_session(of), previous_federal_business_day(of)):
        assert before.weekday() < 5
        assert timedelta(0) < of - before <= timedelta(days=5)


@given(ANY_DAY)
@settings(deadline=None, max_examples=50)
def test_a_day_is_read_as_it_is_written(of):
    assert parse_day(of.isoformat()) == of


@pytest.mark.parametrize(
    "text",
    ["", "today", "2025-1-9", "20250109", "2025-W02-4", "2025-02-29", "2025-01-09T00:00", " "],
)
def test_what_is_not_a_day_is_refused_with_a_sentence_that_says_how_to_write_one(text):
    with pytest.raises(ValueError, match="write it as YYYY-MM-DD") as refusal:
        parse_day(text)

    assert str(refusal.value) == f"{text!r} is not a date: write it as YYYY-MM-DD."


def test_days_between_holds_both_ends_and_every_calendar_day():
    leap = days_between(date(2024, 2, 27), date(2024, 3, 2))

    assert [day.isoformat()[5:] for day in leap] == ["02-27", "02-28", "02-29", "03-01", "03-02"]
    assert days_between(date(2025, 1, 9), date(2025, 1, 9)) == [date(2025, 1, 9)]
    assert days_between(date(2025, 1, 10), date(2025, 1, 9)) == []


def test_days_before_end_where_dates_begin():
    assert days_before(date(2025, 3, 1), 1) == date(2025, 2, 28)
    assert days_before(date(2025, 3, 1), 10**6) == date.min
