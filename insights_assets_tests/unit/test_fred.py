"""FRED's series: what is asked, what an answer means, and from which day on it is known.

What is guarded here: a value that enters a snapshot before its release, a revised value in the
place of the first, a period that FRED refuses, and an error that is taken for data. The wordings
are FRED's own, as its users recorded them in public.
"""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.datasets.fred_series import KEPT, MAX_AGE, ReleasedSeries, known
from insights_assets.model.dates import days_between
from insights_assets.model.outcomes import Unavailable
from insights_assets.vendors import errors
from insights_assets.vendors.fred.observations import Period, Release, parse, periods, query
from insights_assets.vendors.fred.wire import MOST_VINTAGES, WIRE

DAY = date(2025, 4, 9)
TODAY = date(2025, 6, 2)
QUERY = query("BAA10Y", Period.of(DAY, TODAY))
some = settings(deadline=None, max_examples=60)


def answer(*rows, asked=QUERY, **changes):
    """FRED's answer to a query: rows of observation day, value and release day."""
    observations = [
        {"realtime_start": released, "realtime_end": "9999-12-31", "date": day, "value": value}
        for day, value, released in rows
    ]
    echoed = ("output_type", "realtime_start", "realtime_end", "observation_start")
    echo = {name: asked.params[name] for name in echoed} | {"output_type": 4}
    return json.dumps(
        {**echo, "count": len(rows), "limit": 100000, "observations": observations, **changes}
    )


def releases(*rows):
    return parse(QUERY, answer(*rows))


# --- what is asked ---


def test_a_question_names_the_series_its_first_releases_and_a_period():
    path, params = WIRE.request(QUERY)

    assert path == "/series/observations"
    assert params == {
        "file_type": "json",
        "series_id": "BAA10Y",
        "output_type": "4",
        "realtime_start": "2019-01-01",
        "realtime_end": "9999-12-31",
        "observation_start": "2019-01-01",
    }


def test_the_days_of_a_year_share_one_period_and_a_new_year_begins_another():
    days = days_between(date(2023, 10, 1), date(2025, 2, 1))

    needed = periods(days, TODAY)

    assert [(str(item.first), str(item.last)) for item in needed] == [
        ("2017-01-01", "2023-12-31"),
        ("2018-01-01", "2024-12-31"),
        ("2019-01-01", "9999-12-31"),
    ]
    assert [day for days_of in needed.values() for day in days_of] == days


@given(st.dates(date(2021, 1, 4), date(2035, 12, 31)), st.integers(0, 4000))
def test_a_period_ends_before_the_future_and_holds_fewer_vintages_than_are_allowed(day, later):
    today = day + timedelta(days=later)

    period = Period.of(day, today)

    end = period.last if period.is_over else today
    assert period.first < day <= end <= max(today, day)
    weekdays = sum(day.weekday() < 5 for day in days_between(period.first, end))
    assert weekdays < MOST_VINTAGES
    # Enough of it lies before the day to hold what is kept: about 250 observations a year.
    assert (day - period.first).days >= KEPT / 250 * 365.25


def test_a_period_that_is_over_is_cached_for_a_week_and_an_open_one_until_the_day_ends():
    over = query("SOFR", Period.of(date(2022, 10, 14), TODAY))

    assert (over.lifetime, over.same_day) == (7 * 24 * 3600, False)
    assert (QUERY.lifetime, QUERY.same_day) == (3600, True)
    assert over.cache_key != query("SOFR", Period.of(DAY, TODAY)).cache_key


# --- what an answer means ---

ERRORS = [
    (
        (
            "Bad Request.  The value for variable api_key is not registered.  Read"
            " https://fred.stlouisfed.org/docs/api/api_key.html for more information."
        ),
        errors.InvalidKey,
        "check FRED_API_KEY",
    ),
    (
        (
            "Bad Request.  The value for variable api_key is not a 32 character alpha-numeric"
            " lower-case string.  Read https://fred.stlouisfed.org/docs/api/api_key.html for more"
            " information."
        ),
        errors.InvalidKey,
        "check FRED_API_KEY",
    ),
    (
        (
            "Bad Request.  Variable api_key is not set.  Read"
            " https://fred.stlouisfed.org/docs/api/api_key.html for more information."
        ),
        errors.InvalidKey,
        "check FRED_API_KEY",
    ),
    (
        (
            "Bad Request.  There are 2004 vintage dates in the specified real-time period:"
            " 1776-07-04 to 9999-12-31.  This exceeds the maximum number of vintage dates"
            " allowed (2000)."
        ),
        errors.InvalidCall,
        "more vintages than one request may hold",
    ),
    ("Bad Request.  The series does not exist.", errors.InvalidCall, "does not know this request"),
    ("Too Many Requests.  Exceeded Rate Limit", errors.RateLimited, "limit of 120 requests"),
    ("Too many requests.", errors.RateLimited, "limit of 120 requests"),
    ("Internal Server Error", errors.ServerFailure, "error of its own"),
    ("We are closed.", errors.Refused, 'the vendor says "We are closed."'),
]


@pytest.mark.parametrize(("message", "error", "sentence"), ERRORS)
@pytest.mark.parametrize("status", [200, 400])
def test_an_error_body_says_what_to_do_whatever_its_status(message, error, sentence, status):
    body = json.dumps({"error_code": 400, "error_message": message})

    with pytest.raises(error, match="FRED BAA10Y") as raised:
        WIRE.check_body("FRED BAA10Y", status, body)

    assert type(raised.value) is error
    assert sentence in raised.value.finding


