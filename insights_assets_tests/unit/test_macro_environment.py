"""The macro environment: its tables, and its formulas against an exact reference.

What is guarded here: a weight, an input or a band that changes unnoticed, a rank that counts the
newest value itself or ties wholly, and a look back of the wrong length.
"""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.categories.macro_environment import CATEGORY, formulas
from insights_assets.datasets.fred_series import ReleasedSeries
from insights_assets.datasets.history import Observations
from insights_assets.model.outcomes import Measurement, Unavailable
from insights_assets.model.scores import Bands

some = settings(deadline=None, max_examples=40)
cents = st.integers(-300, 900)


def series(hundredths):
    """Return a series of values in hundredths, one a day, the last of 2025-04-07."""
    first = date(2025, 4, 7) - timedelta(days=len(hundredths) - 1)
    days = tuple(first + timedelta(days=n) for n in range(len(hundredths)))
    return ReleasedSeries(Observations(days, tuple(number / 100 for number in hundredths)))


def clipped(fraction):
    return float(100 * min(max(fraction, Fraction(0)), Fraction(1)))


def exact_rank(hundredths):
    """Return the rank of the last value, each of the others looked at one by one."""
    window = hundredths[-1250:]
    newest, points = window[-1], Fraction(0)
    for other in window[:-1]:
        if other < newest:
            points += 1
        elif other == newest:
            points += Fraction(1, 2)
    return points / (len(window) - 1)


def assert_score(outcome, value, fraction):
    assert isinstance(outcome, Measurement)
    assert outcome.value == pytest.approx(float(value), abs=1e-9)
    assert abs(outcome.score - clipped(fraction)) <= 0.005 + 1e-6
    assert outcome.score == round(outcome.score, 2)
    assert outcome.summary.endswith(".")


def test_weights_inputs_and_bands_are_those_of_the_specification():
    assert {metric.id: (metric.weight, metric.datasets) for metric in CATEGORY.metrics} == {
        "credit_spread": (0.30, ("credit_spread_series",)),
        "market_volatility": (0.30, ("volatility_index",)),
        "curve_inversion": (0.20, ("term_spread",)),
        "policy_tightening": (0.20, ("overnight_rate",)),
    }
    assert CATEGORY.bands == Bands(normal=25, elevated=45, high=65)


@pytest.mark.parametrize("formula", [formulas.credit_spread, formulas.market_volatility])
@some
@given(hundredths=st.lists(cents, min_size=250, max_size=400), repeats=st.integers(1, 5))
def test_a_rank_is_that_of_the_exact_reference(formula, hundredths, repeats):
    longer = hundredths * repeats

    assert_score(formula(series(longer)), Fraction(longer[-1], 100), exact_rank(longer))


@pytest.mark.parametrize(
    ("others", "expected"), [([1], 100.0), ([9], 0.0), ([5], 50.0), ([1, 5, 9, 9], 37.5)]
)
def test_the_newest_is_not_compared_with_itself_and_ties_count_half(others, expected):
    window = (others * 1249)[: 1248 if len(others) > 1 else 1249]

    assert formulas.credit_spread(series([*window, 5])).score == expected


def test_what_lies_before_the_window_does_not_count():
    assert formulas.credit_spread(series([*[9] * 500, *[1] * 1249, 5])).score == 100.0


@pytest.mark.parametrize(
    ("formula", "needed"),
    [
        (formulas.credit_spread, 250),
        (formulas.market_volatility, 250),
        (formulas.policy_tightening, 61),
    ],
)
def test_too_few_observations_are_unavailable_and_say_how_many_are_needed(formula, needed):
    assert isinstance(formula(series([*range(needed)])), Measurement)
    assert formula(series([*range(needed - 1)])) == Unavailable(
        f"only {needed - 1} observations are known, {needed} are needed"
    )


@some
@given(st.lists(cents, min_size=1, max_size=20))
def test_curve_inversion_is_that_of_the_exact_reference(hundredths):
    value = Fraction(hundredths[-1], 100)

    assert_score(formulas.curve_inversion(series(hundredths)), value, (2 - value) / 4)


@some
@given(st.lists(cents, min_size=61, max_size=90))
def test_policy_tightening_is_that_of_the_exact_reference(hundredths):
    value = Fraction(hundredths[-1] - hundredths[-61], 100)

    assert_score(formulas.policy_tightening(series(hundredths)), value, (value + 1) / 3)


@some
@given(st.lists(cents, min_size=300, max_size=300), st.integers(0, 500))
def test_a_wider_spread_and_a_dearer_overnight_rate_never_lower_the_risk(hundredths, more):
    harder = [*hundredths[:-1], hundredths[-1] + more]

    for formula in (formulas.credit_spread, formulas.policy_tightening):
        assert formula(series(harder)).score >= formula(series(hundredths)).score
    inverted = formulas.curve_inversion(series(harder)).score
    assert inverted <= formulas.curve_inversion(series(hundredths)).score
