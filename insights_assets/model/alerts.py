"""What people are told without asking: a change of regime, and trouble that stays.

An alert is an event of one category and day, named by its `key`: however often the day is computed
again, the same event has the same key.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from insights_assets.model.attempts import GivenUp
from insights_assets.model.category import Category, Metric
from insights_assets.model.context import COMPARED_YEARS, Percentile, attribution, percentiles
from insights_assets.model.gaps import Left
from insights_assets.model.hysteresis import Crossing, crossings
from insights_assets.model.outcomes import reasons_by_name
from insights_assets.model.snapshot import Snapshot

Event: TypeAlias = Literal[
    "band_crossed", "metric_high", "low_coverage", "gave_up", "gap", "run_failed"
]
Detail: TypeAlias = str | float | None

COVERAGE_WANTED = 0.8
MOVERS_NAMED = 2


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell: `text` for people, `details` for programs."""

    key: str
    event: Event
    day: str
    text: str
    details: Mapping[str, Detail]


def status_changes(
    category: Category, snapshots: Sequence[Snapshot], days: Collection[date]
) -> list[Alert]:
    """Report what changed its band for good on one of `days`: the composite, or a metric to high.

    `snapshots` are all of the category's that are stored for those days and the time before; the
    more there are, the better can be said how unusual the change is.
    """
    stored = {
        snapshot.date: snapshot
        for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.date)
    }
    composites = [(day, snapshot.composite_score) for day, snapshot in stored.items()]
    alerts = [
        _band_crossed(category, crossing, stored)
        for crossing in crossings(category.bands, composites)
        if crossing.day in days
    ]
    for metric in category.metrics:
        scores = [
            (day, snapshot.metrics[metric.id].score)
            for day, snapshot in stored.items()
            if metric.id in snapshot.metrics
        ]
        alerts += [
            _metric_high(category, metric, crossing, stored)
            for crossing in crossings(category.bands, scores)
            if crossing.day in days and crossing.after == "high"
        ]
    return alerts


def _band_crossed(category: Category, crossing: Crossing, stored: Mapping[date, Snapshot]) -> Alert:
    snapshot, before = stored[crossing.day], stored[crossing.last_inside]
    score = snapshot.composite_score
    return Alert(
        f"{category.id}/{crossing.day}/composite:{crossing.before}>{crossing.after}",
        "band_crossed",
        str(crossing.day),
        f"{category.title} went from {crossing.before} to {crossing.after} on {crossing.day}: the"
        f" composite is {score:g}, it was {before.composite_score:g} on {before.date}."
        f" {_movers(category, snapshot, before)}"
        f" {_how_unusual(percentiles(snapshot, stored.values()).composite)}",
        {
            "category": category.id,
            "score": score,
            "status": crossing.after,
            "score_before": before.composite_score,
            "status_before": crossing.before,
            "source": snapshot.source,
        },
    )


def _metric_high(
    category: Category, metric: Metric, crossing: Crossing, stored: Mapping[date, Snapshot]
) -> Alert:
    snapshot = stored[crossing.day]
    reading = snapshot.metrics[metric.id]
    among = percentiles(snapshot, stored.values()).metrics[metric.id]
    return Alert(
        f"{category.id}/{crossing.day}/{metric.id}:high",
        "metric_high",
        str(crossing.day),
        f"{category.title}: {metric.title} is high on {crossing.day}, at {reading.score:g}."
        f" {reading.summary} {_how_unusual(among)}",
        {
            "category": category.id,
            "metric": metric.id,
            "score": reading.score,
            "status": crossing.after,
            "status_before": crossing.before,
            "source": snapshot.source,
        },
    )


def _movers(category: Category, snapshot: Snapshot, before: Snapshot) -> str:
    """Name the metrics that moved the composite most, and those that came or went."""
    titles = {metric.id: metric.title for metric in category.metrics}
    points = attribution(snapshot, before)
    largest = sorted(points, key=lambda id_: abs(points[id_]), reverse=True)[:MOVERS_NAMED]
    moves = [f"{titles.get(id_, id_)} by {points[id_]:+.2f}" for id_ in largest]
    text = f"{' and '.join(moves)} moved it most."
    if snapshot.metrics.keys() != before.metrics.keys():
        text += (
            f" Its metrics are not the same: it covers {snapshot.coverage:.0%} of the weight now,"
            f" {before.coverage:.0%} then."
        )
    return text


def _how_unusual(percentile: Percentile) -> str:
    if percentile.value is None:
        return f"How unusual that is cannot be said: {percentile.reason}."
    return (
        f"It is higher than on {percentile.value:.0f}% of the {percentile.sessions} sessions of the"
        f" {COMPARED_YEARS} years before."
    )


def low_coverage(category: Category, snapshot: Snapshot) -> list[Alert]:
    """Say that much is missing of what can be had for a snapshot, and why."""
    absent = {
        id_ for id_, unavailable in snapshot.unavailable.items() if unavailable.cause == "absent"
    }
    possible = math.fsum(m.weight for m in category.metrics if m.id not in absent)
    if snapshot.coverage >= round(COVERAGE_WANTED * possible, 6):
        return []
    why = reasons_by_name(snapshot.unavailable)
    return [
        Alert(
            f"{category.id}/{snapshot.date}/low_coverage",
            "low_coverage",
            str(snapshot.date),
            f"{category.title}: the snapshot of {snapshot.date} covers {snapshot.coverage:.0%} of"
            f" the weight. Missing: {why}.",
            {"category": category.id, "coverage": snapshot.coverage, "source": snapshot.source},
        )
    ]


def gave_up(given_up: GivenUp) -> Alert:
    """Say that a day stays as it is until a person looks."""
    repair = given_up.repair
    return Alert(
        f"{'+'.join(repair.categories)}/{repair.day}/gave_up:{repair.reason}",
        "gave_up",
        str(repair.day),
        f"The snapshot of {repair.day} is not repaired: {given_up.why}.",
        {"category": ", ".join(repair.categories), "reason": repair.reason},
    )


def gap_left(left: Left) -> Alert:
    """Report that days stay missing until a person fills them, and with which command."""
    gap = left.gap
    return Alert(
        f"{'+'.join(gap.categories)}/{gap.first}/gap:{gap.last}",
        "gap",
        str(gap.last),
        f"There are no snapshots of {gap}: {left.why}.",
        {
            "category": ", ".join(gap.categories),
            "first": str(gap.first),
            "last": str(gap.last),
            "command": gap.command,
        },
    )


def run_failed(run_id: str, job: str, day: str, why: Sequence[str]) -> Alert:
    """Say that a run failed; `why` are the sentences of its failed steps."""
    return Alert(
        f"run/{run_id}/failed",
        "run_failed",
        day,
        f"The run of {job} for {day} failed: {' '.join(why)}",
        {"run_id": run_id, "job": job},
    )
