"""The second step: all metrics of all categories at once, each an asset of its own."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TypeAlias

import dagster as dg

from insights_assets.assets.checks import available_check, checks_alone, newest_outcome
from insights_assets.assets.keys import dataset_key, metric_key
from insights_assets.assets.metadata import metric_metadata
from insights_assets.assets.partitions import BACKFILL_POLICY, DAILY, OWNERS, days_of
from insights_assets.assets.progress import Progress
from insights_assets.model.category import Category, Metric
from insights_assets.model.outcomes import DatasetOutcome, MetricOutcome, Unavailable
from insights_assets.storage.documents import metric_outcome
from insights_assets.storage.indexes import METRICS
from insights_assets.storage.io_managers import store_metrics, stored_datasets
from insights_assets.storage.mongo import MongoHistory

DatasetOutcomes: TypeAlias = Mapping[date, DatasetOutcome]
MetricOutcomes: TypeAlias = Mapping[date, MetricOutcome]


def build_metrics(categories: Sequence[Category]) -> dg.AssetsDefinition:
    """Build the multi-asset that computes the metrics of `categories`.

    A step for each category would gain nothing: a metric that fails is an outcome like any other.
    """
    by_key = {
        metric_key(category, metric): (category, metric)
        for category in categories
        for metric in category.metrics
    }
    datasets_read = dict.fromkeys(id_ for category in categories for id_ in category.datasets)

    @dg.multi_asset(
        name="metrics",
        # Read below and not as inputs: those would all be loaded, each with two events.
        deps=[dataset_key(id_) for id_ in datasets_read],
        outs={
            _output_name(key): dg.AssetOut(
                key=key,
                description=f"{metric.title}, {metric.weight:.0%} of the composite.\n\n"
                + metric.explanation.markdown(),
                group_name=category.id,
                io_manager_key="metrics",
                is_required=False,
                kinds={"python", "mongodb"},
                owners=OWNERS,
                tags={"category": category.id},
                code_version=metric.code_version,
            )
            for key, (category, metric) in by_key.items()
        },
        check_specs=[
            dg.AssetCheckSpec(
                "available",
                asset=key,
                description="The metric could be computed for the newest day.",
            )
            for key in by_key
        ],
        internal_asset_deps={
            _output_name(key): {dataset_key(id_) for id_ in metric.datasets}
            for key, (_, metric) in by_key.items()
        },
        can_subset=True,
        partitions_def=DAILY,
        backfill_policy=BACKFILL_POLICY,
    )
    def metrics(
        context: dg.AssetExecutionContext,
        history: dg.ResourceParam[MongoHistory],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckEvaluation]:
        if not context.selected_asset_keys:
            yield from checks_alone(context, history, METRICS, metric_outcome)
            return
        selected = {
            key: metric for key, (_, metric) in by_key.items() if key in context.selected_asset_keys
        }
        days = days_of(context)
        wanted = dict.fromkeys(id_ for metric in selected.values() for id_ in metric.datasets)
        datasets = {id_: stored_datasets(history, dataset_key(id_), days) for id_ in wanted}
        measured = measure(context, selected, datasets, days)
        for done, (key, outcomes) in enumerate(measured.items(), start=1):
            store_metrics(history, key, outcomes, context.run.run_id)
            for day, outcome in outcomes.items():
                context.add_asset_metadata(metric_metadata(outcome), key, day.isoformat())
            yield dg.MaterializeResult(asset_key=key)
            progress.stored(context, done, len(selected))
            yield metric_check(key, outcomes, history)

    return metrics


def _output_name(key: dg.AssetKey) -> str:
    """Name an output: metrics of two categories may share an id."""
    return "__".join(key.path)


def metric_check(
    key: dg.AssetKey, outcomes: MetricOutcomes, history: MongoHistory
) -> dg.AssetCheckEvaluation:
    """Look at the newest day of a metric."""
    return available_check(key, newest_outcome(history, METRICS, key, metric_outcome, outcomes))


def measure(
    context: dg.AssetExecutionContext,
    metrics: Mapping[dg.AssetKey, Metric],
    datasets: Mapping[str, DatasetOutcomes],
    days: Sequence[date],
) -> dict[dg.AssetKey, MetricOutcomes]:
    """Return the outcomes of each metric; one that fails never stops the others."""
    measured: dict[dg.AssetKey, MetricOutcomes] = {}
    evaluated = asyncio.run(_evaluate_all(list(metrics.values()), datasets, days))
    for key, outcomes in zip(metrics, evaluated, strict=True):
        if isinstance(outcomes, BaseException):
            context.log.error("Computing %s failed.", key.to_user_string(), exc_info=outcomes)
            reason = f"computing it failed unexpectedly: {type(outcomes).__name__}"
            measured[key] = dict.fromkeys(days, Unavailable(reason))
        else:
            measured[key] = outcomes
    return measured


async def _evaluate_all(
    metrics: Sequence[Metric], datasets: Mapping[str, DatasetOutcomes], days: Sequence[date]
) -> list[MetricOutcomes | BaseException]:
    """Evaluate each metric in a thread of its own."""
    return await asyncio.gather(
        *[asyncio.to_thread(_evaluate, metric, datasets, days) for metric in metrics],
        return_exceptions=True,
    )


def _evaluate(
    metric: Metric, datasets: Mapping[str, DatasetOutcomes], days: Sequence[date]
) -> MetricOutcomes:
    return {
        day: metric.evaluate({id_: datasets[id_][day] for id_ in metric.datasets}) for day in days
    }
