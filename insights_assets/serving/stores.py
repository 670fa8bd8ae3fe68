"""The stores as a server opens them: short timeouts, a connection for each thread, a breaker."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from pymongo.database import Database
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from insights_assets.model.category import Category
from insights_assets.model.outcomes import MetricOutcome
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.circuit_breaker import CircuitBreaker
from insights_assets.storage.connections import open_database, open_redis
from insights_assets.storage.documents import Document
from insights_assets.storage.indexes import Retention
from insights_assets.storage.latest import LatestSnapshots, Look
from insights_assets.storage.mongo import MongoHistory

# A healthy Redis answers in a millisecond; a request that waited longer is served by MongoDB.
REDIS_TIMEOUT_SECONDS = 0.25
MONGO_TIMEOUT_SECONDS = 2
MONGO_ANSWER_SECONDS = 10  # ten years of snapshots take about one
CONNECTIONS = 64  # more than the threads that serve requests, so that none waits for another


class ServedLatest(LatestSnapshots):
    """The latest snapshots in Redis, which may be unavailable."""

    def __init__(self, redis: Redis, database: str, breaker: CircuitBreaker | None = None) -> None:
        super().__init__(redis, database)
        self._breaker = breaker or CircuitBreaker()

    def publish(self, snapshot: Snapshot, now: datetime) -> bool:
        """Replace what is held, unless it is newer; return whether it was replaced."""
        with self._breaker.guard():
            return super().publish(snapshot, now)

    def look(self, category_id: str) -> Look:
        """Return what is held, and whether it can still be replaced."""
        with self._breaker.guard():
            return super().look(category_id)


class ServedHistory(MongoHistory):
    """The history in MongoDB, which may be unavailable; it is only read here."""

    def __init__(self, database: Database[Document], breaker: CircuitBreaker | None = None) -> None:
        super().__init__(database, Retention())
        self._breaker = breaker or CircuitBreaker()

    def newest_snapshot(self, category_id: str) -> Snapshot | None:
        """Return the snapshot of the newest day, if there is any."""
        with self._breaker.guard():
            return super().newest_snapshot(category_id)

    def snapshots(self, category_id: str, first: date, last: date) -> list[Snapshot]:
        """Return the snapshots from `first` to `last`, newest first."""
        with self._breaker.guard():
            return super().snapshots(category_id, first, last)

    def metric_outcomes(self, category: Category, day: date) -> dict[str, MetricOutcome]:
        """Return what is stored of the metrics of a category on a day, by the metric's id."""
        with self._breaker.guard():
            return super().metric_outcomes(category, day)


@contextmanager
def open_served_history(uri: str, database: str) -> Iterator[ServedHistory]:
    """Open the history for a server; nothing is sent before it is used."""
    with open_database(
        uri,
        database,
        appname="insights_assets_api",
        timeout_seconds=MONGO_TIMEOUT_SECONDS,
        answer_seconds=MONGO_ANSWER_SECONDS,
    ) as opened:
        yield ServedHistory(opened)


@contextmanager
def open_served_latest(url: str, database: str) -> Iterator[ServedLatest]:
    """Open the latest snapshots for a server; nothing is sent before they are used."""
    with open_redis(
        url,
        timeout_seconds=REDIS_TIMEOUT_SECONDS,
        max_connections=CONNECTIONS,
        retry=Retry(NoBackoff(), 0),  # MongoDB is the second try
    ) as redis:
        yield ServedLatest(redis, database)
