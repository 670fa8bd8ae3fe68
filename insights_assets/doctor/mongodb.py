"""MongoDB: connection, rights one by one, indexes, retention, documents, clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from insights_assets.doctor.finding import Finding, Verdict, tried
from insights_assets.model.dates import CLOCKS_DIFFER
from insights_assets.settings import Settings
from insights_assets.storage.connections import open_database
from insights_assets.storage.documents import EPOCH, Document, snapshot_of
from insights_assets.storage.errors import StoreError
from insights_assets.storage.indexes import (
    METRICS,
    NAMED_BY,
    SNAPSHOTS,
    WRITTEN_AT,
    Retention,
    is_unique,
    unique_keys,
)
from insights_assets.storage.mongo import is_ours
from insights_assets.storage.mongo_errors import MIGRATE, address, mongo_errors

AREA = "MongoDB"
DRIFT = timedelta(minutes=1)
# Overwritten by the next examination and expired by the TTL index if it may not be removed.
PROBE = {"_id": "insights doctor", "asset_key": "insights doctor", "date": EPOCH}
NO_INDEX = "insights_doctor_none"


def examine_mongodb(settings: Settings) -> Iterator[Finding]:
    """Look at the database of the settings; what is written for it is removed again."""
    uri = settings.mongo_uri.get_secret_value()
    retention = Retention(settings.dataset_retention_days, settings.snapshot_retention_days)
    try:
        with open_database(uri, settings.mongo_database) as database:
            yield _connection(database, uri)
            yield from _rights(database)
            yield from _indexes(database, retention)
            yield from _documents(database)
    except StoreError as error:
        yield Finding(AREA, "connection", "wrong", str(error))


def _connection(database: Database[Document], uri: str) -> Finding:
    with mongo_errors(database, "looking at it"):
        hello = database.command("hello")
        try:
            version = f"version {database.command('buildInfo').get('version', 'unknown')}"
        except PyMongoError:
            version = "version unknown"
    tls = "TLS" if parse_uri(uri)["options"].get("tls") else "no TLS"
    name = hello.get("setName")
    kind = f"replica set {name}" if name else "no replica set"
    ahead = datetime.now(UTC) - _utc(hello.get("localTime"))
    connected = f"{address(database)} answers ({version}, {tls}, {kind}), database {database.name}"
    if abs(ahead) > DRIFT:
        verdict: Verdict = "wrong" if abs(ahead) > CLOCKS_DIFFER else "warning"
        minutes = ahead / timedelta(minutes=1)
        clocks = f"{connected}; our clock is {minutes:+.0f} minutes from its"
        return Finding(AREA, "clock", verdict, clocks, "set the clocks of both by NTP")
    return Finding(AREA, "connection", "ok", f"{connected}; the clocks agree")


def _rights(database: Database[Document]) -> Iterator[Finding]:
    metrics = database[METRICS]

    def write() -> None:
        metrics.replace_one(
            {"_id": PROBE["_id"]}, {**PROBE, "written_at": datetime.now(UTC)}, upsert=True
        )

    def right(
        name: str, use: Callable[[], object], needed_for: str = "", allowed: tuple[int, ...] = ()
    ) -> Finding:
        def doing() -> None:
            with mongo_errors(database, name):
                try:
                    use()
                except OperationFailure as error:
                    if error.code not in allowed:
                        raise

        failing: Verdict = "warning" if needed_for else "wrong"
        unless = f"it is needed for {needed_for}" if needed_for else ""
        return tried(AREA, f"right {name}", doing, failing=failing, unless=unless)

    # That an index differs or is not there is told below; here only the right counts.
    missing = (26, 27, 72, 85, 86, 11000)
    yield right("find", lambda: metrics.find_one({"_id": PROBE["_id"]}))
    yield right("insert and update", write)
    yield right("remove", lambda: metrics.delete_one({"_id": PROBE["_id"]}), "`insights migrate`")
    yield right(
        "createIndex",
        lambda: metrics.create_index(unique_keys(METRICS), unique=True),
        "the first run on a database",
        missing,
    )
    yield right(
        "dropIndex",
        lambda: metrics.drop_index(NO_INDEX),
        "a retention of 0 and `insights migrate`",
        missing,
    )
    yield right(
        "collMod",
        lambda: database.command("collMod", METRICS, **_same_retention(database)),
        "a changed retention",
        missing,
    )


def _same_retention(database: Database[Document]) -> dict[str, Any]:
    """Return the change of the TTL index that changes nothing."""
    seconds = _expires_after(database, METRICS)
    if seconds is None:
        return {}
    return {"index": {"keyPattern": {WRITTEN_AT[METRICS]: 1}, "expireAfterSeconds": seconds}}


def _indexes(database: Database[Document], retention: Retention) -> Iterator[Finding]:
    with mongo_errors(database, "reading its indexes"):
        for name in NAMED_BY:
            subject = f"index of {name}"
            if is_unique(database[name]):
                yield Finding(AREA, subject, "ok", "one document a day")
            elif database[name].find_one({}, {"_id": 1}) is None:
                yield Finding(AREA, subject, "ok", "the first run creates it")
            else:
                missing = "there is no unique index of its days"
                yield Finding(AREA, subject, "wrong", missing, MIGRATE)
            yield _retention(database, name, retention.days(name))


def _retention(database: Database[Document], name: str, days: int) -> Finding:
    seconds = _expires_after(database, name)
    held = seconds // 86_400 if seconds is not None else 0
    period = f"{held} days" if held else "forever"
    if held == days or database[name].find_one({}, {"_id": 1}) is None:
        return Finding(AREA, f"retention of {name}", "ok", f"{days} days" if days else "forever")
    wanted = f"{days} days" if days else "forever"
    difference = f"documents are kept {period}, the environment says {wanted}"
    return Finding(AREA, f"retention of {name}", "warning", difference, "the next run changes it")


def _expires_after(database: Database[Document], name: str) -> int | None:
    for index in database[name].index_information().values():
        if index["key"] == [(WRITTEN_AT[name], 1)] and "expireAfterSeconds" in index:
            return int(index["expireAfterSeconds"])
    return None


def _documents(database: Database[Document]) -> Iterator[Finding]:
    foreign, damaged, sources, stored = [], [], set(), 0
    with mongo_errors(database, "reading the snapshots"):
        for document in database[SNAPSHOTS].find():
            if not is_ours(document["_id"]):
                foreign.append(str(document["_id"]))
                continue
            try:
                sources.add(snapshot_of(document).source)
                stored += 1
            except ValueError:
                damaged.append(str(document["_id"]))
    counts = f"{stored} snapshots" + (f" of {', '.join(sorted(sources))}" if sources else "")
    yield Finding(AREA, "snapshots", "ok", counts)
    if damaged:
        left_out = f"{len(damaged)} cannot be read and are left out: {_some(damaged)}"
        yield Finding(AREA, "snapshots", "warning", left_out, "materialize their days again")
    if foreign:
        left_out = f"{len(foreign)} documents are not ours and are left out: {_some(foreign)}"
        yield Finding(AREA, "snapshots", "warning", left_out, MIGRATE)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _utc(value: object) -> datetime:
    if not isinstance(value, datetime):
        return datetime.now(UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