@pytest.mark.parametrize("body", ["", " \n", "<html>busy</html>"])
def test_no_answer_and_a_page_are_unreadable(body):
    with pytest.raises(errors.Unreadable):
        WIRE.check_body("FRED BAA10Y", 200, body)


def test_data_are_no_error():
    WIRE.check_body("FRED BAA10Y", 200, answer(("2025-04-01", "1.9", "2025-04-02")))


def test_a_holiday_is_neither_a_value_nor_a_bad_row():
    parsed = releases(
        ("2025-04-01", "1.9", "2025-04-02"),
        ("2025-04-02", ".", "2025-04-03"),
        ("2025-04-03", "many", "2025-04-04"),
    )

    assert parsed == (
        Release(date(2025, 4, 1), 1.9, date(2025, 4, 2)),
        Release(date(2025, 4, 3), None, date(2025, 4, 4)),
    )


@given(st.permutations([("1.9", "2025-04-02"), ("2.5", "2025-04-03"), ("0.1", "2025-05-01")]))
def test_a_revised_value_never_replaces_the_first(order):
    parsed = releases(*[("2025-04-01", value, released) for value, released in order])

    assert parsed == (Release(date(2025, 4, 1), 1.9, date(2025, 4, 2)),)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"output_type": 1}, "for output_type 1, 4 was asked for"),
        ({"realtime_start": "2025-06-02"}, "for realtime_start 2025-06-02, 2019-01-01 was asked"),
        ({"realtime_end": "2025-06-02"}, "for realtime_end 2025-06-02, 9999-12-31 was asked"),
        ({"observation_start": "1776-07-04"}, "for observation_start 1776-07-04"),
        ({"count": 100_001}, "sent 1 of 100001 observations"),
        ({"observations": {}}, 'no list "observations"'),
    ],
)
def test_an_answer_to_another_question_is_refused(changes, sentence):
    body = answer(("2025-04-01", "1.9", "2025-04-02"), **changes)

    with pytest.raises(errors.Malformed, match=sentence):
        parse(QUERY, body)


def test_a_weekly_series_is_refused():
    weeks = [date(2025, 1, 3) + timedelta(weeks=n) for n in range(10)]

    with pytest.raises(errors.Malformed, match="7 days apart, a daily series was expected"):
        releases(*[(str(day), "1.9", str(day + timedelta(days=1))) for day in weeks])


def test_rows_without_a_day_or_a_release_day_are_forgiven_only_where_they_are_few():
    with pytest.raises(errors.Malformed, match="1 of 2 rows have no readable date"):
        releases(("2025-04-01", "1.9", "2025-04-02"), ("2025-04-02", "1.9", "soon"))


# --- what is known ---


def daily(last, count, released_after=1):
    days = [last - timedelta(days=n) for n in reversed(range(count))]
    return [
        Release(day, 1.0 + n / 1000, day + timedelta(days=released_after))
        for n, day in enumerate(days)
    ]


def test_an_observation_counts_from_the_day_after_its_release():
    released = date(2025, 4, 8)
    series = [*daily(date(2025, 4, 6), 10), Release(date(2025, 4, 7), 9.9, released)]

    assert known(series, released).newest == date(2025, 4, 6)
    assert known(series, released + timedelta(days=1)).observations.values[-1] == 9.9


def test_the_last_1300_are_kept():
    series = known(daily(date(2025, 4, 7), KEPT + 5), DAY)

    assert series.rows == 1300
    assert series.newest == date(2025, 4, 7)


def test_old_data_are_not_fresh_data():
    newest = DAY - timedelta(days=MAX_AGE)

    assert isinstance(known(daily(newest, 300), DAY), ReleasedSeries)
    series = known(daily(newest, 300), DAY + timedelta(days=1))
    assert isinstance(series, Unavailable)
    assert (series.cause, "9 days old; at most 8 are allowed" in series.reason) == ("late", True)


def test_too_many_unreadable_values_make_the_series_unusable():
    series = [
        Release(row.observed, None if n % 10 == 0 else row.value, row.released)
        for n, row in enumerate(daily(date(2025, 4, 7), 300))
    ]

    releases = known(series, DAY)

    assert isinstance(releases, Unavailable)
    assert "30 of 300 rows are unusable" in releases.reason


@st.composite
def series(draw):
    """Observations of two months, each released some days later, in any order of release."""
    days = days_between(DAY - timedelta(days=50), DAY + timedelta(days=10))
    values = st.floats(0.5, 9, allow_nan=False)
    return [Release(day, draw(values), day + timedelta(draw(st.integers(0, 6)))) for day in days]


@some
@given(series(), st.data())
def test_what_is_released_on_a_day_or_later_never_changes_that_day(releases, data):
    changed = [
        item
        if item.released < DAY
        else Release(item.observed, data.draw(st.none() | st.floats(0, 99)), item.released)
        for item in releases
    ]

    assert known(changed, DAY) == known(releases, DAY)


@some
@given(series())
def test_everything_released_before_the_day_is_known(releases):
    kept = known(releases, DAY)

    expected = {item.observed: item.value for item in releases if item.released < DAY}
    assert dict(zip(kept.observations.dates, kept.observations.values, strict=True)) == expected
    assert list(kept.observations.dates) == sorted(expected)
