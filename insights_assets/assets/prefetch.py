"""The first step: all selected datasets at once, each an asset of its own."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeAlias

import dagster as dg

from insights_assets.assets.checks import available_check
from insights_assets.assets.metadata import dataset_metadata
from insights_assets.assets.partitions import BACKFILL_POLICY, DAILY, days_of
from insights_assets.assets.progress import Progress
from insights_assets.datasets import DATASETS
from insights_assets.datasets.fetching import DatasetSpec
from insights_assets.datasets.manager import DataManager, Vendors
from insights_assets.model.category import Category
from insights_assets.model.fallback import stand_in
from insights_assets.model.outcomes import DatasetId, DatasetOutcome, Unavailable
from insights_assets.storage.documents import dataset_outcome
from insights_assets.storage.indexes import DATASETS as STORED_DATASETS
from insights_assets.storage.io_managers import store_failures
from insights_assets.storage.mongo import MongoHistory

GROUP = "market_data"

DatasetOutcomes: TypeAlias = Mapping[date, DatasetOutcome]


def dataset_key(dataset_id: DatasetId) -> dg.AssetKey:
    """Return the asset key of a dataset."""
    return dg.AssetKey([GROUP, dataset_id])


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
                group_name=GROUP,
                io_manager_key="datasets",
                is_required=False,
                kinds={"api", "mongodb"},
                owners=["team:market-data"],
                tags={"vendor": spec.vendor},
                code_version=spec.code_version,
            )
            for spec in specs
        },
        check_specs=[
            dg.AssetCheckSpec(
                "available",
                asset=dataset_key(spec.id),
                description="The dataset could be had for every day of the run.",
            )
            for spec in specs
        ],
        can_subset=True,
        partitions_def=DAILY,
        backfill_policy=BACKFILL_POLICY,
        pool="alpha_vantage",
    )
    def prefetch(
        context: dg.AssetExecutionContext,
        vendors: dg.ResourceParam[Vendors],
        history: dg.ResourceParam[MongoHistory],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.Output[DatasetOutcomes] | dg.AssetCheckResult]:
        """Fetch the selected datasets for the days of the run."""
        days = days_of(context)
        selected = [spec for spec in specs if dataset_key(spec.id) in context.selected_asset_keys]
        vendor_ids = {spec.vendor for spec in selected}
        without_key = vendors.without_key(vendor_ids)
        if without_key.keys() == vendor_ids:
            reasons = "; ".join(without_key.values())
            raise dg.Failure(f"Nothing can be fetched: {reasons}.", allow_retries=False)

        def on_request(made: int) -> None:
            progress.requested(context, made)

        fetched = asyncio.run(_fetch(vendors, selected, days, on_request))
        for done, spec in enumerate(selected, start=1):
            outcomes = _with_stored(spec, fetched[spec.id], history)
            key = dataset_key(spec.id)
            for day, outcome in outcomes.items():
                context.add_asset_metadata(dataset_metadata(outcome), key, day.isoformat())
            yield dg.Output(outcomes, output_name=spec.id)
            progress.stored(context, done, len(selected))
            yield available_check(key, outcomes)

    return prefetch


async def _fetch(
    vendors: Vendors,
    specs: Sequence[DatasetSpec],
    days: Sequence[date],
    on_request: Callable[[int], None],
) -> Mapping[DatasetId, DatasetOutcomes]:
    connected = DataManager.connect(
        vendors, {spec.vendor for spec in specs}, bulk=len(days) > 1, on_request=on_request
    )
    async with connected as manager:
        return await manager.prefetch_shared([spec.id for spec in specs], days)


def _with_stored(
    spec: DatasetSpec, outcomes: DatasetOutcomes, history: MongoHistory
) -> DatasetOutcomes:
    """Let what was stored earlier stand in where it may."""
    failed = {
        day: found
        for day, found in outcomes.items()
        if isinstance(found, Unavailable) or found.quality != "fresh"
    }
    if not failed:
        return outcomes
    with store_failures():
        stored = history.read_values(
            STORED_DATASETS,
            dataset_key(spec.id).to_user_string(),
            min(failed) - timedelta(days=spec.max_staleness),
            max(failed),
            dataset_outcome,
        )
    return {
        **outcomes,
        **{
            day: stand_in(
                found, day, stored, max_staleness=spec.max_staleness, max_age=spec.max_age
            )
            for day, found in failed.items()
        },
    }
