"""What people are told without asking: a change of regime, and trouble that stays.

An alert is an event of one category and day, named by its `key`: however often the day is computed
again, the same event has the same key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from insights_assets.model.attempts import GivenUp
from insights_assets.model.category import Category
from insights_assets.model.outcomes import Unavailable, reasons_by_name
from insights_assets.model.snapshot import Snapshot

Event: TypeAlias = Literal["band_crossed", "metric_high", "low_coverage", "gave_up", "run_failed"]
Detail: TypeAlias = str | float | None

COVERAGE_WANTED = 0.8


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell: `text` for people, `details` for programs."""

    key: str
    event: Event
    day: str
    text: str
    details: Mapping[str, Detail]


def crossings(category: Category, snapshot: Snapshot, before: Snapshot | None) -> list[Alert]:
    """Tell which bands were crossed since `before`, the snapshot stored before it."""
    if before is None:
        return []
    alerts = []
    if snapshot.composite_status != before.composite_status:
        change = f"{before.composite_status}>{snapshot.composite_status}"
        alerts.append(
            Alert(
                f"{category.id}/{snapshot.date}/composite:{change}",
                "band_crossed",
                str(snapshot.date),
                f"{category.title} went from {before.composite_status} to"
                f" {snapshot.composite_status} on {snapshot.date}: the composite is"
                f" {snapshot.composite_score:g}, it was {before.composite_score:g} on"
                f" {before.date}.",
                {
                    "category": category.id,
                    "score": snapshot.composite_score,
                    "status": snapshot.composite_status,
                    "score_before": before.composite_score,
                    "status_before": before.composite_status,
                    "source": snapshot.source,
                },
            )
        )
    return alerts + _turned_high(category, snapshot, before)


def _turned_high(category: Category, snapshot: Snapshot, before: Snapshot) -> list[Alert]:
    titles = {metric.id: metric.title for metric in category.metrics}
    return [
        Alert(
            f"{category.id}/{snapshot.date}/{id_}:high",
            "metric_high",
            str(snapshot.date),
            f"{category.title}: {titles.get(id_, id_)} is high on {snapshot.date}, at"
            f" {metric.score:g}. {metric.summary}",
            {
                "category": category.id,
                "metric": id_,
                "score": metric.score,
                "status": metric.status,
                "status_before": before.metrics[id_].status if id_ in before.metrics else None,
                "source": snapshot.source,
            },
        )
        for id_, metric in snapshot.metrics.items()
        if metric.status == "high" and not _is_high(before, id_)
    ]


def _is_high(snapshot: Snapshot, metric_id: str) -> bool:
    found = snapshot.metrics.get(metric_id)
    return found is not None and found.status == "high"


def low_coverage(category: Category, snapshot: Snapshot) -> list[Alert]:
    """Tell that much of a snapshot is missing, and why."""
    if snapshot.coverage >= COVERAGE_WANTED:
        return []
    why = reasons_by_name({id_: Unavailable(why) for id_, why in snapshot.unavailable.items()})
    return [
        Alert(
            f"{category.id}/{snapshot.date}/low_coverage",
            "low_coverage",
            str(snapshot.date),
            f"{category.title}: the snapshot of {snapshot.date} covers {snapshot.coverage:.0%} of"
            f" the weight. Missing are {why}.",
            {"category": category.id, "coverage": snapshot.coverage, "source": snapshot.source},
        )
    ]


def gave_up(given_up: GivenUp) -> Alert:
    """Tell that a day stays as it is until a person looks."""
    repair = given_up.repair
    return Alert(
        f"{'+'.join(repair.categories)}/{repair.day}/gave_up:{repair.reason}",
        "gave_up",
        str(repair.day),
        f"The snapshot of {repair.day} is not repaired: {given_up.why}.",
        {"category": ", ".join(repair.categories), "reason": repair.reason},
    )


def run_failed(run_id: str, job: str, day: str, why: Sequence[str]) -> Alert:
    """Tell that a run failed; `why` are the sentences of its failed steps."""
    return Alert(
        f"run/{run_id}/failed",
        "run_failed",
        day,
        f"The run of {job} for {day} failed: {' '.join(why)}",
        {"run_id": run_id, "job": job},
    )
