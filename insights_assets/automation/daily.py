"""The daily job and the schedule that runs it at the opening bell."""

import dagster as dg

from insights_assets.model.dates import NEW_YORK, SNAPSHOT_TIME

daily_snapshot = dg.define_asset_job(
    "daily_snapshot",
    selection=dg.AssetSelection.all(),
    description="All datasets, metrics and snapshots of a day (or of a range of days).",
    # Parallelism is inside the four steps: a process for each would cost more than it gains.
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=daily_snapshot,
    cron_schedule=f"{SNAPSHOT_TIME.minute} {SNAPSHOT_TIME.hour} * * *",
    execution_timezone=NEW_YORK.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 09:30 New York time, for the partition of that same day.",
)
def daily_snapshot_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Request the run of the day of the tick."""
    day = context.scheduled_execution_time.astimezone(NEW_YORK).date().isoformat()
    return dg.RunRequest(run_key=day, partition_key=day)
