"""A number against its own past, compared with a slow computation that shares no line with it.

What is guarded here: a context that looks at a later day, a change that is attributed to the wrong
metric or not in full, and a statement about a past that is too short to say anything.
"""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_assets.model.context import (
    SESSIONS_NEEDED,
    Earlier,
    attribution,
    context_of,
    session_averages,
    timeliness,
)
from insights_assets.model.dates import NEW_YORK
from insights_assets.model.scores import Bands
from insights_assets.model.snapshot import MetricScore, Snapshot, weighted_mean

BANDS = Bands(normal=25, elevated=60, high=80)
WEIGHTS = {"tide": 0.4, "wind": 0.3, "rain": 0.3}
CREATED_AT = datetime(2025, 1, 9, 14, 31, tzinfo=UTC)
MONDAY = date(2025, 3, 10)


def snapshot(day, *, category="weather", **scores):
    """Compose a snapshot of a category made for the test."""
    metrics = {
        id_: MetricScore(score, BANDS.status(score), 1.0, WEIGHTS[id_], "fresh", "It is so.")
        for id_, score in scores.items()
    }
    composite = weighted_mean(metrics)
    return Snapshot(
        category_id=category,
        date=day,
        composite_score=composite,
        composite_status=BANDS.status(composite),
        coverage=round(sum(WEIGHTS[id_] for id_ in scores), 6),
        metrics=metrics,
        unavailable={},
        source="replay",
        run_id="run",
        created_at=CREATED_AT,
    )


def steady(day, score=50.0):
    return snapshot(day, tide=score, wind=score, rain=score)


def history(seed, days=1600):
    """Return a random walk with gaps, ties at the ends, and metrics that come and go."""
    rng = random.Random(seed)  # noqa: S311
    scores = dict.fromkeys(WEIGHTS, 50.0)
    snapshots = []
    for n in range(days):
        day = date(2020, 1, 1) + timedelta(days=n)
        if day.weekday() < 5:
            scores = {
                id_: round(min(max(score + rng.gauss(0, 6), 0), 100), 2)
                for id_, score in scores.items()
            }
        there = {
            "tide": n > 300,
            "wind": rng.random() > 0.1,
            "rain": not 700 < n < 760,
        }
        kept = {id_: scores[id_] for id_ in WEIGHTS if there[id_]}
        if kept and rng.random() > 0.05:
            snapshots.append(snapshot(day, **kept))
    return snapshots


# The slow computation: from the definitions, day by day, with fractions and no shared code.

TRADES = holidays.financial_holidays("NYSE")


def slow_is_session(day):
    return day.weekday() not in (5, 6) and day not in TRADES


def slow_earlier_day(day, months):
    year, month = day.year, day.month
    for _ in range(months):
        month -= 1
        if month == 0:
            year, month = year - 1, 12
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


def slow_contribution(snapshot, id_):
    if id_ not in snapshot.metrics:
        return Fraction(0)
    total = sum(Fraction(str(metric.weight)) for metric in snapshot.metrics.values())
    metric = snapshot.metrics[id_]
    return Fraction(str(metric.score)) * Fraction(str(metric.weight)) / total


def slow_percentile(score, others):
    if len(others) < 120:
        return None
    points = Fraction(0)
    for other in others:
        if other < score:
            points += 1
        elif other == score:
            points += Fraction(1, 2)
    return float(100 * points / len(others))


def earlier(snapshot):
    return snapshot and Earlier(snapshot.date, snapshot.composite_score, snapshot.coverage)


