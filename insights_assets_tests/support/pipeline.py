"""Runs the real job in this process against real stores and a simulator, both over sockets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import dagster as dg
import pytest
from pymongo import MongoClient
from redis import Redis

from insights_assets.categories import CATEGORIES, FOLDERS
from insights_assets.definitions import build_definitions
from insights_assets.local_stack import LocalStack
from insights_assets.model.category import Category
from insights_assets.settings import load_settings
from insights_assets.simulator import SimulatorServer

API_KEY = "K3Y0F4T3STER"
FRED_API_KEY = "k3y0f4t3ster".ljust(32, "0")

VOLATILE = ("_id", "run_id", "created_at", "written_at", "fetched_at", "cached_at", "database")


@dataclass
class Pipeline:
    """The daily job on a fresh database and an empty Redis; `simulator` can be exchanged."""

    stack: LocalStack
    simulator: SimulatorServer
    categories: Sequence[Category] = CATEGORIES[:1]  # generic tests take the synthetic one
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)
    database: str = field(default_factory=lambda: f"test_{uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        client = MongoClient[dict[str, Any]](self.stack.mongo_uri, tz_aware=True)
        self.mongo = client[self.database]
        self.redis = Redis.from_url(self.stack.redis_url)
        self.redis.flushall()
        self.simulator.reset()

    def close(self) -> None:
        self.instance.dispose()
        self.mongo.client.close()
        self.redis.close()

    @property
    def environment(self) -> dict[str, str]:
        """The environment that leads a process to this pipeline's stores and simulator.

        It runs the product's categories among the pipeline's; of those made for tests it knows
        none, and runs the first of its own.
        """
        ids = [category.id for category in self.categories]
        return {
            "INSIGHTS_MONGO_URI": self.stack.mongo_uri,
            "INSIGHTS_MONGO_DATABASE": self.database,
            "INSIGHTS_REDIS_URL": self.stack.redis_url,
            "INSIGHTS_FETCH_DEADLINE_SECONDS": "4",
            "INSIGHTS_REQUESTS_PER_MINUTE": "10000",
            "ALPHA_VANTAGE_BASE_URL": self.simulator.base_url,
            "ALPHA_VANTAGE_API_KEY": API_KEY,
            "FRED_BASE_URL": self.simulator.fred_url,
            "FRED_API_KEY": FRED_API_KEY,
            "INSIGHTS_CATEGORIES": ",".join(id_ for id_ in ids if id_ in FOLDERS) or FOLDERS[0],
        }

    def run(
        self,
        first: date,
        last: date | None = None,
        *,
        select: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run the job for a day or a range, wholly or for the selected assets."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**self.environment, **(env or {})}.items():
                patch.setenv(name, value)
            definitions = build_definitions(load_settings(), categories=self.categories)
            job = definitions.resolve_job_def("daily_snapshot")
            return job.execute_in_process(
                instance=self.instance,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
                partition_key=None if last else first.isoformat(),
                tags={
                    "dagster/asset_partition_range_start": first.isoformat(),
                    "dagster/asset_partition_range_end": last.isoformat(),
                }
                if last
                else None,
                asset_selection=_keys(select) if select else None,
            )

    @property
    def latest_key(self) -> str:
        """The key of the latest snapshot of the first category in Redis."""
        return f"{self.database}:{self.categories[0].id}:latest"

    def snapshot(self, day: date) -> dict[str, Any] | None:
        """The stored document of a day."""
        return self.mongo.insight_snapshots.find_one(
            {"date": datetime(day.year, day.month, day.day, tzinfo=UTC)}, {"_id": 0}
        )


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """The sentence that the failed step gives."""
    failed = [event for event in result.all_events if event.is_step_failure]
    failure = failed[0].step_failure_data.user_failure_data
    sentence = failure.description if failure else None
    assert sentence, failed[0].step_failure_data.error
    return sentence


def failed_checks(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """The failed asset checks, as `asset:check`, with their findings."""
    return {
        f"{check.asset_key.to_user_string()}:{check.check_name}": check.description or ""
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def documents_of(pipeline: Pipeline, day: date | None = None) -> dict[str, list[dict[str, Any]]]:
    """Everything that is stored, or for a day, without run ids and times of writing."""
    wanted = {"date": datetime(day.year, day.month, day.day, tzinfo=UTC)} if day else {}
    return {
        name: [
            without_volatile(document)
            for document in pipeline.mongo[name].find(wanted).sort([("asset_key", 1), ("date", 1)])
        ]
        for name in ("insight_snapshots", "insight_metrics", "insight_datasets")
    }


def without_volatile(document: Mapping[str, Any]) -> dict[str, Any]:
    """What two runs over the same history have in common."""
    return {name: value for name, value in document.items() if name not in VOLATILE}


def _keys(select: str) -> list[dg.AssetKey]:
    return [dg.AssetKey.from_user_string(key) for key in select.split()]
