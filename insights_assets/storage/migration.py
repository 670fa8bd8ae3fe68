"""Takes over the snapshots of an earlier system: `insights migrate`.

Every document that is not ours is copied to `insight_snapshots_earlier` before anything changes. It
may be killed at any moment and run again: whatever is missing is made from the copies.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database

from insights_assets.model.category import Category
from insights_assets.model.snapshot import Snapshot
from insights_assets.storage.documents import Document, midnight
from insights_assets.storage.earlier import convert, written_at
from insights_assets.storage.errors import StoreRefused
from insights_assets.storage.indexes import (
    NAMED_BY,
    SNAPSHOTS,
    Retention,
    ensure_indexes,
    unique_keys,
)
from insights_assets.storage.mongo import MongoHistory, is_ours, stored_document
from insights_assets.storage.mongo_errors import mongo_errors
from insights_assets.storage.writes import Write, upsert

EARLIER = "insight_snapshots_earlier"
DAYS_AT_ONCE = 50

Day: TypeAlias = tuple[str, date]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document of the earlier system, and the snapshot that it holds."""

    document: Document
    snapshot: Snapshot


@dataclass(slots=True)
class Migration:
    """What is to be done, or was done."""

    found: int = 0
    converted: list[Snapshot] = field(default_factory=list)
    """The newest of each day that has no snapshot of ours."""
    earlier_that_day: int = 0
    """Documents of a day that has a newer one."""
    ours: int = 0
    """Documents of a day that has a snapshot of ours already."""
    left: dict[str, str] = field(default_factory=dict)
    """What could not be converted and stays where it is: its `_id` and why."""
    aside: dict[str, str] = field(default_factory=dict)
    """What could not be converted and stands where a snapshot belongs: only its copy is kept."""
    indexes: list[str] = field(default_factory=list)
    """The indexes that allowed several documents a day."""


@dataclass(slots=True)
class _Inspection:
    plan: Migration = field(default_factory=Migration)
    present: list[Document] = field(default_factory=list)
    """What stands among our snapshots and is not ours."""
    standing: dict[Day, list[object]] = field(default_factory=lambda: defaultdict(list))
    """The `_id` of those that can be converted, by day."""
    unconverted: list[tuple[Document, str]] = field(default_factory=list)
    in_the_way: list[object] = field(default_factory=list)
    """The `_id` of the unconverted that a unique index does not allow."""


