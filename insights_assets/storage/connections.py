"""Opens the connections to the stores: timeouts in one place, closed by whoever opened them."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri
from redis import Redis
from redis.exceptions import RedisError
from redis.retry import Retry

from insights_assets.storage.documents import Document
from insights_assets.storage.errors import StoreRefused
from insights_assets.storage.indexes import Retention
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory
from insights_assets.storage.reasons import shortened
from insights_assets.store_urls import check_mongo_uri, check_redis_url

MONGO_TIMEOUT_SECONDS = 5
MONGO_ANSWER_SECONDS = 60
MAJORITY_SECONDS = 20  # how long a majority of a replica set is given to confirm a write
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
    """Open the database in MongoDB; its servers are not asked before it is used.

    A step reads what the step before it wrote, and "stored" means stored: whatever the URI says
    of secondaries or of unconfirmed writes, the primary is read and a majority confirms.
    """
    uri = uri.strip()
    try:
        check_mongo_uri(uri)
        parse_uri(uri, warn=False)  # unknown options are refused; the client would only warn
        client: MongoClient[Document] = MongoClient(
            uri,
            tz_aware=True,
            appname=appname,
            serverSelectionTimeoutMS=1000 * (timeout_seconds or MONGO_TIMEOUT_SECONDS),
            # Less than the wait for a server, so that its reason is known when that ends.
            connectTimeoutMS=800 * (timeout_seconds or MONGO_TIMEOUT_SECONDS),
            socketTimeoutMS=1000 * (answer_seconds or MONGO_ANSWER_SECONDS),
        )
    except (PyMongoError, OSError, ValueError, TypeError) as error:
        raise _unusable("INSIGHTS_MONGO_URI", error) from None
    with client:
        yield client.get_database(
            database,
            read_preference=ReadPreference.PRIMARY,
            write_concern=WriteConcern("majority", wtimeout=1000 * MAJORITY_SECONDS),
        )


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
        check_redis_url(url.strip())
        redis = Redis.from_url(
            url.strip(), socket_timeout=seconds, socket_connect_timeout=seconds, **pool
        )
    except (RedisError, ValueError) as error:
        raise _unusable("INSIGHTS_REDIS_URL", error) from None
    with redis:
        yield redis


@contextmanager
def open_latest(url: str, database: str) -> Iterator[LatestSnapshots]:
    """Open the latest snapshots of a database in Redis; nothing is sent before they are used."""
    with open_redis(url) as redis:
        yield LatestSnapshots(redis, database)


def _unusable(variable: str, error: Exception) -> StoreRefused:
    """Say why an address cannot be used: what the check, the driver or the file system found."""
    problem = shortened(str(error)) or type(error).__name__
    return StoreRefused(f"{variable} cannot be used: {problem}.")
