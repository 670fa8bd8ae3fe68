"""The stores and the vendor that everything is measured on, as a user's environment names them."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from redis import Redis

from insights_assets.api.examples import SNAPSHOT
from insights_assets.categories import CATEGORIES
from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import now
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets.storage.indexes import Retention
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory

CATEGORY = CATEGORIES[0]
LATENCY_MS = 400


@dataclass(frozen=True, slots=True)
class World:
    """A running stack and simulator, and a folder that is gone afterwards."""

    stack: LocalStack
    simulator: SimulatorServer
    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment that leads a process here; the vendor's quota is not what is measured."""
        return {
            "INSIGHTS_MONGO_URI": self.stack.mongo_uri,
            "INSIGHTS_REDIS_URL": self.stack.redis_url,
            "INSIGHTS_REQUESTS_PER_MINUTE": "100000",
            "ALPHA_VANTAGE_BASE_URL": self.simulator.base_url,
            "ALPHA_VANTAGE_API_KEY": "any",
            "FRED_BASE_URL": self.simulator.fred_url,
            "FRED_API_KEY": "any",
            "INSIGHTS_CATEGORIES": "ai_sector_risk",
        }

    def forget(self) -> None:
        """Empty Redis and the count of requests: what follows begins without cached answers."""
        with Redis.from_url(self.stack.redis_url) as redis:
            redis.flushall()
        self.simulator.reset()


@contextmanager
def world(latency_ms: int = LATENCY_MS) -> Iterator[World]:
    """Start a stack and a simulator, and lead this process to them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(Path(folder) / "stack", 0, 0) as stack,
        SimulatorServer(SimulatorOptions(latency_ms=latency_ms)) as simulator,
    ):
        built = World(stack, simulator, Path(folder))
        before = dict(os.environ)
        os.environ.update(built.environment)
        try:
            yield built
        finally:
            os.environ.clear()
            os.environ.update(before)


def fill(here: World, days: int) -> None:
    """Store a snapshot of each of the last `days` days, and publish today's."""
    today = now().date()
    snapshots = [replace(SNAPSHOT, date=today - timedelta(days=age)) for age in range(days)]
    with (
        MongoClient[dict[str, Any]](here.stack.mongo_uri, tz_aware=True) as mongo,
        Redis.from_url(here.stack.redis_url) as redis,
    ):
        MongoHistory(mongo["insights"], Retention()).write_snapshots(snapshots)
        LatestSnapshots(redis, "insights").publish(snapshots[0], datetime.now(UTC))