class Migrator:
    """Reads, plans and moves; nothing is written by `plan`."""

    def __init__(
        self,
        database: Database[Document],
        categories: Sequence[Category],
        retention: Retention,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._snapshots = database[SNAPSHOTS]
        self._categories = categories
        self._retention = retention
        self._clock = clock

    def plan(self) -> Migration:
        """Return what `run` would do; raise MixedSources if simulated data are held."""
        return self._inspect().plan

    def run(self, progress: Callable[[int], None] = lambda _: None) -> Migration:
        """Do it; `progress` hears how many days are done."""
        inspection = self._inspect()
        with self._errors("copying what is not ours"):
            for some in _slices(inspection.present):
                copies = [
                    ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in some
                ]
                self._database[EARLIER].bulk_write(copies, ordered=False)
            if inspection.in_the_way:
                self._snapshots.delete_many({"_id": {"$in": inspection.in_the_way}})
        wanted = {_day_of(snapshot): snapshot for snapshot in inspection.plan.converted}
        done = 0
        for days in _slices(sorted(wanted.keys() | inspection.standing.keys())):
            self._move(
                [wanted[day] for day in days if day in wanted],
                [identifier for day in days for identifier in inspection.standing.get(day, [])],
            )
            done += len(days)
            progress(done)
        with self._errors("replacing its indexes"):
            for name in NAMED_BY:
                for index in _in_the_way(self._database[name]):
                    self._database[name].drop_index(index)
            ensure_indexes(self._database, self._retention)
        return inspection.plan

    def _inspect(self) -> _Inspection:
        MongoHistory(self._database, self._retention).refuse_mixing({"imported"})
        inspection = _Inspection()
        with self._errors("reading what an earlier system wrote"):
            ours = set()
            for document in self._snapshots.find():
                if is_ours(document["_id"]):
                    ours.add(document["_id"])
                else:
                    inspection.present.append(document)
            copied = list(self._database[EARLIER].find())
            inspection.plan.indexes = [
                f"{name}.{index}"
                for name in NAMED_BY
                for index in _in_the_way(self._database[name])
            ]
        inspection.plan.found = len(inspection.present)
        candidates = self._candidates(inspection, copied)
        for day, of_day in sorted(candidates.items()):
            here = len(inspection.standing.get(day, []))
            newest = max(of_day, key=_age)
            if stored_document(newest.snapshot)["_id"] in ours:
                inspection.plan.ours += here
            else:
                inspection.plan.converted.append(self._imported(newest.snapshot))
                inspection.plan.earlier_that_day += here - (
                    newest.document["_id"] in inspection.standing.get(day, [])
                )
        self._set_aside(inspection, candidates)
        return inspection

    def _set_aside(self, inspection: _Inspection, days: Iterable[Day]) -> None:
        """Separate what can stay beside our snapshots from what stands where one belongs."""
        keys = {_indexed(category_id, midnight(day)) for category_id, day in days}
        for document, reason in inspection.unconverted:
            key = _indexed(document.get("category_id"), document.get("date"))
            if key in keys:
                inspection.in_the_way.append(document["_id"])
                inspection.plan.aside[str(document["_id"])] = reason
            else:
                inspection.plan.left[str(document["_id"])] = reason
            keys.add(key)

    def _candidates(
        self, inspection: _Inspection, copied: Sequence[Document]
    ) -> Mapping[Day, Sequence[Candidate]]:
        """Return what can be converted, by day; a copy counts once with what it is a copy of."""
        candidates: dict[Day, list[Candidate]] = defaultdict(list)
        present = {held["_id"] for held in inspection.present}
        for document in (*inspection.present, *(c for c in copied if c["_id"] not in present)):
            converted = convert(document, self._categories)
            if isinstance(converted, Snapshot):
                candidates[_day_of(converted)].append(Candidate(document, converted))
                if document["_id"] in present:
                    inspection.standing[_day_of(converted)].append(document["_id"])
            elif document["_id"] in present:
                inspection.unconverted.append((document, converted.reason))
        return candidates

    def _imported(self, snapshot: Snapshot) -> Snapshot:
        """Let a snapshot count from now where snapshots expire, or it would be gone at once."""
        return replace(snapshot, created_at=self._now()) if self._retention.snapshots else snapshot

    def _now(self) -> datetime:
        instant = self._clock()
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    def _move(self, snapshots: Sequence[Snapshot], earlier: Sequence[object]) -> None:
        """Write snapshots, then remove what they were made of, which is copied by now.

        A unique index allows only one document of a day: there the earlier one goes first.
        """
        writes = [Write(stored_document(snapshot)) for snapshot in snapshots]
        with self._errors("writing what was taken over"):
            refused = upsert(self._snapshots, writes)
            self._snapshots.delete_many({"_id": {"$in": list(earlier)}})
            if refused and upsert(self._snapshots, [refusal.write for refusal in refused]):
                raise StoreRefused(
                    f"{refused[0].write.id} could not be written: a document that could not be"
                    " converted stands there; remove it and run `insights migrate` again."
                )

    def _errors(self, doing: str) -> AbstractContextManager[None]:
        return mongo_errors(self._database, doing)


def _in_the_way(collection: Collection[Document]) -> list[str]:
    """Name the indexes of the same keys that allow several documents a day."""
    fields = [name for name, _ in unique_keys(collection.name)]
    return [
        name
        for name, index in collection.index_information().items()
        if [key for key, _ in index["key"]] == fields and not index.get("unique")
    ]


def _day_of(snapshot: Snapshot) -> Day:
    return snapshot.category_id, snapshot.date


def _indexed(category_id: object, day: object) -> str:
    """Name what the unique index compares, whatever its type."""
    return f"{category_id!r} {day.astimezone(UTC) if isinstance(day, datetime) else repr(day)}"


def _age(candidate: Candidate) -> tuple[datetime, str]:
    return written_at(candidate.document), str(candidate.document["_id"])


def _slices(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[at : at + DAYS_AT_ONCE] for at in range(0, len(items), DAYS_AT_ONCE)]
