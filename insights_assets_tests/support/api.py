"""What the tests of the API share: stores with a few snapshots, a Dagster that only remembers."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from redis import Redis

from insights_assets.api.app import create_app
from insights_assets.api.dagster_runs import Run
from insights_assets.api.lockout import Lockout
from insights_assets.categories import CATEGORIES
from insights_assets.local_stack import LocalStack
from insights_assets.model.category import Category
from insights_assets.model.dates import now
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.snapshot import MetricScore, Snapshot
from insights_assets.serving.service import Insights, open_insights
from insights_assets.settings import Settings
from insights_assets.storage.connections import open_history
from insights_assets.storage.indexes import Retention
from insights_assets_tests.support.category import SYNTHETIC, TWO_CATEGORIES
from insights_assets_tests.support.storage import fresh_database

CATEGORY = SYNTHETIC.id
PRODUCT = CATEGORIES[0]  # for what runs in a process of its own, as users have it
MISSING = "offerings"
TODAY = now().date()
SECRET = "s3cret-of-the-administrators"
JWT_SECRET = "a secret of the tokens that is long enough for HS256"
READ_TOKEN = "r3ad-token"


def snapshot_of(
    day: date,
    score: float = 72.5,
    *,
    created_at: datetime | None = None,
    missing: Collection[str] = (MISSING,),
    category: Category = SYNTHETIC,
) -> Snapshot:
    """A snapshot of every metric but those `missing`."""
    metrics = {
        metric.id: MetricScore(
            score, "elevated", 1.1, metric.weight, "fresh", f"{metric.title} as it was"
        )
        for metric in category.metrics
        if metric.id not in missing
    }
    return Snapshot(
        category_id=category.id,
        date=day,
        composite_score=score,
        composite_status="elevated",
        coverage=round(sum(metric.weight for metric in metrics.values()), 6),
        metrics=metrics,
        unavailable=dict.fromkeys(
            missing, Unavailable("the calendar has no history for past dates", "absent")
        ),
        source="simulator",
        run_id=f"run-of-{day}",
        created_at=created_at or datetime.now(UTC).replace(microsecond=0),
    )


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class RememberedRuns:
    """Stands for Dagster's webserver where a test is not about it."""

    def __init__(self) -> None:
        self.triggered: list[tuple[date, str | None]] = []
        self.known: dict[str, Run] = {}

    def trigger(self, day: date, category: Category | None) -> tuple[str, bool]:
        self.triggered.append((day, category.id if category else None))
        for run in self.known.values():
            if run.date == day.isoformat():
                return run.id, False
        run = Run(str(uuid4()), "queued", day.isoformat())
        self.known[run.id] = run
        return run.id, True

    def find(self, run_id: str) -> Run | None:
        return self.known.get(run_id)


def settings_on(stack: LocalStack, **changed: Any) -> Settings:
    """The settings of an API on a fresh database of the stack."""
    defaults = {
        "mongo_uri": stack.mongo_uri,
        "mongo_database": fresh_database(),
        "redis_url": stack.redis_url,
    }
    return Settings(**{**defaults, **changed})


def store(settings: Settings, *snapshots: Snapshot) -> None:
    """Write snapshots to MongoDB alone, and empty Redis."""
    with (
        open_history(
            settings.mongo_uri.get_secret_value(), settings.mongo_database, Retention()
        ) as history,
        Redis.from_url(settings.redis_url.get_secret_value()) as redis,
    ):
        history.write_snapshots(snapshots)
        redis.flushdb()


@contextmanager
def client_on(
    settings: Settings, runs: RememberedRuns | None = None, failures_per_minute: int = 1000
) -> Iterator[TestClient]:
    """A client of an API with these settings."""
    with open_insights(settings, TWO_CATEGORIES) as insights:
        yield client_of(settings, insights, runs, failures_per_minute)


def client_of(
    settings: Settings,
    insights: Insights,
    runs: RememberedRuns | None = None,
    failures_per_minute: int = 1000,
) -> TestClient:
    app = create_app(settings, insights, runs or RememberedRuns(), Lockout(failures_per_minute))
    return TestClient(app, raise_server_exceptions=False)
