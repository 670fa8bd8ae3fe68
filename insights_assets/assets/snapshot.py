"""The third and the fourth step: the snapshot into MongoDB, the newest one into Redis."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import dagster as dg

from insights_assets.assets.checks import TODAY_EXISTS, agreement_check, snapshot_checks
from insights_assets.assets.keys import latest_snapshot_key, metric_key, snapshot_key
from insights_assets.assets.metadata import snapshot_metadata
from insights_assets.assets.metrics import MetricOutcomes
from insights_assets.assets.partitions import BACKFILL_POLICY, DAILY, OWNERS, days_of
from insights_assets.assets.progress import Progress
from insights_assets.model.category import Category
from insights_assets.model.dates import DEADLINE, NEW_YORK
from insights_assets.model.failure_summary import refusal_message
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.snapshot import Snapshot, compose
from insights_assets.storage.io_managers import store_failures, stored_metrics
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory
from insights_assets.storage.publishing import disagreement, publish_newest

Snapshots: TypeAlias = Mapping[date, Snapshot]

# The policy knows materializations, not partitions: the check `today_exists` looks at the day.
FRESHNESS = dg.FreshnessPolicy.cron(
    deadline_cron=f"{DEADLINE.minute} {DEADLINE.hour} * * *",
    lower_bound_delta=timedelta(minutes=30),
    timezone=NEW_YORK.key,
)


def build_snapshot(category: Category) -> dg.AssetsDefinition:
    """Build the asset that composes the snapshot of `category`."""
    key = snapshot_key(category)

    @dg.multi_asset(
        name=f"{category.id}__snapshot",
        deps=[metric_key(category, metric) for metric in category.metrics],
        outs={
            "snapshot": dg.AssetOut(
                key=key,
                description=f"{category.title}: {category.description} The weighted mean of the"
                " available metrics; one document a day in MongoDB.",
                group_name=category.id,
                io_manager_key="snapshots",
                is_required=False,
                kinds={"mongodb"},
                owners=OWNERS,
                tags={"category": category.id},
                code_version=f"1-{category.version}",  # Dagster shows older ones as outdated
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
            dg.AssetCheckSpec(
                TODAY_EXISTS,
                asset=key,
                description=f"The snapshot of today is stored by {DEADLINE:%H:%M} New York.",
            ),
        ],
        can_subset=True,
        partitions_def=DAILY,
        backfill_policy=BACKFILL_POLICY,
    )
    def snapshot(
        context: dg.AssetExecutionContext,
        history: dg.ResourceParam[MongoHistory],
        latest: dg.ResourceParam[LatestSnapshots],
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.Output[Snapshots] | dg.AssetMaterialization | dg.AssetCheckEvaluation]:
        def checks() -> Iterator[dg.AssetCheckEvaluation]:
            for check in snapshot_checks(key, category, history):
                # A run of another day has nothing to say about today.
                is_due = is_making and check.check_name != TODAY_EXISTS
                if is_due or check.asset_check_key in context.selected_asset_check_keys:
                    yield check

        is_making = bool(context.selected_asset_keys)
        if not is_making:
            yield from checks()
            return
        days = days_of(context)
        metrics = {
            metric.id: stored_metrics(history, metric_key(category, metric), days)
            for metric in sorted(category.metrics, key=lambda metric: metric.id)
        }
        good, refused = compose_days(category, metrics, days, context.run.run_id)
        if refused:
            # An output would mark every day of the run as materialized, and Dagster skips what
            # follows a failed step: the good days are written, published and marked here.
            yield from publish_days(context, category, good, good, history=history, latest=latest)
            yield from checks()
            raise dg.Failure(
                refusal_message(category.id, refused, stored=len(good)),
                metadata={"refused": {category.id: reasons_by_day(refused)}},
                allow_retries=False,
            )
        for day, composed in good.items():
            context.add_asset_metadata(
                snapshot_metadata(composed, category), partition_key=day.isoformat()
            )
        yield dg.Output(good, output_name="snapshot")
        progress.stored(context, 1, 1)
        yield from checks()

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
                is_required=False,
                kinds={"redis"},
                owners=OWNERS,
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
        can_subset=True,
        partitions_def=DAILY,
        backfill_policy=BACKFILL_POLICY,
    )
    def latest_snapshot(
        context: dg.AssetExecutionContext,
        history: dg.ResourceParam[MongoHistory],
        latest: dg.ResourceParam[LatestSnapshots],
    ) -> Iterator[dg.Output[Snapshots] | dg.AssetCheckEvaluation]:
        with store_failures():
            newest = history.newest_snapshot(category.id)
        if context.selected_asset_keys:
            yield dg.Output({newest.date: newest} if newest else {}, output_name="latest_snapshot")
        yield _latest_snapshot_check(category, newest, history, latest)

    return latest_snapshot


def compose_days(
    category: Category, metrics: Mapping[str, MetricOutcomes], days: Sequence[date], run_id: str
) -> tuple[Snapshots, Mapping[date, Unavailable]]:
    """Return the snapshots, and the days without one."""
    # MongoDB keeps milliseconds: both stores must hold the same instant.
    instant = datetime.now(UTC)
    created_at = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    composed = {
        day: compose(
            category,
            day,
            {id_: outcomes[day] for id_, outcomes in metrics.items()},
            run_id=run_id,
            created_at=created_at,
        )
        for day in days
    }
    return (
        {day: outcome for day, outcome in composed.items() if isinstance(outcome, Snapshot)},
        {day: outcome for day, outcome in composed.items() if isinstance(outcome, Unavailable)},
    )


def publish_days(
    context: dg.AssetExecutionContext,
    category: Category,
    snapshots: Snapshots,
    whole: Iterable[date],
    *,
    history: MongoHistory,
    latest: LatestSnapshots,
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Store and publish the snapshots of a run that will fail; mark the `whole` days as done."""
    with store_failures():
        if snapshots:
            history.write_snapshots(list(snapshots.values()))
            newest, published = publish_newest(category.id, history, latest)
            context.log.info(published)
        else:
            newest = history.newest_snapshot(category.id)
    for day in whole:
        metadata = snapshot_metadata(snapshots[day], category)
        yield dg.AssetMaterialization(
            snapshot_key(category), partition=day.isoformat(), metadata=metadata
        )
        yield dg.AssetMaterialization(latest_snapshot_key(category), partition=day.isoformat())
    yield _latest_snapshot_check(category, newest, history, latest)


def _latest_snapshot_check(
    category: Category, newest: Snapshot | None, history: MongoHistory, latest: LatestSnapshots
) -> dg.AssetCheckEvaluation:
    """Compare both stores once `newest` was published."""
    with store_failures():
        problem = disagreement(category.id, newest, history, latest)
    return agreement_check(latest_snapshot_key(category), problem)


def reasons_by_day(refused: Mapping[date, Unavailable]) -> dict[str, str]:
    """Return the reason of each day, as the metadata of a failure hold it."""
    return {str(day): unavailable.reason for day, unavailable in refused.items()}
