"""From fractions to scores and from scores to bands.

What is guarded here: a score out of range or with noise in its decimals, and a day named calm on
one side of a border and alarming on the other.
"""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.model.scores import Bands, score


@given(st.floats(allow_nan=False))
@settings(deadline=None, max_examples=100)
def test_a_score_is_100_times_the_clipped_fraction_with_2_decimals(fraction):
    points = score(fraction)

    clipped = min(max(Decimal(fraction), Decimal(0)), Decimal(1))
    exact = (100 * clipped).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    assert 0 <= points <= 100
    assert points == round(points, 2)
    assert abs(Decimal(repr(points)) - exact) <= Decimal("0.01")


@given(st.floats(-1, 2), st.floats(-1, 2))
@settings(deadline=None, max_examples=100)
def test_a_higher_fraction_never_has_a_lower_score(one, other):
    low, high = sorted((one, other))

    assert score(low) <= score(high)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (0, "low"),
        (24.99, "low"),
        (25, "normal"),
        (35, "normal"),
        (52, "normal"),
        (59.99, "normal"),
        (60, "elevated"),
        (62, "elevated"),
        (70, "elevated"),
        (72.5, "elevated"),
        (78, "elevated"),
        (79.99, "elevated"),
        (80, "high"),
        (85, "high"),
        (100, "high"),
    ],
)
def test_the_bands_of_the_ai_sector_risk(value, status):
    assert AI_SECTOR_RISK.bands.status(value) == status


@given(st.floats(0, 100))
@settings(deadline=None, max_examples=100)
def test_bands_are_the_category_s_own(value):
    bands = Bands(normal=10, elevated=20, high=30)

    begins = {"low": 0, "normal": 10, "elevated": 20, "high": 30}

    assert begins[bands.status(value)] == max(n for n in begins.values() if n <= value)
