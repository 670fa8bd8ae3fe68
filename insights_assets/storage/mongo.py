"""History in MongoDB: one document for each category and day, or each asset and day.

Every write is a bulk upsert, so that a re-run, a retry or two runs at once leave one document. A
document of somebody else on the same day, an older system's or one made by hand, is never taken for
ours; one that cannot be read costs its own day only.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import TypeVar

from pymongo import DESCENDING
from pymongo.database import Database

from insights_assets.model.category import Category
from insights_assets.model.dates import CLOCKS_DIFFER, days_between, now
from insights_assets.model.outcomes import STAND_INS, MetricOutcome, Source
from insights_assets.model.sanitize import one_line
from insights_assets.model.snapshot import Snapshot
from insights_assets.model.stored import StoredDataset
from insights_assets.storage.documents import (
    DATASET_STATE,
    Document,
    metric_outcome,
    midnight,
    snapshot_document,
    snapshot_of,
    stored_dataset,
)
from insights_assets.storage.errors import ForeignDocument, MixedSources
from insights_assets.storage.indexes import (
    DATASETS,
    METRICS,
    NAMED_BY,
    SNAPSHOTS,
    Retention,
    ensure_indexes,
)
from insights_assets.storage.mongo_errors import address, mongo_errors
from insights_assets.storage.writes import Refused, Write, upsert

logger = logging.getLogger(__name__)

T = TypeVar("T")

OURS = re.compile(r"[^:]+:\d{4}-\d\d-\d\d")  # what `document_id` gives
NAMED_DAYS = 5  # a sentence names no more of them
LOOKED_THROUGH = 4  # documents in one answer, where the first that is fit is looked for


class MongoHistory:
    """The three collections of one database; their indexes are made before the first write."""

    def __init__(self, database: Database[Document], retention: Retention) -> None:
        self._database = database
        self._snapshots = database[SNAPSHOTS]
        self._retention = retention
        self._indexed = False
        self._joined: set[bool] = set()
        self._named: set[object] = set()

    def write_values(
        self, collection: str, asset_key: str, documents: Mapping[date, Document], run_id: str
    ) -> None:
        """Upsert the value of one asset on each day."""
        common = {"asset_key": asset_key, "run_id": run_id, "written_at": datetime.now(UTC)}
        writes = [
            Write({"_id": document_id(asset_key, day), **common, "date": midnight(day), **document})
            for day, document in documents.items()
        ]
        self._ensure_indexes()
        with self._errors(f"writing {asset_key}"):
            foreign = [refusal.write for refusal in upsert(self._database[collection], writes)]
        self._refuse_foreign(collection, foreign)

    def read_values(
        self,
        collection: str,
        asset_key: str,
        first: date,
        last: date,
        read: Callable[[Document], T],
    ) -> dict[date, T]:
        """Return the stored values of one asset from `first` to `last`, by day."""
        days = {document_id(asset_key, day): day for day in days_between(first, last)}
        with self._errors(f"reading {asset_key}"):
            documents = list(self._database[collection].find({"_id": {"$in": list(days)}}))
        return {days[document["_id"]]: read(document) for document in documents}

    def newest_value(
        self, collection: str, asset_key: str, read: Callable[[Document], T]
    ) -> tuple[date, T] | None:
        """Return the newest stored value of one asset with its day, if there is one."""
        with self._errors(f"reading {asset_key}"):
            # As the unique index has them: by `_id`, the local stack would read all there is.
            documents = self._database[collection].find(
                {"asset_key": asset_key}, sort=[("date", DESCENDING)], batch_size=LOOKED_THROUGH
            )
            for document in documents:
                if is_ours(document["_id"]):
                    day = date.fromisoformat(document["_id"].rpartition(":")[2])
                    return day, read(document)
        return None

    def dataset_states(
        self, asset_keys: Sequence[str], first: date, last: date
    ) -> dict[tuple[str, date], StoredDataset]:
        """Return what became of datasets from `first` to `last`, without their columns."""
        days = days_between(first, last)
        wanted = {document_id(key, day): (key, day) for key in asset_keys for day in days}
        with self._errors("reading the state of the datasets"):
            documents = list(
                self._database[DATASETS].find({"_id": {"$in": list(wanted)}}, DATASET_STATE)
            )
        return {wanted[document["_id"]]: stored_dataset(document) for document in documents}

    def write_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Upsert snapshots; an older computation never replaces a newer one of the same day.

        One from the future is of a wrong clock, and would otherwise stay until then.
        """
        if not snapshots:
            return
        self.refuse_mixing({snapshot.source for snapshot in snapshots})
        future = now() + CLOCKS_DIFFER
        writes = [
            Write(
                stored_document(snapshot),
                over={
                    "$or": [
                        {"created_at": {"$lte": snapshot.created_at}},
                        {"created_at": {"$gt": future}},
                    ]
                },
            )
            for snapshot in snapshots
        ]
        self._ensure_indexes()
        with self._errors("writing snapshots"):
            # Where a newer one is stored, the upsert tries to insert and meets an index.
            refused = upsert(self._snapshots, writes)
            foreign = self._settle(refused) if refused else []
        self._refuse_foreign(SNAPSHOTS, foreign)

    def newest_snapshot(self, category_id: str) -> Snapshot | None:
        """Return the readable snapshot of the newest day that has come, if there is any.

        Shortly before midnight it may be tomorrow's, of a machine whose clock is a little ahead.
        """
        instant = now()
        latest = instant + CLOCKS_DIFFER
        wanted = {"category_id": category_id, "date": {"$lte": midnight(latest.date())}}
        with self._errors("reading the newest snapshot"):
            # A few at a time: the first is the one, but where it is damaged.
            documents = self._snapshots.find(wanted, sort=[("date", -1)], batch_size=LOOKED_THROUGH)
            for snapshot in self._readable(documents):
                if snapshot.date <= instant.date() or snapshot.created_at <= latest:
                    return snapshot
        return None

    def snapshots(self, category_id: str, first: date, last: date) -> list[Snapshot]:
        """Return the readable snapshots from `first` to `last`, newest first."""
        wanted = {
            "category_id": category_id,
            "date": {"$gte": midnight(first), "$lte": midnight(last)},
        }
        with self._errors("reading snapshots"):
            return list(self._readable(self._snapshots.find(wanted, sort=[("date", -1)])))

    def snapshot_days(self, category_id: str, first: date, last: date) -> set[date]:
        """Return the days from `first` to `last` that have a snapshot, readable or not."""
        wanted = {
            "category_id": category_id,
            "date": {"$gte": midnight(first), "$lte": midnight(last)},
        }
        with self._errors("reading the days of the snapshots"):
            # The index holds both fields: no document is read.
            documents = list(self._snapshots.find(wanted, {"_id": 0, "date": 1}))
        return {document["date"].date() for document in documents}

    def metric_outcomes(self, category: Category, day: date) -> dict[str, MetricOutcome]:
        """Return what is stored of the metrics of a category on a day, by the metric's id."""
        ids = {document_id(f"{category.id}/{m.id}", day): m.id for m in category.metrics}
        with self._errors("reading metrics"):
            stored = list(self._database[METRICS].find({"_id": {"$in": list(ids)}}))
        return {ids[document["_id"]]: metric_outcome(document) for document in stored}

    def refuse_mixing(self, sources: set[Source]) -> None:
        """Raise MixedSources if data of `sources` would join snapshots of the other kind.

        The kind of a database does not change: it is looked at once.
        """
        kinds = {source in STAND_INS for source in sources} - self._joined
        for simulated in kinds:
            with self._errors("reading the stored sources"):
                others = list(self._sources_beside(simulated=simulated))
            if others:
                coming = sorted(s for s in sources if (s in STAND_INS) == simulated)
                raise MixedSources(
                    f"The database {self._database.name} holds snapshots of {others[0]}; data of"
                    f" {', '.join(coming)} may not be added to it: set INSIGHTS_MONGO_DATABASE to"
                    " another database."
                )
            self._joined.add(simulated)

    def _sources_beside(self, *, simulated: bool) -> Iterator[str]:
        """Name a source that neither simulated nor real data may stand beside, if there is one.

        A document of ours that lost its source is damaged; any other without one is an earlier
        system's, whose data are real.
        """
        stand_ins = list(STAND_INS)
        wanted = {"source": {"$nin" if simulated else "$in": stand_ins}}
        for document in self._snapshots.find(wanted, {"source": 1}):
            if "source" in document:
                yield str(document["source"])
                return
            if not is_ours(document["_id"]):
                id_ = document["_id"]
                yield f"an earlier system (_id {id_}), which `insights migrate` takes over"
                return

    def _settle(self, refused: Sequence[Refused]) -> list[Write]:
        """Return the snapshots that met something else than a newer computation of their day."""
        ids = [refusal.write.id for refusal in refused]
        held = {
            document["_id"]: document.get("created_at")
            for document in self._snapshots.find({"_id": {"$in": ids}}, {"created_at": 1})
        }
        return [
            refusal.write
            for refusal in refused
            if refusal.other_index
            or refusal.write.id not in held
            or not (
                _is_newer(held[refusal.write.id], refusal.write)
                or self._mend(refusal.write, held[refusal.write.id])
            )
        ]

    def _mend(self, damaged: Write, created_at: object) -> bool:
        """Replace a document of ours that lost its time, unless another run was faster."""
        same = {"_id": damaged.id, "created_at": created_at}
        return self._snapshots.replace_one(same, damaged.document).matched_count == 1

    def _readable(self, documents: Iterable[Document]) -> Iterator[Snapshot]:
        """Leave out what cannot be read, and name it once: materializing its day mends it."""
        for document in documents:
            try:
                yield snapshot_of(document)
            except ValueError:
                if document["_id"] not in self._named:
                    self._named.add(document["_id"])
                    logger.warning("%s", _unreadable(document))

    def _refuse_foreign(self, collection: str, refused: Sequence[Write]) -> None:
        """Raise ForeignDocument naming the documents that stand where ours belong."""
        if not refused:
            return
        with self._errors("looking for what is in the way"):
            in_the_way = [self._in_the_way(collection, refusal) for refusal in refused[:NAMED_DAYS]]
        more = (
            f" and {len(refused) - len(in_the_way)} more" if len(refused) > len(in_the_way) else ""
        )
        raise ForeignDocument(
            f"MongoDB at {address(self._database)} did not store {', '.join(in_the_way)}{more}: a"
            f" document that is not ours stands there in {collection}. `insights migrate` takes"
            " over an earlier system's; remove any other."
        )

    def _in_the_way(self, collection: str, refused: Write) -> str:
        name = NAMED_BY[collection]
        same_day = {field: refused.document[field] for field in (name, "date")}
        ids = [
            document["_id"] for document in self._database[collection].find(same_day, {"_id": 1})
        ]
        others = [one_line(f"_id {id_}")[:80] for id_ in ids if id_ != refused.id]
        return f"{refused.id} ({', '.join(others)})" if others else refused.id

    def _ensure_indexes(self) -> None:
        if not self._indexed:
            with self._errors("creating its indexes"):
                ensure_indexes(self._database, self._retention)
            self._indexed = True

    def _errors(self, doing: str) -> AbstractContextManager[None]:
        return mongo_errors(self._database, doing)


def document_id(name: str, day: date) -> str:
    """Name the one document of an asset or a category on a day: the fastest key there is."""
    return f"{name}:{day}"


def is_ours(identifier: object) -> bool:
    """Return whether a document is named as ours are."""
    return isinstance(identifier, str) and OURS.fullmatch(identifier) is not None


def stored_document(snapshot: Snapshot) -> Document:
    """Write a snapshot with its name."""
    return {"_id": document_id(snapshot.category_id, snapshot.date), **snapshot_document(snapshot)}


def _is_newer(created_at: object, refused: Write) -> bool:
    ours: datetime = refused.document["created_at"]
    return isinstance(created_at, datetime) and created_at > ours


def _unreadable(document: Document) -> str:
    """Say what is left out, and how it is mended."""
    where = f"The snapshot {one_line(str(document['_id']))[:80]} in MongoDB"
    if is_ours(document["_id"]):
        return f"{where} is damaged and left out: materialize its day again."
    return f"{where} is not ours and left out: `insights migrate` takes over an earlier system's."
