"""The first step: all selected datasets at once, each an asset of its own."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date

import dagster as dg

from insights_assets.assets.checks import available_check, checks_alone, newest_outcome
from insights_assets.assets.downstream import Finished, categories_in_run, finish
from insights_assets.assets.keys import MARKET_DATA, dataset_key
from insights_assets.assets.metadata import dataset_metadata
from insights_assets.assets.metrics import DatasetOutcomes
from insights_assets.assets.partitions import BACKFILL_POLICY, DAILY, OWNERS, days_of
from insights_assets.assets.progress import Progress
from insights_assets.assets.snapshot import reasons_by_day
from insights_assets.assets.stored_datasets import stored_others, stored_whole, with_fallbacks
from insights_assets.datasets import DATASETS
from insights_assets.datasets.manager import DataManager, Vendors
from insights_assets.model.category import Category
from insights_assets.model.failed_fetches import FailedFetches, failed_fetches, resume_from
from insights_assets.model.failure_summary import fetch_failure_message, refusal_message
from insights_assets.model.outcomes import DatasetId
from insights_assets.storage.documents import dataset_outcome
from insights_assets.storage.indexes import DATASETS as STORED_DATASETS
from insights_assets.storage.io_managers import store_datasets
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory

# One backfill and, beside it, the daily run or a repair: so many runs ask the vendors at once.
POOL = "vendors"

# Set by Dagster where a run repeats what failed of another.
FROM_FAILURE_TAG = "dagster/is_resume_retry"


def build_prefetch(categories: Sequence[Category]) -> dg.AssetsDefinition:
    """Build the multi-asset that fetches what `categories` read, each dataset once."""
    wanted = {id_ for category in categories for id_ in category.datasets}
    specs = [spec for spec in DATASETS.values() if spec.id in wanted]

    @dg.multi_asset(
        name="prefetch",
        outs={
            spec.id: dg.AssetOut(
                key=dataset_key(spec.id),
                description=spec.description,
                group_name=MARKET_DATA,
                io_manager_key="datasets",
                is_required=False,
                kinds={"api", "mongodb"},
                owners=OWNERS,
                tags={"vendor": spec.vendor},
                code_version=spec.code_version,
            )
            for spec in specs
        },
        check_specs=[
            dg.AssetCheckSpec(
                "available",
                asset=dataset_key(spec.id),
                description="The dataset could be had for the newest day.",
            )
            for spec in specs
        ],
        can_subset=True,
        partitions_def=DAILY,
        backfill_policy=BACKFILL_POLICY,
        pool=POOL,
    )
    def prefetch(
        context: dg.AssetExecutionContext,
        vendors: dg.ResourceParam[Vendors],
        history: dg.ResourceParam[MongoHistory],
        latest: dg.ResourceParam[LatestSnapshots],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization | dg.AssetCheckEvaluation]:
        """Fetch the selected datasets for the days of the run."""
        if not context.selected_asset_keys:
            yield from checks_alone(context, history, STORED_DATASETS, dataset_outcome)
            return
        days = days_of(context)
        selected = [spec for spec in specs if dataset_key(spec.id) in context.selected_asset_keys]
        vendor_ids = {spec.vendor for spec in selected}
        without_key = vendors.without_key(vendor_ids)
        if without_key.keys() == vendor_ids:
            reasons = "; ".join(without_key.values())
            raise dg.Failure(f"Nothing can be fetched: {reasons}.", allow_retries=False)

        def on_request(made: int) -> None:
            progress.requested(context, made)

        kept = stored_whole(selected, days, history) if _goes_on_from_failure(context) else {}
        wanted = {
            spec.id: [day for day in days if day not in kept.get(spec.id, {})] for spec in selected
        }
        connected = DataManager.connect(
            vendors, vendor_ids, bulk=len(days) > 1, on_request=on_request, log=context.log
        )
        fetched = asyncio.run(_fetch(connected, wanted))
        outcomes = {
            spec.id: _in_order(
                days, kept.get(spec.id, {}), with_fallbacks(spec, fetched[spec.id], history)
            )
            for spec in selected
        }
        concerned = categories_in_run(context, categories)
        others = stored_others(concerned, outcomes, days, history)
        failed = failed_fetches(outcomes, others, concerned, days)
        for done, spec in enumerate(selected, start=1):
            yield from _record(context, spec.id, outcomes[spec.id], failed, history)
            progress.stored(context, done, len(selected))
            key = dataset_key(spec.id)
            yield available_check(
                key,
                newest_outcome(history, STORED_DATASETS, key, dataset_outcome, outcomes[spec.id]),
            )
        if failed:
            ends = {category.id: Finished() for category in concerned}
            for category in concerned:
                yield from finish(
                    context,
                    category,
                    ends[category.id],
                    datasets={**others, **outcomes},
                    failed=failed,
                    history=history,
                    latest=latest,
                )
            raise _failure(failed, ends, len(days))

    return prefetch


def _in_order(days: Sequence[date], *parts: DatasetOutcomes) -> DatasetOutcomes:
    together = {day: outcome for part in parts for day, outcome in part.items()}
    return {day: together[day] for day in days}


def _record(
    context: dg.AssetExecutionContext,
    id_: DatasetId,
    outcomes: DatasetOutcomes,
    failed: FailedFetches,
    history: MongoHistory,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetMaterialization]:
    """Store what became of a dataset; mark the days that did not fail as materialized."""
    key = dataset_key(id_)
    store_datasets(history, key, outcomes, context.run.run_id)
    if id_ not in failed:
        for day, outcome in outcomes.items():
            context.add_asset_metadata(dataset_metadata(outcome), key, day.isoformat())
        yield dg.MaterializeResult(asset_key=key)
        return
    # A result would mark every day.
    for day, outcome in outcomes.items():
        if day not in failed[id_]:
            yield dg.AssetMaterialization(
                key, partition=day.isoformat(), metadata=dataset_metadata(outcome)
            )


def _failure(failed: FailedFetches, ends: Mapping[str, Finished], days: int) -> dg.Failure:
    refusals = [
        refusal_message(id_, end.refused, end.stored) for id_, end in ends.items() if end.refused
    ]
    without = {day for end in ends.values() for day in end.refused}
    resume = resume_from(failed) if days > 1 else None
    return dg.Failure(
        fetch_failure_message(failed, refusals, without, resume),
        metadata={
            "refused": {id_: reasons_by_day(end.refused) for id_, end in ends.items()},
            "not_fetched": {id_: reasons_by_day(by_day) for id_, by_day in failed.items()},
            **({"resume_from": str(resume)} if resume else {}),
        },
        allow_retries=False,
    )


def _goes_on_from_failure(context: dg.AssetExecutionContext) -> bool:
    return context.run.tags.get(FROM_FAILURE_TAG) == "true"


async def _fetch(
    connected: AbstractAsyncContextManager[DataManager],
    wanted: Mapping[DatasetId, Sequence[date]],
) -> Mapping[DatasetId, DatasetOutcomes]:
    """Fetch each dataset for the days that are `wanted` of it."""
    together: dict[tuple[date, ...], list[DatasetId]] = {}
    for id_, days in wanted.items():
        together.setdefault(tuple(days), []).append(id_)
    fetched: dict[DatasetId, DatasetOutcomes] = {id_: {} for id_ in together.pop((), [])}
    async with connected as manager:
        for of_some in await asyncio.gather(
            *[manager.prefetch_shared(ids, days) for days, ids in together.items()]
        ):
            fetched |= of_some
    return fetched
