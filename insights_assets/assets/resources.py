"""The resources: what the assets reach the vendor and the stores through."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import dagster as dg
from pydantic import Field

from insights_assets.datasets.manager import Vendors
from insights_assets.model.api_keys import clean_key
from insights_assets.model.outcomes import VendorId
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


class MongoResource(dg.ConfigurableResource[MongoHistory]):
    """The history in MongoDB; retention in days, 0 keeps forever."""

    uri: str = Field(repr=False)
    database: str
    dataset_retention_days: int
    snapshot_retention_days: int

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[MongoHistory]:  # noqa: ARG002
        """Open the history for one run."""
        retention = Retention(self.dataset_retention_days, self.snapshot_retention_days)
        with open_history(self.uri, self.database, retention) as history:
            yield history


class RedisResource(dg.ConfigurableResource[LatestSnapshots]):
    """The latest snapshots of a database in Redis."""

    url: str = Field(repr=False)
    database: str

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[LatestSnapshots]:  # noqa: ARG002
        """Open the latest snapshots for one run."""
        with open_latest(self.url, self.database) as latest:
            yield latest


class AccessConfig(dg.Config):
    """How one vendor is reached: where it is, with which key, and what its plan grants."""

    base_url: str
    api_key: str = Field(repr=False)
    requests_per_minute: int
    plan: str = ""


class VendorsResource(dg.ConfigurableResource[Vendors]):
    """How each vendor is reached, by its id, and the Redis that caches their answers."""

    accesses: dict[str, AccessConfig]
    fetch_deadline_seconds: float
    cache_url: str = Field(repr=False)

    def create_resource(self, context: dg.InitResourceContext) -> Vendors:  # noqa: ARG002
        """Return the vendors; nothing is opened before one is asked."""
        accesses = {
            id_: Access(
                access.base_url, clean_key(access.api_key), access.requests_per_minute, access.plan
            )
            for id_, access in self.accesses.items()
        }
        return Vendors(
            cast("dict[VendorId, Access]", accesses), self.fetch_deadline_seconds, self.cache_url
        )


def build_resources(settings: Settings) -> dict[str, Any]:
    """Return every resource and IO manager by its key.

    What may hold a secret is passed by the name of its variable where it is set: the UI shows the
    configuration of resources.
    """
    redis_url = _by_name("INSIGHTS_REDIS_URL", settings.redis_url.get_secret_value())
    # Configured at launch, a resource is opened once a run and shared with the IO managers.
    history = cast(
        "dg.ConfigurableResource[MongoHistory]",
        MongoResource.configure_at_launch(
            uri=_by_name("INSIGHTS_MONGO_URI", settings.mongo_uri.get_secret_value()),
            database=settings.mongo_database,
            dataset_retention_days=settings.dataset_retention_days,
            snapshot_retention_days=settings.snapshot_retention_days,
        ),
    )
    latest = cast(
        "dg.ConfigurableResource[LatestSnapshots]",
        RedisResource.configure_at_launch(url=redis_url, database=settings.mongo_database),
    )
    return {
        "history": history,
        "latest": latest,
        "vendors": VendorsResource(
            accesses={
                "alpha_vantage": AccessConfig(
                    base_url=settings.base_url,
                    api_key=_by_name("ALPHA_VANTAGE_API_KEY", ""),
                    requests_per_minute=settings.requests_per_minute,
                    plan=settings.alpha_vantage_plan,
                ),
                "fred": AccessConfig(
                    base_url=settings.fred_base_url,
                    api_key=_by_name("FRED_API_KEY", ""),
                    requests_per_minute=fred.REQUESTS_PER_MINUTE,
                ),
            },
            fetch_deadline_seconds=settings.fetch_deadline_seconds,
            cache_url=redis_url,
        ),
        "datasets": DatasetIOManager(history=history),
        "metrics": MetricIOManager(history=history),
        "snapshots": SnapshotIOManager(history=history),
        "latest_snapshots": LatestSnapshotIOManager(latest=latest),
    }


def _by_name(variable: str, default: str) -> str:
    return dg.EnvVar(variable) if os.environ.get(variable) else default
