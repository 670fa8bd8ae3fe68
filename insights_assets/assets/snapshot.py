"""The third and the fourth step: the snapshot into MongoDB, the newest one into Redis."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import dagster as dg

from insights_assets.assets.checks import (
    agreement_check,
    coherence_check,
    coverage_check,
    no_jump_check,
)
from insights_assets.assets.metadata import snapshot_metadata
from insights_assets.assets.metrics import MetricOutcomes, metric_key
from insights_assets.assets.partitions import BACKFILL_POLICY, DAILY, days_of
from insights_assets.assets.progress import Progress
from insights_assets.model.category import Category
from insights_assets.model.dates import DEADLINE, NEW_YORK, months_before
from insights_assets.model.failure_summary import refusal_message
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.snapshot import Snapshot, compose
from insights_assets.storage.io_managers import store_failures
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory
from insights_assets.storage.publishing import disagreement, store_and_publish

Snapshots: TypeAlias = Mapping[date, Snapshot]

# The policy knows materializations, not partitions: the check `today_exists` looks at the day.
FRESHNESS = dg.FreshnessPolicy.cron(
    deadline_cron=f"{DEADLINE.minute} {DEADLINE.hour} * * *",
    lower_bound_delta=timedelta(minutes=30),
    timezone=NEW_YORK.key,
)


def snapshot_key(category: Category) -> dg.AssetKey:
    """Return the asset key of a category's snapshot."""
    return dg.AssetKey([category.id, "snapshot"])


def latest_snapshot_key(category: Category) -> dg.AssetKey:
    """Return the asset key of a category's latest snapshot."""
    return dg.AssetKey([category.id, "latest_snapshot"])


def build_snapshot(category: Category) -> dg.AssetsDefinition:
    """Build the asset that composes the snapshot of `category`."""
    key = snapshot_key(category)

    @dg.multi_asset(
        name=f"{category.id}__snapshot",
        ins={m.id: dg.AssetIn(key=metric_key(category, m)) for m in category.metrics},
        outs={
            "snapshot": dg.AssetOut(
                key=key,
                description=f"{category.title}: {category.description} The weighted mean of the"
                " available metrics; one document a day in MongoDB.",
                group_name=category.id,
                io_manager_key="snapshots",
                kinds={"mongodb"},
                owners=["team:market-risk"],
                tags={"category": category.id},
                code_version="1",
                freshness_policy=FRESHNESS,
            )
        },
        check_specs=[
            dg.AssetCheckSpec(
                "coverage_complete", asset=key, description="Every metric is in the snapshot."
            ),
            dg.AssetCheckSpec(
                "coherent",
                asset=key,
                description="Scores are from 0 to 100 and the composite is their weighted mean.",
            ),
            dg.AssetCheckSpec(
                "no_jump", asset=key, description="No metric moved over 50 points in a day."
            ),
        ],
        partitions_def=DAILY,
        backfill_policy=BACKFILL_POLICY,
    )
    def snapshot(
        context: dg.AssetExecutionContext,
        history: dg.ResourceParam[MongoHistory],
        latest: dg.ResourceParam[LatestSnapshots],
        progress: dg.ResourceParam[Progress],
        **metrics: MetricOutcomes,
    ) -> Iterator[dg.Output[Snapshots] | dg.AssetCheckResult | dg.AssetMaterialization]:
        days = days_of(context)
        composed = _compose_all(category, metrics, days, context.run.run_id)
        good = {day: found for day, found in composed.items() if isinstance(found, Snapshot)}
        refused = {day: found for day, found in composed.items() if isinstance(found, Unavailable)}
        metadata = {day: snapshot_metadata(found, category) for day, found in good.items()}
        resume = _first_day_short_of_quota(metrics) if len(days) > 1 else None
        if refused or resume:
            # An output would mark every day of the run as materialized, and Dagster skips what
            # follows a failed step: the good days are written, marked and published here.
            with store_failures():
                found = store_and_publish(category.id, list(good.values()), history, latest)
            if found:
                context.log.info(found)
            for day in good:
                yield dg.AssetMaterialization(
                    key, partition=day.isoformat(), metadata=metadata[day]
                )
            raise dg.Failure(
                refusal_message(category.id, refused, stored=len(good), resume=resume)
                + _fetch_again(refused),
                metadata={
                    "refused": {str(day): found.reason for day, found in refused.items()},
                    **({"resume_from": str(resume)} if resume else {}),
                },
                allow_retries=False,
            )
        for day in good:
            context.add_asset_metadata(metadata[day], partition_key=day.isoformat())
        yield dg.Output(good, output_name="snapshot")
        progress.stored(context, 1, 1)
        yield coverage_check(key, list(good.values()))
        yield coherence_check(key, list(good.values()))
        day_before = days[0] - timedelta(days=1)
        with store_failures():
            before = history.snapshots(category.id, day_before, day_before)
            yield no_jump_check(
                key,
                list(good.values()),
                before,
                lambda: history.snapshots(category.id, months_before(day_before, 12), day_before),
            )

    return snapshot


