"""The snapshot: one weighted composite of the metrics that could be had."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from insights_assets.model.category import Category
from insights_assets.model.outcomes import (
    MetricOutcome,
    Quality,
    Reading,
    Source,
    Unavailable,
    common_source,
    reasons_by_name,
)
from insights_assets.model.scores import Status

SCHEMA_VERSION = 2
MINIMUM_COVERAGE = 0.5
JUMP = 50


@dataclass(frozen=True, slots=True)
class MetricScore:
    """One metric inside a snapshot; `reason` says what it lacks if it is not fresh."""

    score: float
    status: Status
    value: float | None
    """None in what was imported: an earlier system did not keep it."""
    weight: float
    quality: Quality
    summary: str
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A category's state as known on `date` at 09:30 New York."""

    category_id: str
    date: date
    composite_score: float
    composite_status: Status
    coverage: float
    metrics: Mapping[str, MetricScore]
    unavailable: Mapping[str, Unavailable]
    source: Source
    run_id: str
    created_at: datetime
    schema_version: int = SCHEMA_VERSION


def compose(
    category: Category,
    day: date,
    outcomes: Mapping[str, MetricOutcome],
    *,
    run_id: str,
    created_at: datetime,
) -> Snapshot | Unavailable:
    """Weigh the available metrics of `day`; below the minimum coverage there is no snapshot.

    Neither is there one of outdated datasets: it would replace one that had these metrics.
    """
    readings = {id_: outcome for id_, outcome in outcomes.items() if isinstance(outcome, Reading)}
    missing = {
        id_: outcome for id_, outcome in outcomes.items() if isinstance(outcome, Unavailable)
    }
    outdated = {
        id_: unavailable for id_, unavailable in missing.items() if unavailable.cause == "outdated"
    }
    if outdated:
        return Unavailable(reasons_by_name(outdated), "outdated")
    coverage = round(math.fsum(category.weight(id_) for id_ in readings), 6)
    if coverage < MINIMUM_COVERAGE:
        return Unavailable(
            f"coverage is {coverage:g}, a snapshot needs {MINIMUM_COVERAGE:g}; missing:"
            f" {reasons_by_name(missing)}"
        )
    units = {metric.id: metric.unit for metric in category.metrics}
    metrics = {
        id_: MetricScore(
            score=reading.score,
            status=category.bands.status(reading.score),
            value=reading.value,
            weight=category.weight(id_),
            quality=reading.quality,
            summary=reading.summary,
            unit=units[id_],
            reason=reading.reason,
        )
        for id_, reading in readings.items()
    }
    composite = weighted_mean(metrics)
    return Snapshot(
        category_id=category.id,
        date=day,
        composite_score=composite,
        composite_status=category.bands.status(composite),
        coverage=coverage,
        metrics=metrics,
        unavailable=missing,
        source=common_source(reading.source for reading in readings.values()),
        run_id=run_id,
        created_at=created_at,
    )


def weighted_mean(metrics: Mapping[str, MetricScore]) -> float:
    """Return the mean score by weight, the weights renormalised, rounded to 2 decimals."""
    total = math.fsum(metric.weight for metric in metrics.values())
    return round(math.fsum(m.score * m.weight for m in metrics.values()) / total, 2)


def incoherences(snapshot: Snapshot) -> list[str]:
    """Name what contradicts itself in `snapshot`; nothing does in a sound one."""
    scores = {"composite": snapshot.composite_score} | {
        id_: metric.score for id_, metric in snapshot.metrics.items()
    }
    problems = [
        f"{name} is {score}, not a score from 0 to 100"
        for name, score in scores.items()
        if not (math.isfinite(score) and 0 <= score <= 100)
    ]
    expected = weighted_mean(snapshot.metrics)
    if snapshot.composite_score != expected:
        problems.append(
            f"the composite is {snapshot.composite_score}, the weighted mean {expected}"
        )
    return problems


def gaps(snapshot: Snapshot) -> list[str]:
    """Name what keeps `snapshot` from being complete: a metric that is missing or not fresh.

    What nobody can have, as a calendar of the past, is no gap.
    """
    missing = [
        f"{id_}: {unavailable.reason}"
        for id_, unavailable in snapshot.unavailable.items()
        if unavailable.cause != "absent"
    ]
    lacking = [
        f"{id_} is {metric.quality}: {metric.reason}"
        for id_, metric in snapshot.metrics.items()
        if metric.quality != "fresh"
    ]
    return missing + lacking


def jumps(snapshot: Snapshot, before: Snapshot) -> dict[str, str]:
    """Write by its id how each metric moved that moved more than JUMP points since `before`."""
    return {
        id_: f"{id_} went from {before.metrics[id_].score:g} to {metric.score:g}"
        for id_, metric in snapshot.metrics.items()
        if id_ in before.metrics and abs(metric.score - before.metrics[id_].score) > JUMP
    }