def slow_context(everything, day):
    by_day = {snapshot.date: snapshot for snapshot in everything if snapshot.date <= day}
    own = by_day.pop(day)
    sessions = [by_day[d] for d in sorted(by_day) if slow_is_session(d)]
    previous = sessions[-1] if sessions else None
    third_year = slow_earlier_day(day, 36)
    recent = [snapshot for snapshot in sessions if snapshot.date >= third_year]
    averaged = [snapshot.composite_score for snapshot in sessions]
    if slow_is_session(day):
        averaged.append(own.composite_score)

    def nearest(target):
        for back in range(5):
            if target - timedelta(days=back) in by_day:
                return earlier(by_day[target - timedelta(days=back)])
        return None

    moves = [
        abs(Fraction(str(after.composite_score)) - Fraction(str(before.composite_score)))
        for before, after in pairwise(recent)
    ]
    move = recent and abs(
        Fraction(str(own.composite_score)) - Fraction(str(recent[-1].composite_score))
    )
    band_since = day
    for other in [by_day[d] for d in sorted(by_day, reverse=True)]:
        if BANDS.status(other.composite_score) != BANDS.status(own.composite_score):
            break
        band_since = other.date
    as_high = [snapshot for snapshot in sessions if snapshot.composite_score >= own.composite_score]
    as_low = [snapshot for snapshot in sessions if snapshot.composite_score <= own.composite_score]
    return {
        "previous": earlier(previous),
        "change": previous and own.composite_score - previous.composite_score,
        "attribution": {
            id_: float(slow_contribution(own, id_) - slow_contribution(previous, id_))
            for id_ in {*own.metrics, *previous.metrics}
        }
        if previous
        else {},
        "came": set(own.metrics) - set(previous.metrics) if previous else set(),
        "went": set(previous.metrics) - set(own.metrics) if previous else set(),
        "ago": [
            nearest(day - timedelta(days=7)),
            *[nearest(slow_earlier_day(day, months)) for months in (1, 3, 12)],
        ],
        "composite": slow_percentile(
            own.composite_score, [snapshot.composite_score for snapshot in recent]
        ),
        "change_percentile": slow_percentile(move, moves) if recent else None,
        "metrics": {
            id_: slow_percentile(
                own.metrics[id_].score,
                [snapshot.metrics[id_].score for snapshot in recent if id_ in snapshot.metrics],
            )
            for id_ in own.metrics
        },
        "band_since": band_since,
        "last_as_high": earlier(as_high[-1]) if as_high else None,
        "last_as_low": earlier(as_low[-1]) if as_low else None,
        "average_20": sum(averaged[-20:]) / 20 if len(averaged) >= 20 else None,
    }


@pytest.mark.parametrize("category", ["weather", "harvest"])
def test_the_context_is_what_a_slow_separate_computation_finds_on_200_random_days(category):
    everything = [replace(snapshot, category_id=category) for snapshot in history(seed=category)]
    rng = random.Random(category)  # noqa: S311
    days = [snapshot.date for snapshot in everything]
    chosen = {*days[:3], *rng.sample(days, 110)}  # the start of history as well
    assert any(day.weekday() >= 5 for day in chosen)
    rng.shuffle(everything)

    for day in chosen:
        own = next(snapshot for snapshot in everything if snapshot.date == day)
        context, expected = context_of(own, everything), slow_context(everything, day)

        assert context.previous == expected["previous"]
        assert context.change == pytest.approx(expected["change"], abs=1e-9)
        assert context.attribution == pytest.approx(expected["attribution"], abs=0.0151)
        assert (set(context.came), set(context.went)) == (expected["came"], expected["went"])
        ago = context.ago
        assert [ago.week, ago.month, ago.quarter, ago.year] == expected["ago"]
        assert context.percentile.composite.value == pytest.approx(
            expected["composite"], abs=0.0501
        )
        assert context.percentile.change.value == pytest.approx(
            expected["change_percentile"], abs=0.0501
        )
        assert {
            id_: reading.value for id_, reading in context.percentile.metrics.items()
        } == pytest.approx(expected["metrics"], abs=0.0501)
        assert context.band_since == expected["band_since"]
        assert context.last_as_high == expected["last_as_high"]
        assert context.last_as_low == expected["last_as_low"]
        assert context.average_20 == pytest.approx(expected["average_20"], abs=0.00501)


def test_no_later_day_changes_anything():
    everything = history(seed=3, days=500)
    own = everything[300]
    until = [snapshot for snapshot in everything if snapshot.date <= own.date]

    assert context_of(own, everything) == context_of(own, until)


scores = st.dictionaries(
    st.sampled_from(sorted(WEIGHTS)),
    st.floats(0, 100).map(lambda score: round(score, 2)),
    min_size=1,
)


@given(scores, scores)
def test_the_attribution_adds_up_to_the_change_to_the_cent(now, before):
    now, before = snapshot(MONDAY, **now), snapshot(MONDAY - timedelta(days=3), **before)

    points = attribution(now, before)

    change = round(100 * now.composite_score) - round(100 * before.composite_score)
    assert sum(round(100 * number) for number in points.values()) == change


