"""The whole system on one screen."""

import dagster as dg

from insights_assets.assets.metrics import build_metrics
from insights_assets.assets.prefetch import prefetch
from insights_assets.assets.resources import build_resources
from insights_assets.assets.snapshot import build_latest_snapshot, build_snapshot
from insights_assets.automation.daily import daily_snapshot, daily_snapshot_schedule
from insights_assets.categories import CATEGORIES
from insights_assets.settings import load_settings

defs = dg.Definitions(
    assets=[
        prefetch,
        *[build_metrics(category) for category in CATEGORIES],
        *[build_snapshot(category) for category in CATEGORIES],
        *[build_latest_snapshot(category) for category in CATEGORIES],
    ],
    jobs=[daily_snapshot],
    schedules=[daily_snapshot_schedule],
    resources=build_resources(load_settings()),
    executor=dg.in_process_executor,
)
