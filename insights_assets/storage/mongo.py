"""History in MongoDB: one document for each category and day, or each asset and day.

Every write is a bulk upsert, so that a re-run, a retry or two runs at once leave one document.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from insights_assets.model.dates import CLOCKS_DIFFER, days_between, now
from insights_assets.model.outcomes import Source
from insights_assets.model.snapshot import Snapshot
from insights_assets.model.stored import StoredDataset
from insights_assets.storage.documents import (
    DATASET_STATE,
    Document,
    midnight,
    snapshot_document,
    snapshot_of,
    stored_dataset,
)
from insights_assets.storage.errors import MixedSources, StoreRefused
from insights_assets.storage.indexes import DATASETS, SNAPSHOTS, Retention, ensure_indexes
from insights_assets.storage.mongo_errors import mongo_errors

T = TypeVar("T")

VENDOR, STAND_INS = ("alpha_vantage",), ("simulator", "replay")
DUPLICATE_KEY = 11000


class MongoHistory:
    """The three collections of one database; their indexes are made before the first write."""

    def __init__(self, database: Database[Document], retention: Retention) -> None:
        self._database = database
        self._snapshots = database[SNAPSHOTS]
        self._retention = retention
        self._indexed = False

    def write_values(
        self, collection: str, asset_key: str, documents: Mapping[date, Document], run_id: str
    ) -> None:
        """Upsert the value of one asset on each day."""
        common = {"asset_key": asset_key, "run_id": run_id, "written_at": datetime.now(UTC)}
        writes = [
            ReplaceOne(
                {"_id": _id(asset_key, day)},
                {"_id": _id(asset_key, day), **common, "date": midnight(day), **document},
                upsert=True,
            )
            for day, document in documents.items()
        ]
        self._ensure_indexes()
        with self._errors(f"writing {asset_key}"):
            # Two first writes at once can both try to insert: the second try finds the document.
            if _duplicates(self._database[collection], writes):
                self._database[collection].bulk_write(writes, ordered=False)

    def read_values(
        self,
        collection: str,
        asset_key: str,
        first: date,
        last: date,
        read: Callable[[Document], T],
    ) -> dict[date, T]:
        """Return the stored values of one asset from `first` to `last`, by day."""
        days = {_id(asset_key, day): day for day in days_between(first, last)}
        with self._errors(f"reading {asset_key}"):
            found = list(self._database[collection].find({"_id": {"$in": list(days)}}))
        return {days[document["_id"]]: read(document) for document in found}

    def dataset_states(
        self, asset_keys: Sequence[str], first: date, last: date
    ) -> dict[tuple[str, date], StoredDataset]:
        """Return what became of datasets from `first` to `last`, without their columns."""
        days = days_between(first, last)
        wanted = {_id(key, day): (key, day) for key in asset_keys for day in days}
        with self._errors("reading the state of the datasets"):
            found = list(
                self._database[DATASETS].find({"_id": {"$in": list(wanted)}}, DATASET_STATE)
            )
        return {wanted[document["_id"]]: stored_dataset(document) for document in found}

    def write_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Upsert snapshots; an older computation never replaces a newer one of the same day.

        One from the future is of a wrong clock, and would else stay until that future has come.
        """
        self.refuse_mixing({snapshot.source for snapshot in snapshots})
        writes = []
        for snapshot in snapshots:
            same_day = {"_id": _id(snapshot.category_id, snapshot.date)}
            older = {
                "$or": [
                    {"created_at": {"$lte": snapshot.created_at}},
                    {"created_at": {"$gt": now() + CLOCKS_DIFFER}},
                ]
            }
            document = same_day | snapshot_document(snapshot)
            writes.append(ReplaceOne(same_day | older, document, upsert=True))
        if not writes:
            return
        self._ensure_indexes()
        with self._errors("writing snapshots"):
            # Where a newer one is stored, the upsert tries to insert and meets the unique index.
            # Two first writes at once can meet it as well: the second try tells them apart.
            if _duplicates(self._snapshots, writes):
                _duplicates(self._snapshots, writes)

    def newest_snapshot(self, category_id: str) -> Snapshot | None:
        """Return the snapshot of the newest day that has come, if there is any."""
        today = (now() + CLOCKS_DIFFER).date()
        wanted = {"category_id": category_id, "date": {"$lte": midnight(today)}}
        with self._errors("reading the newest snapshot"):
            found = self._snapshots.find_one(wanted, sort=[("date", -1)])
        return _intact(found) if found else None

    def snapshots(self, category_id: str, first: date, last: date) -> list[Snapshot]:
        """Return the snapshots from `first` to `last`, newest first."""
        wanted = {
            "category_id": category_id,
            "date": {"$gte": midnight(first), "$lte": midnight(last)},
        }
        with self._errors("reading snapshots"):
            found = list(self._snapshots.find(wanted, sort=[("date", -1)]))
        return [_intact(document) for document in found]

    def refuse_mixing(self, sources: set[Source]) -> None:
        """Raise MixedSources if data of `sources` would join snapshots of the other kind."""
        for ours, others in ((VENDOR, STAND_INS), (STAND_INS, VENDOR)):
            coming = sources.intersection(ours)
            if not coming:
                continue
            with self._errors("reading the stored sources"):
                held = self._snapshots.find_one({"source": {"$in": list(others)}}, {"source": 1})
            if held:
                raise MixedSources(
                    f"The database {self._database.name} holds snapshots of {held['source']};"
                    f" data of {', '.join(sorted(coming))} may not be added to it: set"
                    " INSIGHTS_MONGO_DATABASE to another database."
                )

    def _ensure_indexes(self) -> None:
        if not self._indexed:
            with self._errors("creating its indexes"):
                ensure_indexes(self._database, self._retention)
            self._indexed = True

    def _errors(self, doing: str) -> AbstractContextManager[None]:
        return mongo_errors(self._database, doing)


def _id(name: str, day: date) -> str:
    """Name the one document of an asset or a category on a day: the fastest key there is."""
    return f"{name}:{day}"


def _intact(document: Document) -> Snapshot:
    try:
        return snapshot_of(document)
    except ValueError:
        day = str(document["_id"]).rpartition(":")[2]
        raise StoreRefused(
            f"The snapshot that MongoDB holds for {day} is damaged: materialize it again."
        ) from None


def _duplicates(collection: Collection[Document], writes: list[ReplaceOne[Document]]) -> bool:
    """Write; return whether some writes met the unique index, raise what else went wrong."""
    try:
        collection.bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        # There are none if the servers of a replica set did not confirm the write in time.
        problems: list[dict[str, Any]] = error.details["writeErrors"]
        if {problem["code"] for problem in problems} != {DUPLICATE_KEY}:
            raise
        return True
    return False
