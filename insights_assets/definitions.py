"""The whole system on one screen."""

from collections.abc import Sequence

import dagster as dg

from insights_assets.active_categories import active, skipped
from insights_assets.assets.metrics import build_metrics
from insights_assets.assets.prefetch import build_prefetch
from insights_assets.assets.progress import Progress, StepLog
from insights_assets.assets.resources import build_resources
from insights_assets.assets.snapshot import build_latest_snapshot, build_snapshot
from insights_assets.automation.alerts import build_alert_sensors
from insights_assets.automation.daily import (
    build_daily_schedule,
    build_daily_snapshot,
    build_deadline_check,
    deadline_check_schedule,
)
from insights_assets.automation.executor import run_executor
from insights_assets.automation.repair import build_repair_sensor, build_snapshot_repair
from insights_assets.defs import load_own
from insights_assets.model.category import Category
from insights_assets.settings import Settings, load_settings


def build_definitions(
    settings: Settings,
    progress: Progress | None = None,
    categories: Sequence[Category] | None = None,
) -> dg.Definitions:
    """Put everything together; `progress` hears how far long runs are, the step's log if None.

    `categories` are those that can run here, if none are named.
    """
    categories = active(settings) if categories is None else categories
    return dg.Definitions(
        assets=[
            build_prefetch(categories),
            build_metrics(categories),
            *[build_snapshot(category) for category in categories],
            *[build_latest_snapshot(category) for category in categories],
        ],
        jobs=[
            build_daily_snapshot(categories),
            build_snapshot_repair(categories),
            build_deadline_check(categories),
        ],
        schedules=[build_daily_schedule(settings), deadline_check_schedule],
        sensors=[
            build_repair_sensor(settings, categories),
            *build_alert_sensors(settings, categories),
        ],
        resources={**build_resources(settings), "progress": progress or StepLog()},
        executor=run_executor,
        metadata=skipped(settings),  # the UI shows it with the code location
    )


defs = dg.Definitions.merge(build_definitions(load_settings()), load_own())
