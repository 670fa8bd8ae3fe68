"""Metrics and categories: what a metric makes of its datasets, and what a category must be.

What is guarded here: stale or simulated data that loses its mark on the way to the score, a
missing dataset that ends in a crash or a made-up number, and weights that do not add up.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.datasets.history import Observations
from insights_assets.datasets.treasury_yields import Yields
from insights_assets.model.category import Category, Explanation, Metric
from insights_assets.model.outcomes import (
    Dataset,
    Measurement,
    Reading,
    Unavailable,
    common_source,
)
from insights_assets.model.scores import Bands
from insights_assets_tests.support.category import SYNTHETIC

EXPLANATION = Explanation(meaning="What it is.", formula="value = x", interpretation="High is bad.")
BANDS = Bands(normal=25, elevated=60, high=80)


def difference(ten_year, two_year):
    return Measurement(
        ten_year.observations.values[-1] - two_year.observations.values[-1], 42.0, "A sentence."
    )


CURVE = Metric("curve", "Curve", 1.0, ("treasury_10y", "treasury_2y"), difference, EXPLANATION)


def dataset(value, quality="fresh", source="alpha_vantage"):
    return Dataset(
        data=Yields(Observations((date(2025, 1, 7),), (value,))),
        quality=quality,
        reason="1 row",
        source=source,
        fetched_at=datetime(2025, 1, 9, 14, 30, tzinfo=UTC),
    )


def evaluate(ten_year, two_year, metric=CURVE):
    return metric.evaluate({"treasury_10y": ten_year, "treasury_2y": two_year})


def test_a_formula_is_called_with_its_datasets_in_their_order():
    outcome = evaluate(dataset(4.5), dataset(4.25))

    assert outcome == Reading(0.25, 42.0, "A sentence.", "fresh", "alpha_vantage")


def test_a_category_s_version_follows_its_weights_and_bands_and_nothing_else():
    first, second, *rest = SYNTHETIC.metrics
    swapped = (replace(first, weight=0.15), replace(second, weight=0.25), *rest)

    assert replace(SYNTHETIC, title="Another").version == SYNTHETIC.version
    assert replace(SYNTHETIC, metrics=swapped).version != SYNTHETIC.version
    assert replace(SYNTHETIC, bands=BANDS).version == SYNTHETIC.version
    assert replace(SYNTHETIC, bands=replace(BANDS, high=90)).version != SYNTHETIC.version


def test_the_raw_value_is_stored_with_six_decimals():
    assert evaluate(dataset(1.0), dataset(2 / 3)).value == 0.333333


@pytest.mark.parametrize(
    ("qualities", "quality"),
    [
        (("fresh", "fresh"), "fresh"),
        (("stale", "fresh"), "stale"),
        (("fresh", "stale"), "stale"),
        (("stale", "stale"), "stale"),
    ],
)
def test_a_reading_is_stale_if_one_of_its_datasets_is(qualities, quality):
    ten_year, two_year = (dataset(4.0, quality) for quality in qualities)

    assert evaluate(ten_year, two_year).quality == quality


def test_a_reading_names_the_least_real_source_of_its_datasets():
    assert evaluate(dataset(4.0), dataset(4.0, source="simulator")).source == "simulator"


@pytest.mark.parametrize(("missing", "other"), [(0, 1), (1, 0)])
def test_a_metric_without_one_of_its_datasets_is_unavailable_for_that_dataset_s_reason(
    missing, other
):
    inputs = [dataset(4.0), dataset(4.0)]
    inputs[missing] = Unavailable("the daily limit is used up", "quota")

    outcome = evaluate(*inputs)

    assert CURVE.datasets[missing] in outcome.reason
    assert CURVE.datasets[other] not in outcome.reason
    assert "the daily limit is used up" in outcome.reason
    assert outcome.cause == "quota"


def test_a_metric_without_any_of_its_datasets_tells_every_reason():
    outcome = evaluate(Unavailable("no answer", "outage"), Unavailable("bad rows", "data"))

    assert isinstance(outcome, Unavailable)
    assert "no answer" in outcome.reason
    assert "bad rows" in outcome.reason


def test_a_formula_that_lacks_data_gives_its_own_reason_and_no_number():
    too_little = Unavailable("only 20 observations")
    metric = replace(CURVE, formula=lambda *_: too_little)

    assert evaluate(dataset(4.0), dataset(4.0), metric) == too_little


def test_a_metric_reads_no_dataset_but_its_own():
    two_year = replace(CURVE, datasets=("treasury_2y",), formula=lambda two: difference(two, two))

    outcome = evaluate(Unavailable("no answer", "outage"), dataset(4.0), two_year)

    assert isinstance(outcome, Reading)


@given(st.lists(st.sampled_from(["alpha_vantage", "simulator", "replay"]), min_size=1))
@settings(deadline=None, max_examples=50)
def test_of_several_sources_the_least_real_one_is_named(sources):
    least_real_last = ["alpha_vantage", "replay", "simulator"]

    assert common_source(iter(sources)) == max(sources, key=least_real_last.index)


def test_an_explanation_is_shown_with_its_formula_and_how_to_read_it():
    shown = EXPLANATION.markdown()

    assert shown.startswith("What it is.")
    assert "**Formula:** value = x" in shown
    assert "**How to read it:** High is bad." in shown


def category(*metrics):
    return Category("macro_environment", "Macro", "A second family.", metrics, BANDS)


def test_a_category_names_each_dataset_once_in_the_order_of_its_metrics():
    first = replace(CURVE, id="first", weight=0.5, datasets=("treasury_2y",))
    second = replace(CURVE, id="second", weight=0.5)

    assert category(first, second).datasets == ("treasury_2y", "treasury_10y")


def test_a_category_knows_the_weight_of_each_metric():
    metrics = [replace(CURVE, id=f"m{n}", weight=0.1) for n in range(10)]

    assert category(*metrics).weight("m7") == 0.1


def test_two_metrics_of_one_id_are_refused_and_named():
    twice = replace(CURVE, weight=0.5)

    with pytest.raises(ValueError, match=r"macro_environment: two metrics share an id \(curve, "):
        category(twice, twice)


@pytest.mark.parametrize(("weights", "total"), [((0.5, 0.4), "0.9"), ((1.0, 0.5), "1.5")])
def test_weights_that_do_not_add_up_to_one_are_refused_with_their_sum(weights, total):
    metrics = [replace(CURVE, id=f"m{n}", weight=number) for n, number in enumerate(weights)]

    with pytest.raises(ValueError, match=f"macro_environment: the weights add up to {total}, not"):
        category(*metrics)


def test_a_category_without_metrics_is_refused():
    with pytest.raises(ValueError, match="the weights add up to 0, not to 1"):
        category()


def test_the_real_category_evaluates_to_unavailable_when_nothing_was_fetched():
    nothing = dict.fromkeys(SYNTHETIC.datasets, Unavailable("not fetched", "absent"))

    outcomes = [metric.evaluate(nothing) for metric in SYNTHETIC.metrics]

    assert all(isinstance(item, Unavailable) and "not fetched" in item.reason for item in outcomes)