def test_a_metric_that_came_and_one_that_went_are_named_with_all_they_contribute():
    before = snapshot(MONDAY - timedelta(days=3), tide=50, wind=20)
    context = context_of(snapshot(MONDAY, tide=50, rain=80), [before])

    assert (context.came, context.went) == (("rain",), ("wind",))
    assert context.attribution == pytest.approx({"tide": 0, "wind": -8.57, "rain": 34.29}, abs=0.02)
    assert context.change == pytest.approx(25.71, abs=0.02)


@pytest.mark.parametrize("day", [MONDAY, MONDAY - timedelta(days=1), MONDAY - timedelta(days=2)])
def test_a_weekend_repeats_friday_and_monday_is_compared_with_friday(day):
    friday = MONDAY - timedelta(days=3)
    everything = [steady(friday - timedelta(days=1), 30), steady(friday, 40)]
    everything += [steady(friday + timedelta(days=n), 45) for n in (1, 2)]

    context = context_of(steady(day, 45), everything)

    assert (context.previous.date, context.change) == (friday, 5)


def test_the_first_snapshot_of_all_has_no_past_and_says_so():
    context = context_of(steady(MONDAY), [])

    assert (context.previous, context.change, context.attribution) == (None, None, {})
    assert context.percentile.composite.value is None
    assert context.percentile.composite.reason == (
        "120 sessions of the 3 years before are needed, 0 stored"
    )
    assert (context.last_as_high, context.last_as_low, context.average_20) == (None, None, None)
    assert context.band_since == MONDAY


def test_the_size_of_a_change_is_ranked_whatever_its_direction():
    past = [steady(day, 50 + n % 2) for n, day in enumerate(sessions_before(MONDAY, 130))]

    fell, rose, stood = (
        context_of(steady(MONDAY, score), past).percentile.change for score in (45, 55, 50)
    )

    assert (fell.value, rose.value, stood.value) == (100, 100, 0)
    assert fell.sessions == 129
    assert context_of(steady(MONDAY), past[:9]).percentile.change.reason == (
        "120 changes between sessions of the 3 years before are needed, 8 stored"
    )


def sessions_before(day, count):
    days = []
    while len(days) < count:
        day -= timedelta(days=1)
        if slow_is_session(day):
            days.append(day)
    return days


@pytest.mark.parametrize(("count", "known"), [(SESSIONS_NEEDED - 1, False), (120, True)])
def test_a_percentile_needs_half_a_year_of_sessions(count, known):
    past = [steady(day, 50 + n % 2) for n, day in enumerate(sessions_before(MONDAY, count))]

    percentile = context_of(steady(MONDAY, 50), past).percentile.composite

    assert percentile.sessions == count
    assert percentile.value == (25.0 if known else None)  # half of the half that is equal
    assert (percentile.reason is None) == known


def test_each_day_from_the_twentieth_session_on_has_an_average_of_the_last_twenty():
    days = list(reversed(sessions_before(MONDAY, 25)))

    averages = session_averages([steady(day, n) for n, day in enumerate(days)])

    assert averages == {days[n]: n - 9.5 for n in range(19, 25)}


def test_a_composite_of_other_metrics_is_not_silently_compared():
    days = sessions_before(MONDAY, 130)
    past = [snapshot(day, tide=40, wind=40) for day in days[:30]] + [steady(d) for d in days[30:]]

    context = context_of(steady(MONDAY), past)

    assert context.previous.coverage == 0.7
    assert context.percentile.composite.of_other_coverage == 30


def new_york(*fields):
    return datetime(*fields, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("day", "now", "expected"),
    [
        (date(2025, 3, 10), new_york(2025, 3, 10, 12), (True, 0, date(2025, 3, 11))),
        (date(2025, 3, 9), new_york(2025, 3, 10, 9, 59), (True, 1, date(2025, 3, 10))),
        (date(2025, 3, 9), new_york(2025, 3, 10, 10), (False, 1, date(2025, 3, 11))),
        (date(2025, 3, 10), new_york(2025, 3, 10, 9, 31), (True, 0, date(2025, 3, 11))),
        (date(2024, 3, 10), new_york(2025, 3, 10, 12), (False, 365, date(2025, 3, 11))),
    ],
)
def test_a_snapshot_is_current_until_the_next_one_should_be_there(day, now, expected):
    judged = timeliness(day, now)

    is_current, age_days, next_day = expected
    assert (judged.is_current, judged.age_days) == (is_current, age_days)
    assert (day >= judged.expected) == is_current
    assert judged.next_expected_at == new_york(next_day.year, next_day.month, next_day.day, 9, 30)
