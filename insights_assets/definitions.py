"""The whole system on one screen."""

import dagster as dg

from insights_assets.assets.metrics import build_metrics
from insights_assets.assets.prefetch import prefetch
from insights_assets.assets.progress import Progress, StepLog
from insights_assets.assets.resources import build_resources
from insights_assets.assets.snapshot import build_latest_snapshot, build_snapshot
from insights_assets.automation.daily import daily_snapshot, daily_snapshot_schedule
from insights_assets.categories import CATEGORIES
from insights_assets.settings import Settings, load_settings


def build_definitions(settings: Settings, progress: Progress | None = None) -> dg.Definitions:
    """Put everything together; `progress` hears how far long runs are, the step's log if None."""
    return dg.Definitions(
        assets=[
            prefetch,
            *[build_metrics(category) for category in CATEGORIES],
            *[build_snapshot(category) for category in CATEGORIES],
            *[build_latest_snapshot(category) for category in CATEGORIES],
        ],
        jobs=[daily_snapshot],
        schedules=[daily_snapshot_schedule],
        resources={**build_resources(settings), "progress": progress or StepLog()},
        executor=dg.in_process_executor,
    )


defs = build_definitions(load_settings())
