"""What follows from datasets of which some could not be fetched, done by the step that fails.

Dagster runs nothing below a failed step, but one missing dataset may cost its own metrics only. So
the step that fetches computes, stores and publishes the rest of its run before it fails. It marks
as materialized what has all it reads; everything else stays failed in Dagster's records, which is
what the partition colours show, and what "from failure" and "missing and failed" ask for again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import dagster as dg

from insights_assets.assets.checks import snapshot_checks
from insights_assets.assets.keys import metric_key, snapshot_key
from insights_assets.assets.metadata import metric_metadata
from insights_assets.assets.metrics import DatasetOutcomes, MetricOutcomes, measure, metric_check
from insights_assets.assets.partitions import days_of
from insights_assets.assets.snapshot import compose_days, publish_days
from insights_assets.model.category import Category
from insights_assets.model.failed_fetches import FailedFetches
from insights_assets.model.outcomes import DatasetId, Unavailable
from insights_assets.storage.io_managers import store_metrics, stored_metrics
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory


@dataclass(slots=True)
class Finished:
    """How the rest of a run ended for a category: the days without a snapshot, and of how many."""

    refused: Mapping[date, Unavailable] = field(default_factory=dict)
    stored: int = 0


def categories_in_run(
    context: dg.AssetExecutionContext, categories: Sequence[Category]
) -> list[Category]:
    """Return the categories whose snapshot is made in the run."""
    steps = context.run.step_keys_to_execute

    def is_in_run(step: str) -> bool:
        return context.job_def.has_node_named(step) and (steps is None or step in steps)

    return [category for category in categories if is_in_run(f"{category.id}__snapshot")]


def finish(
    context: dg.AssetExecutionContext,
    category: Category,
    finished: Finished,
    *,
    datasets: Mapping[DatasetId, DatasetOutcomes],
    failed: FailedFetches,
    history: MongoHistory,
    latest: LatestSnapshots,
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Compute, store and publish what the run still owes a category; write down how it `finished`.

    `datasets` are all that the category reads, `failed` what of them the run could not have.
    """
    days = days_of(context)
    selection = context.run.asset_selection  # empty where the whole job runs
    measured: dict[str, MetricOutcomes] = {}
    keys = {metric_key(category, metric): metric for metric in category.metrics}
    chosen = {key: metric for key, metric in keys.items() if not selection or key in selection}
    for key, outcomes in measure(context, chosen, datasets, days).items():
        metric = chosen[key]
        store_metrics(history, key, outcomes, context.run.run_id)
        measured[metric.id] = outcomes
        yield metric_check(key, outcomes, history)
        for day in _whole(days, metric.datasets, failed):
            yield dg.AssetMaterialization(
                key, partition=day.isoformat(), metadata=metric_metadata(outcomes[day])
            )
    for key, metric in keys.items():
        if metric.id not in measured:
            measured[metric.id] = stored_metrics(history, key, days)
    in_order = dict(sorted(measured.items()))  # as Dagster hands them to the step
    good, finished.refused = compose_days(category, in_order, days, context.run.run_id)
    finished.stored = len(good)
    whole = [day for day in _whole(days, category.datasets, failed) if day in good]
    yield from publish_days(context, category, good, whole, history=history, latest=latest)
    yield from snapshot_checks(snapshot_key(category), category, history)


def _whole(
    days: Sequence[date], dataset_ids: Sequence[DatasetId], failed: FailedFetches
) -> list[date]:
    """Return the days that lack none of the datasets."""
    return [day for day in days if not any(day in failed.get(id_, {}) for id_ in dataset_ids)]
