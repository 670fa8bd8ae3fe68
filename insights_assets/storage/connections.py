"""Opens the connections to the stores: timeouts in one place, closed by whoever opened them."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError
from redis import Redis
from redis.retry import Retry

from insights_assets.storage.documents import Document
from insights_assets.storage.errors import StoreRefused
from insights_assets.storage.indexes import Retention
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory

MONGO_TIMEOUT_SECONDS = 5
MONGO_ANSWER_SECONDS = 60
REDIS_TIMEOUT_SECONDS = 2


@contextmanager
def open_database(
    uri: str,
    database: str,
    *,
    appname: str = "insights_assets",
    timeout_seconds: float | None = None,
    answer_seconds: float | None = None,
) -> Iterator[Database[Document]]:
    """Open the database in MongoDB; nothing is sent before it is used."""
    try:
        client: MongoClient[Document] = MongoClient(
            uri,
            tz_aware=True,
            appname=appname,
            serverSelectionTimeoutMS=1000 * (timeout_seconds or MONGO_TIMEOUT_SECONDS),
            connectTimeoutMS=1000 * (timeout_seconds or MONGO_TIMEOUT_SECONDS),
            socketTimeoutMS=1000 * (answer_seconds or MONGO_ANSWER_SECONDS),
        )
    except (PyMongoError, ValueError) as error:
        raise StoreRefused(
            f"INSIGHTS_MONGO_URI cannot be used ({type(error).__name__}): write it as"
            " mongodb://user:password@host:port."
        ) from None
    with client:
        yield client[database]


@contextmanager
def open_history(uri: str, database: str, retention: Retention) -> Iterator[MongoHistory]:
    """Open the history in MongoDB; nothing is sent before it is used."""
    with open_database(uri, database) as opened:
        yield MongoHistory(opened, retention)


@contextmanager
def open_redis(
    url: str,
    *,
    timeout_seconds: float | None = None,
    max_connections: int | None = None,
    retry: Retry | None = None,
) -> Iterator[Redis]:
    """Open Redis, with its client's own retries unless told; nothing is sent before it is used."""
    seconds = timeout_seconds or REDIS_TIMEOUT_SECONDS
    pool = {"max_connections": max_connections, **({"retry": retry} if retry else {})}
    try:
        redis = Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds, **pool)
    except ValueError as error:
        raise StoreRefused(
            f"INSIGHTS_REDIS_URL cannot be used ({type(error).__name__}): write it as"
            " redis://user:password@host:port/0."
        ) from None
    with redis:
        yield redis


@contextmanager
def open_latest(url: str) -> Iterator[LatestSnapshots]:
    """Open the latest snapshots in Redis; nothing is sent before they are used."""
    with open_redis(url) as redis:
        yield LatestSnapshots(redis)
