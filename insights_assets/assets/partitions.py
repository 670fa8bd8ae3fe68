"""What all assets have in common: a partition for each New York day, the run's length, owners."""

from datetime import date

import dagster as dg

from insights_assets.model.dates import NEW_YORK, parse_day
from insights_assets.settings import load_settings

_SETTINGS = load_settings()

OWNERS = list(_SETTINGS.owners)

DAILY = dg.DailyPartitionsDefinition(
    start_date=_SETTINGS.first_day.isoformat(),
    timezone=NEW_YORK.key,
    end_offset=1,  # the partition of a day exists on that day, not only after it
)

# The tags by which Dagster names the day of a run, or the first and the last day of a range.
PARTITION_TAG = "dagster/partition"
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")

# A year is four runs: a crash costs a quarter at most.
BACKFILL_POLICY = dg.BackfillPolicy.multi_run(max_partitions_per_run=92)


def days_of(context: dg.AssetExecutionContext) -> list[date]:
    """Return the days of the run: one, or all of a range."""
    if not (context.has_partition_key or context.has_partition_key_range):
        raise dg.Failure(
            "The run names no day. Give it a partition, as `dg launch --job daily_snapshot"
            " --partition 2026-03-12` does.",
            allow_retries=False,
        )
    return [parse_day(key) for key in context.partition_keys]
