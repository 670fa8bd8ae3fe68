"""The snapshot: its composite against the specification's own days, its refusals, its coherence.

What is guarded here: a composite of too few metrics, a missing metric that leaves no trace, and a
tampered document that passes for a sound one.
"""

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.model.outcomes import Reading, Unavailable
from insights_assets.model.snapshot import Snapshot, compose, incoherences, weighted_mean
from insights_assets_tests.support.category import SYNTHETIC

CREATED_AT = datetime(2025, 1, 9, 14, 31, tzinfo=UTC)
METRICS = [metric.id for metric in SYNTHETIC.metrics]
WEIGHTS = {metric.id: Fraction(str(metric.weight)) for metric in SYNTHETIC.metrics}
NO_CALENDAR = "the calendar has no history for past dates"

JANUARY_9 = {
    "prices": 43.96,
    "headlines": 69.93,
    "hours": 0.0,
    "slope": 45.67,
    "shift": 30.0,
}
JUNE_11 = {
    "prices": 66.69,
    "headlines": 92.53,
    "hours": 62.35,
    "slope": 18.67,
    "shift": 43.0,
}


def reading(score, *, value=1.1, quality="fresh", source="replay"):
    return Reading(value, score, f"A sentence about {score}.", quality, source)


def composed(scores, day=date(2025, 1, 9), *, reasons=None, **how):
    """Compose a snapshot of `scores`; every other metric is unavailable."""
    outcomes = {
        id_: reading(scores[id_], **how)
        if id_ in scores
        else Unavailable((reasons or {}).get(id_, NO_CALENDAR), "absent")
        for id_ in METRICS
    }
    return compose(SYNTHETIC, day, outcomes, run_id="run", created_at=CREATED_AT)


@pytest.mark.parametrize(
    ("day", "scores", "composite", "status"),
    [
        (date(2025, 1, 9), JANUARY_9, 37.92, "normal"),
        (date(2024, 6, 11), JUNE_11, 59.52, "normal"),
    ],
)
def test_the_days_worked_out_beforehand_come_out_the_same(day, scores, composite, status):
    snapshot = composed(scores, day)

    assert isinstance(snapshot, Snapshot)
    assert (snapshot.date, snapshot.composite_score, snapshot.composite_status) == (
        day,
        composite,
        status,
    )
    assert snapshot.coverage == 0.9
    assert {id_: reading.score for id_, reading in snapshot.metrics.items()} == scores
    assert snapshot.unavailable == {"offerings": Unavailable(NO_CALENDAR, "absent")}
    assert incoherences(snapshot) == []


def test_a_snapshot_keeps_everything_that_its_readings_say():
    snapshot = composed(JANUARY_9, quality="stale", value=0.5)

    curve = snapshot.metrics["slope"]
    assert (curve.score, curve.status, curve.value) == (45.67, "normal", 0.5)
    assert (curve.weight, curve.quality) == (0.15, "stale")
    assert curve.summary == "A sentence about 45.67."
    assert (snapshot.category_id, snapshot.source, snapshot.schema_version) == (
        "synthetic",
        "replay",
        2,
    )
    assert (snapshot.run_id, snapshot.created_at) == ("run", CREATED_AT)


SCORES = st.dictionaries(
    st.sampled_from(METRICS), st.integers(0, 10_000).map(lambda n: n / 100), max_size=6
)


@given(SCORES)
@settings(deadline=None, max_examples=100)
def test_the_composite_is_the_mean_of_what_is_available_with_renormalised_weights(scores):
    snapshot = composed(scores)

    covered = sum(WEIGHTS[id_] for id_ in scores)
    if covered < Fraction(1, 2):
        assert isinstance(snapshot, Unavailable)
        return
    exact = sum(Fraction(str(score)) * WEIGHTS[id_] for id_, score in scores.items()) / covered
    assert abs(snapshot.composite_score - float(exact)) <= 0.005 + 1e-9
    assert min(scores.values()) <= snapshot.composite_score <= max(scores.values())
    assert snapshot.composite_score == round(snapshot.composite_score, 2)
    assert snapshot.composite_status == SYNTHETIC.bands.status(snapshot.composite_score)
    assert Fraction(str(snapshot.coverage)) == covered
    assert set(snapshot.metrics) | set(snapshot.unavailable) == set(METRICS)
    assert incoherences(snapshot) == []


@given(st.integers(0, 10_000).map(lambda n: n / 100), st.permutations(METRICS))
@settings(deadline=None, max_examples=50)
def test_equal_scores_have_themselves_as_composite_whatever_is_missing(score, order):
    snapshot = composed(dict.fromkeys(order[:4], score))

    assert snapshot.composite_score == score