def build_latest_snapshot(category: Category) -> dg.AssetsDefinition:
    """Build the asset that publishes the newest snapshot of `category`."""
    key = latest_snapshot_key(category)

    @dg.multi_asset(
        name=f"{category.id}__latest_snapshot",
        deps=[snapshot_key(category)],
        outs={
            "latest_snapshot": dg.AssetOut(
                key=key,
                description="The newest snapshot that MongoDB holds, in Redis for programs to"
                " read at once; it only ever moves forward, whichever day is materialized.",
                group_name=category.id,
                io_manager_key="latest_snapshots",
                kinds={"redis"},
                owners=["team:market-risk"],
                tags={"category": category.id},
                code_version="1",
            )
        },
        check_specs=[
            dg.AssetCheckSpec(
                "agrees_with_history",
                asset=key,
                description="Redis and MongoDB hold the same newest snapshot.",
            )
        ],
        partitions_def=DAILY,
        backfill_policy=BACKFILL_POLICY,
    )
    def latest_snapshot(
        history: dg.ResourceParam[MongoHistory], latest: dg.ResourceParam[LatestSnapshots]
    ) -> Iterator[dg.Output[Snapshots] | dg.AssetCheckResult]:
        with store_failures():
            newest = history.newest_snapshot(category.id)
        yield dg.Output({newest.date: newest} if newest else {}, output_name="latest_snapshot")
        with store_failures():
            yield agreement_check(key, disagreement(category.id, newest, history, latest))

    return latest_snapshot


def _compose_all(
    category: Category, metrics: Mapping[str, MetricOutcomes], days: list[date], run_id: str
) -> dict[date, Snapshot | Unavailable]:
    # MongoDB keeps milliseconds: both stores must hold the same instant.
    instant = datetime.now(UTC)
    created_at = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    return {
        day: compose(
            category,
            day,
            {id_: outcomes[day] for id_, outcomes in metrics.items()},
            run_id=run_id,
            created_at=created_at,
        )
        for day in days
    }


def _fetch_again(refused: Mapping[date, Unavailable]) -> str:
    """Say how days are mended whose stored datasets are of an earlier version."""
    outdated = [day for day, found in refused.items() if found.cause == "outdated"]
    if not outdated:
        return ""
    return (
        f"\nTheir snapshots stay as they are. Fetch what they need again: `insights backfill --from"
        f" {min(outdated)} --to {max(outdated)}`, or materialize these partitions of all assets."
    )


def _first_day_short_of_quota(metrics: Mapping[str, MetricOutcomes]) -> date | None:
    """Return the first day that lacks a metric because the vendor's daily limit was met."""
    return min(
        (
            day
            for outcomes in metrics.values()
            for day, found in outcomes.items()
            if isinstance(found, Unavailable) and found.cause == "quota"
        ),
        default=None,
    )
