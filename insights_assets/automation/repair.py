"""The sensor that makes up for what a run could not get, and the job it requests."""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg

from insights_assets.assets.keys import (
    dataset_key,
    latest_snapshot_key,
    metric_key,
    snapshot_key,
)
from insights_assets.automation.daily import RUN_OF_A_DAY, AssetJob, own_assets
from insights_assets.automation.executor import run_executor
from insights_assets.automation.reconciler import (
    Reconciler,
    gap_tags,
    last_days,
    location_of,
    repair_tags,
)
from insights_assets.automation.stores import open_stores
from insights_assets.categories import CATEGORIES
from insights_assets.model.attempts import Due
from insights_assets.model.category import Category
from insights_assets.model.dates import now
from insights_assets.model.gaps import Filling, Gap, GapDecision, in_words
from insights_assets.model.repair import COMPLETE, Repair
from insights_assets.settings import Settings
from insights_assets.storage.errors import StoreError

AFTER_THE_REST = {"dagster/priority": "-1"}  # a gap is old: whatever else is queued goes first

SNAPSHOT_REPAIR = "snapshot_repair"


def build_snapshot_repair(categories: Sequence[Category]) -> AssetJob:
    """Build the job that makes what a day or a gap lacks."""
    return dg.define_asset_job(
        SNAPSHOT_REPAIR,
        selection=own_assets(categories),
        description="What a day lacks: the sensor selects only the assets that help.",
        executor_def=run_executor,
    )


def build_repair_sensor(
    settings: Settings, categories: Sequence[Category] = CATEGORIES
) -> dg.SensorDefinition:
    """Build the sensor that looks after today, the last days and the gaps before them."""

    @dg.sensor(
        name="snapshot_repair_sensor",
        job_name=SNAPSHOT_REPAIR,
        minimum_interval_seconds=settings.repair_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Requests the smallest run that completes, makes up or publishes a snapshot.",
    )
    def snapshot_repair_sensor(
        context: dg.SensorEvaluationContext,
    ) -> dg.SensorResult | dg.SkipReason:
        try:
            return evaluate(settings, context.instance, now(), categories, location_of(context))
        except StoreError as error:
            return dg.SkipReason(str(error))

    return snapshot_repair_sensor


def evaluate(
    settings: Settings,
    instance: dg.DagsterInstance,
    instant: datetime,
    categories: Sequence[Category] = CATEGORIES,
    location: str | None = None,
) -> dg.SensorResult | dg.SkipReason:
    """Return the repairs that are due at `instant`, or why none is.

    A gap is filled when nothing else is due or on its way, the newest gap first.
    """
    if not last_days(settings, instant):
        return dg.SkipReason(f"The first partition is that of {settings.first_day}, to come.")
    with open_stores(settings) as (history, latest):
        look = Reconciler(settings, history, latest, instance, instant, categories, location)
        decisions = look.decisions()
        due = [decision for decision in decisions if isinstance(decision, Due)]
        gaps = [] if due else look.gaps()
        busy = look.busy if gaps else None
    if due:
        return dg.SensorResult(run_requests=[_request(decision, categories) for decision in due])
    fillings = [gap for gap in gaps if isinstance(gap, Filling)]
    if fillings and not busy:
        return dg.SensorResult(run_requests=[_fill(fillings[-1], categories)])
    findings = [
        f"{decision.day}: {decision.why}"
        for decision in decisions
        if not isinstance(decision, Due) and decision.why != COMPLETE
    ]
    if not findings:
        findings = [f"The last {len(decisions)} days are complete."]
    return dg.SkipReason("; ".join([*findings, *_missing(gaps)]))


def _missing(gaps: Sequence[GapDecision]) -> list[str]:
    return [f"earlier days are missing: {in_words(gaps)}"] if gaps else []


def selection(repair: Repair, categories: Sequence[Category]) -> list[dg.AssetKey]:
    """Return the assets that help: what failed, what reads it, and what follows from that."""
    keys = [dataset_key(id_) for id_ in repair.fetch]
    for category in categories:
        if category.id not in repair.categories:
            continue
        if repair.reason != "behind":
            metrics = [m for m in category.metrics if set(m.datasets) & set(repair.changed)]
            keys += [metric_key(category, metric) for metric in metrics]
            keys.append(snapshot_key(category))
        keys.append(latest_snapshot_key(category))
    return keys


def gap_selection(gap: Gap, categories: Sequence[Category]) -> list[dg.AssetKey]:
    """Return everything of the categories that lack the days."""
    keys: dict[dg.AssetKey, None] = {}
    for category in categories:
        if category.id in gap.categories:
            keys |= dict.fromkeys(dataset_key(id_) for id_ in category.datasets)
            keys |= dict.fromkeys(metric_key(category, metric) for metric in category.metrics)
            keys |= dict.fromkeys([snapshot_key(category), latest_snapshot_key(category)])
    return list(keys)


def _fill(filling: Filling, categories: Sequence[Category]) -> dg.RunRequest:
    gap = filling.gap
    return dg.RunRequest(
        run_key=f"{gap.first}/{gap.last}/{'+'.join(gap.categories)}/{filling.attempt}",
        asset_selection=gap_selection(gap, categories),
        tags={**gap_tags(gap, filling.attempt), **AFTER_THE_REST},
    )


def _request(due: Due, categories: Sequence[Category]) -> dg.RunRequest:
    repair = due.repair
    return dg.RunRequest(
        run_key=f"{repair.day}/{repair.reason}/{due.attempt}",
        partition_key=str(repair.day),
        asset_selection=selection(repair, categories),
        tags={**repair_tags(repair, due.attempt), **RUN_OF_A_DAY},
    )