@pytest.mark.parametrize(
    ("available", "coverage"),
    [
        (("prices", "slope", "shift"), 0.5),
        (("headlines", "hours", "offerings"), 0.5),
        (("prices", "headlines", "shift"), 0.55),
        (METRICS, 1.0),
    ],
)
def test_half_of_the_weight_is_enough(available, coverage):
    snapshot = composed(dict.fromkeys(available, 50.0))

    assert isinstance(snapshot, Snapshot)
    assert snapshot.coverage == coverage


def test_less_than_half_is_refused_and_every_missing_metric_is_named_with_its_reason():
    missing = ("prices", "slope", "shift", "offerings")
    reasons = {id_: f"reason number {n}" for n, id_ in enumerate(missing)}

    snapshot = composed({"headlines": 50.0, "hours": 50.0}, reasons=reasons)

    assert isinstance(snapshot, Unavailable)
    assert "coverage is 0.4, a snapshot needs 0.5" in snapshot.reason
    for id_, reason in reasons.items():
        assert f"{id_}: {reason}" in snapshot.reason
    assert "headlines" not in snapshot.reason
    assert "hours" not in snapshot.reason


def test_without_any_metric_all_six_are_named():
    snapshot = composed({})

    assert "coverage is 0, " in snapshot.reason
    assert all(id_ in snapshot.reason for id_ in METRICS)
    assert NO_CALENDAR in snapshot.reason


def test_a_stale_reading_keeps_its_mark_and_marks_no_other():
    outcomes = {id_: reading(50.0) for id_ in METRICS}
    outcomes["slope"] = reading(50.0, quality="stale")

    snapshot = compose(SYNTHETIC, date(2025, 1, 9), outcomes, run_id="r", created_at=CREATED_AT)

    stale = [id_ for id_, reading in snapshot.metrics.items() if reading.quality == "stale"]
    assert stale == ["slope"]


@pytest.mark.parametrize(
    ("sources", "source"),
    [
        (("alpha_vantage",) * 6, "alpha_vantage"),
        ((*("alpha_vantage",) * 5, "replay"), "replay"),
        (("simulator", *("replay",) * 5), "simulator"),
    ],
)
def test_one_simulated_reading_makes_the_whole_snapshot_simulated(sources, source):
    outcomes = {
        id_: reading(50.0, source=of_source)
        for id_, of_source in zip(METRICS, sources, strict=True)
    }

    snapshot = compose(SYNTHETIC, date(2025, 1, 9), outcomes, run_id="r", created_at=CREATED_AT)

    assert snapshot.source == source


SOUND = composed(JANUARY_9)


def with_metric(metric_id, **changes):
    changed = replace(SOUND.metrics[metric_id], **changes)
    return replace(SOUND, metrics={**SOUND.metrics, metric_id: changed})


@pytest.mark.parametrize(
    "tampered",
    [
        replace(SOUND, composite_score=37.93),
        replace(SOUND, composite_score=math.nan),
        replace(SOUND, composite_score=math.inf),
        replace(SOUND, composite_score=-1.0),
        replace(SOUND, composite_score=100.01),
        with_metric("slope", score=45.77),
        with_metric("slope", score=math.nan),
        with_metric("slope", score=math.inf),
        with_metric("slope", score=-0.01),
        with_metric("slope", score=100.01),
        with_metric("slope", weight=0.2),
        replace(SOUND, metrics={"slope": SOUND.metrics["slope"]}),
    ],
)
def test_a_tampered_snapshot_is_found_incoherent(tampered):
    assert incoherences(tampered)


@pytest.mark.parametrize("score", [-0.01, 100.01, math.nan, math.inf])
def test_a_score_out_of_range_is_found_even_where_the_composite_agrees_with_it(score):
    metrics = {id_: replace(reading, score=score) for id_, reading in SOUND.metrics.items()}

    problems = incoherences(replace(SOUND, metrics=metrics, composite_score=score))

    for name in ("composite", *SOUND.metrics):
        assert f"{name} is {score}, not a score from 0 to 100" in problems


def test_an_incoherence_names_the_score_and_what_it_should_be():
    out_of_range = incoherences(with_metric("slope", score=math.nan))
    shifted = incoherences(replace(SOUND, composite_score=40.0))

    assert "slope is nan, not a score from 0 to 100" in out_of_range
    assert shifted == ["the composite is 40.0, the weighted mean 37.92"]


def test_scores_at_both_ends_of_the_range_are_sound():
    ends = {"prices": 0.0, "headlines": 100.0, "hours": 100.0}

    assert incoherences(composed(ends)) == []
    assert incoherences(composed(dict.fromkeys(METRICS, 0.0))) == []
    assert incoherences(composed(dict.fromkeys(METRICS, 100.0))) == []


def test_the_weighted_mean_is_rounded_to_two_decimals():
    assert weighted_mean(composed({**JUNE_11, "offerings": 33.33}).metrics) == 56.9
