"""When a band has changed: guards against an alert a day from a score that walks along an edge.

Also against one that never comes because a score went far in one step, or crept.
"""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_assets.model.hysteresis import LONGEST_GAP_DAYS, Crossing, crossings
from insights_assets.model.scores import Bands

BANDS = Bands(normal=25, elevated=60, high=80)
MONDAY = date(2025, 3, 10)


def day(number):
    return MONDAY + timedelta(days=number)


def crossings_of(*scores, first=MONDAY):
    """Return the crossings of scores on days in a row."""
    return crossings(BANDS, [(first + timedelta(days=n), score) for n, score in enumerate(scores)])


@pytest.mark.parametrize(
    ("score", "crosses"), [(61.99, False), (62, True), (79, True), (59, False), (23.01, False)]
)
def test_two_points_inside_the_next_band_are_a_crossing_at_once(score, crosses):
    assert bool(crossings_of(58, score)) == crosses


def test_a_score_that_stays_for_a_second_session_has_crossed():
    assert crossings_of(58, 60.5, 60.5) == [Crossing(day(2), "normal", "elevated", MONDAY)]


def test_a_score_that_walks_along_the_edge_crosses_nothing():
    assert crossings_of(58, 60.5, 59.5, 60.5, 59.5, 61.9, 58) == []


def test_the_way_back_needs_as_much_as_the_way_there():
    crossed = crossings_of(58, 63, 59, 61, 58)

    assert [(crossing.day, crossing.after) for crossing in crossed] == [
        (day(1), "elevated"),
        (day(4), "normal"),
    ]


def test_a_jump_over_a_whole_band_is_one_crossing():
    assert crossings_of(20, 60.5) == [Crossing(day(1), "low", "elevated", MONDAY)]


def test_a_weekend_that_repeats_friday_is_no_second_session():
    thursday = MONDAY + timedelta(days=3)
    up_to_monday = crossings_of(58, 58, 60.5, 60.5, 60.5, first=thursday)
    up_to_tuesday = crossings_of(58, 58, 60.5, 60.5, 60.5, 60.5, first=thursday)

    assert up_to_monday == []
    assert up_to_tuesday == [
        Crossing(thursday + timedelta(days=5), "normal", "elevated", thursday + timedelta(days=1))
    ]


@pytest.mark.parametrize(("gap", "crosses"), [(LONGEST_GAP_DAYS, True), (8, False)])
def test_a_score_is_compared_over_a_gap_but_not_with_another_season(gap, crosses):
    assert bool(crossings(BANDS, [(MONDAY, 50.0), (day(gap), 70.0)])) == crosses


@given(st.lists(st.floats(0, 100), max_size=60))
def test_there_are_never_more_crossings_than_changes_of_the_band_and_they_alternate(scores):
    bands = [BANDS.status(score) for score in scores]
    crossed = crossings_of(*scores)

    assert len(crossed) <= sum(one != other for one, other in pairwise(bands))
    for one, following in pairwise(crossed):
        assert one.after == following.before
    for one in crossed:
        assert one.after == bands[(one.day - MONDAY).days]
        assert one.before == bands[(one.last_inside - MONDAY).days] != one.after


@given(st.lists(st.floats(0, 100), min_size=30, max_size=60), st.integers(0, 10))
def test_it_does_not_matter_how_long_before_one_began_to_look(scores, skipped):
    """Once the score was twice in a row in one band, the band is known, whatever was before."""
    bands = [BANDS.status(score) for score in scores]
    settled = next(
        (n for n in range(skipped + 1, len(bands)) if bands[n] == bands[n - 1]), len(bands)
    )
    later = crossings(BANDS, [(day(n), scores[n]) for n in range(skipped, len(scores))])

    assert [later_day for later_day in later if later_day.day > day(settled + 7)] == [
        crossing for crossing in crossings_of(*scores) if crossing.day > day(settled + 7)
    ]
