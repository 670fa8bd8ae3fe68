"""The resources: what the assets reach the vendor and the stores through.

They have no configuration of Dagster's: the environment says it all, and the launchpad would show
connections that nobody edits there.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import dagster as dg

from insights_assets.datasets.manager import Vendors
from insights_assets.settings import Settings
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.indexes import Retention
from insights_assets.storage.io_managers import (
    DatasetIOManager,
    LatestSnapshotIOManager,
    MetricIOManager,
    SnapshotIOManager,
)
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory
from insights_assets.vendors.fred import wire as fred
from insights_assets.vendors.wire import Access

NONE: dict[str, dg.Field] = {}  # run configuration that names a connection is refused
KeepsInHistory: TypeAlias = Callable[[MongoHistory], dg.IOManager]


def build_resources(settings: Settings) -> dict[str, dg.ResourceDefinition]:
    """Return every resource and IO manager by its key; each is opened once a run."""
    redis_url = settings.redis_url.get_secret_value()
    retention = Retention(settings.dataset_retention_days, settings.snapshot_retention_days)

    @dg.resource(NONE, description="The history in MongoDB.")
    def history(_context: dg.InitResourceContext) -> Iterator[MongoHistory]:
        uri = settings.mongo_uri.get_secret_value()
        with open_history(uri, settings.mongo_database, retention) as opened:
            yield opened

    @dg.resource(NONE, description="The latest snapshots in Redis.")
    def latest(_context: dg.InitResourceContext) -> Iterator[LatestSnapshots]:
        with open_latest(redis_url, settings.mongo_database) as opened:
            yield opened

    @dg.resource(
        NONE, description="How each vendor is reached; nothing is opened before one is asked."
    )
    def vendors(_context: dg.InitResourceContext) -> Vendors:
        return Vendors(
            {
                "alpha_vantage": Access(
                    settings.base_url,
                    settings.api_key.get_secret_value(),
                    settings.requests_per_minute,
                    settings.alpha_vantage_plan,
                ),
                "fred": Access(
                    settings.fred_base_url,
                    settings.fred_api_key.get_secret_value(),
                    fred.REQUESTS_PER_MINUTE,
                ),
            },
            settings.fetch_deadline_seconds,
            redis_url,
        )

    @dg.io_manager(NONE, required_resource_keys={"latest"}, description="Publishes to Redis.")
    def latest_snapshots(context: dg.InitResourceContext) -> dg.IOManager:
        return LatestSnapshotIOManager(context.resources.latest)

    return {
        "history": history,
        "latest": latest,
        "vendors": vendors,
        "datasets": _in_history(DatasetIOManager),
        "metrics": _in_history(MetricIOManager),
        "snapshots": _in_history(SnapshotIOManager),
        "latest_snapshots": latest_snapshots,
    }


def _in_history(make: KeepsInHistory) -> dg.IOManagerDefinition:
    @dg.io_manager(NONE, required_resource_keys={"history"}, description="Keeps values in MongoDB.")
    def manager(context: dg.InitResourceContext) -> dg.IOManager:
        return make(context.resources.history)

    return manager
