"""What serves for a dataset that could not be fetched.

What is guarded here: a stored day of the past lost to an outage, old data passed off as today's,
and staleness that adds up unseen when one stale value is made from another.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.datasets.history import Observations
from insights_assets.datasets.treasury_yields import Yields
from insights_assets.model.fallback import fall_back
from insights_assets.model.outcomes import Dataset, Unavailable

DAY = date(2025, 1, 9)
OUTAGE = Unavailable("no answer in 30 seconds", "outage")
TOO_LITTLE = Unavailable("7 of 60 rows are unusable", "data")


def stored(day, *, newest=None, quality="fresh", fetched=None):
    """Make the dataset as stored for `day`, fetched on it at 09:30 unless told otherwise."""
    return Dataset(
        data=Yields(Observations((newest or day - timedelta(days=2),), (4.2,))),
        quality=quality,
        reason=f"stored for {day}",
        source="alpha_vantage",
        fetched_at=fetched or datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC),
    )


def before(days):
    return DAY - timedelta(days=days)


def for_day(failed, *datasets, max_staleness=5, max_age=8):
    held = {date.fromisoformat(dataset.reason[-10:]): dataset for dataset in datasets}
    return fall_back(failed, DAY, held, max_staleness=max_staleness, max_age=max_age)


@pytest.mark.parametrize("cause", ["outage", "quota", "refused", "late", "data", "absent"])
def test_what_was_stored_for_the_day_itself_stays_as_it_is_whatever_failed(cause):
    own = stored(DAY)

    assert for_day(Unavailable("failed", cause), own, max_staleness=0, max_age=0) == own


def test_what_was_stored_for_the_day_is_preferred_to_an_earlier_day():
    own = stored(DAY)

    assert for_day(OUTAGE, own, stored(before(1))) == own


def test_what_was_stored_for_the_day_but_fetched_before_it_is_not_what_was_known_then():
    too_early = stored(DAY, fetched=datetime(2025, 1, 9, 4, 59, tzinfo=UTC))  # 23:59 New York
    midnight = stored(DAY, fetched=datetime(2025, 1, 9, 5, 0, tzinfo=UTC))

    assert for_day(OUTAGE, too_early) == OUTAGE
    assert for_day(OUTAGE, midnight) == midnight


@pytest.mark.parametrize("cause", ["outage", "quota", "refused"])
def test_after_a_failed_fetch_an_earlier_day_serves_as_stale_and_says_why(cause):
    earlier = stored(before(2))

    fallback = for_day(Unavailable("no answer in 30 seconds", cause), earlier)

    assert fallback == replace(earlier, quality="stale", reason=fallback.reason, cause=cause)
    assert fallback.reason == "as stored for 2025-01-07, because no answer in 30 seconds"


@pytest.mark.parametrize("cause", ["late", "data", "absent"])
def test_after_a_fetch_that_succeeded_with_too_little_nothing_older_serves(cause):
    failed = Unavailable("too little", cause)

    assert for_day(failed, stored(before(1)), stored(before(2))) == failed


@pytest.mark.parametrize("max_staleness", [1, 4, 5])
def test_an_earlier_day_serves_up_to_the_maximum_staleness_and_not_a_day_longer(max_staleness):
    at_the_limit, beyond = stored(before(max_staleness)), stored(before(max_staleness + 1))

    used = for_day(OUTAGE, at_the_limit, max_staleness=max_staleness)
    refused = for_day(OUTAGE, beyond, max_staleness=max_staleness)

    assert used.quality == "stale"
    assert refused == OUTAGE


def test_without_any_staleness_allowed_nothing_older_serves():
    assert for_day(OUTAGE, stored(before(1)), max_staleness=0) == OUTAGE


def test_the_newest_of_several_earlier_days_serves():
    fallback = for_day(OUTAGE, stored(before(3)), stored(before(2)), stored(before(4)))

    assert fallback.reason.startswith("as stored for 2025-01-07")


def test_a_stale_value_is_never_made_from_a_stale_one():
    stale = stored(before(1), quality="stale")

    assert for_day(OUTAGE, stale) == OUTAGE
    assert for_day(OUTAGE, stale, stored(before(3))).reason.startswith("as stored for 2025-01-06")


def test_a_stale_value_of_the_day_itself_does_not_stay():
    assert for_day(OUTAGE, stored(DAY, quality="stale")) == OUTAGE


def test_a_day_that_was_unavailable_then_is_passed_over():
    held = {before(1): TOO_LITTLE, before(2): stored(before(2))}

    fallback = fall_back(OUTAGE, DAY, held, max_staleness=5, max_age=8)

    assert fallback.reason.startswith("as stored for 2025-01-07")


def test_a_later_day_never_serves():
    later = stored(DAY + timedelta(days=1))

    assert for_day(OUTAGE, later) == OUTAGE


@pytest.mark.parametrize(("age", "used"), [(8, True), (9, False)])
def test_even_a_fallback_may_not_be_older_than_the_dataset_s_maximum_age(age, used):
    fallback = for_day(OUTAGE, stored(before(1), newest=before(age)))

    assert isinstance(fallback, Dataset) is used


@given(
    held=st.dictionaries(
        st.integers(-3, 12),
        st.tuples(st.integers(0, 10), st.sampled_from(["fresh", "stale"])),
    ),
    max_staleness=st.integers(0, 8),
    max_age=st.integers(0, 12),
)
@settings(deadline=None, max_examples=100)
def test_whatever_is_stored_a_fallback_keeps_every_limit(held, max_staleness, max_age):
    datasets = {
        before(n): stored(before(n), newest=before(n + behind), quality=quality)
        for n, (behind, quality) in held.items()
    }

    fallback = fall_back(OUTAGE, DAY, datasets, max_staleness=max_staleness, max_age=max_age)

    usable = [
        n
        for n, (behind, quality) in sorted(held.items())
        if quality == "fresh" and (n == 0 or (0 < n <= max_staleness and n + behind <= max_age))
    ]
    if not usable:
        assert fallback == OUTAGE
    elif usable[0] == 0:
        assert fallback == datasets[DAY]
    else:
        assert fallback.quality == "stale"
        assert fallback.data == datasets[before(usable[0])].data
