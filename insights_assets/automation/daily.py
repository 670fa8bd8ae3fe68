"""The daily job, the schedule that runs it at the opening bell, and the look whether it has."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeAlias

import dagster as dg

from insights_assets.assets.checks import TODAY_EXISTS
from insights_assets.assets.keys import MARKET_DATA, snapshot_key
from insights_assets.automation.executor import run_executor
from insights_assets.model.category import Category
from insights_assets.model.dates import DEADLINE, NEW_YORK, SNAPSHOT_TIME, now
from insights_assets.settings import Settings

RUN_OF_A_DAY = {
    "dagster/priority": "10",  # before backfills
    # It takes seconds, or eleven minutes where a backfill leaves it one request a minute. What
    # counts as running after twenty was lost with its machine: it frees its slot and is retried.
    "dagster/max_runtime": "1200",
}

ON_TIME = timedelta(minutes=1)
"""What a tick may wait for the daemon that is there."""

AssetJob: TypeAlias = Any  # Dagster has no public name for what define_asset_job returns

DAILY_SNAPSHOT = "daily_snapshot"
DEADLINE_CHECK = "deadline_check"


def own_assets(categories: Sequence[Category]) -> dg.AssetSelection:
    """Select everything of the categories and nothing else, whatever is in this code location."""
    return dg.AssetSelection.groups(MARKET_DATA, *[category.id for category in categories])


def build_daily_snapshot(categories: Sequence[Category]) -> AssetJob:
    """Build the job that makes everything of a day, or of a range of days."""
    return dg.define_asset_job(
        DAILY_SNAPSHOT,
        # The steps evaluate the checks all the same: to plan each of them would cost an event.
        selection=own_assets(categories) - dg.AssetSelection.all_asset_checks(),
        description="All datasets, metrics and snapshots of a day (or of a range of days).",
        # Parallelism is inside the four steps: a process for each would cost more than it gains.
        executor_def=run_executor,
    )


def build_daily_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Build the schedule that requests the run of a day when it is time for its snapshot."""
    late = max(timedelta(minutes=settings.repair_grace_minutes), ON_TIME)

    @dg.schedule(
        name="daily_snapshot_schedule",
        job_name=DAILY_SNAPSHOT,
        cron_schedule=f"{SNAPSHOT_TIME.minute} {SNAPSHOT_TIME.hour} * * *",
        execution_timezone=NEW_YORK.key,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            f"Every day at {SNAPSHOT_TIME:%H:%M} New York time, for the partition of that day."
        ),
    )
    def daily_snapshot_schedule(
        context: dg.ScheduleEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        """Request the run of the day of the tick, which the repair does where the tick is late."""
        tick = context.scheduled_execution_time
        day = tick.astimezone(NEW_YORK).date().isoformat()
        # After a downtime both find today missing at the same moment: one of them has to leave it.
        if now() - tick >= late:
            return dg.SkipReason(
                f"The daemon was down at the tick of {day}: snapshot_repair_sensor makes up for it."
            )
        return dg.RunRequest(run_key=day, partition_key=day, tags=RUN_OF_A_DAY)

    return daily_snapshot_schedule


def build_deadline_check(categories: Sequence[Category]) -> AssetJob:
    """Build the job that looks whether today's snapshots are there."""
    today = [dg.AssetCheckKey(snapshot_key(category), TODAY_EXISTS) for category in categories]
    return dg.define_asset_job(
        DEADLINE_CHECK,
        selection=dg.AssetSelection.checks(*today),
        description="Looks whether today's snapshot is there.",
        executor_def=dg.in_process_executor,
    )


deadline_check_schedule = dg.ScheduleDefinition(
    name="deadline_check_schedule",
    job_name=DEADLINE_CHECK,
    cron_schedule=f"{DEADLINE.minute} {DEADLINE.hour} * * *",
    execution_timezone=NEW_YORK.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description=f"Every day at {DEADLINE:%H:%M} New York time, when the snapshot should be there.",
)
