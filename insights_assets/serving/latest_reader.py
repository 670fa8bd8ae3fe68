"""The newest snapshot: from Redis, or MongoDB where the key is gone, old or another's."""

from dataclasses import dataclass
from datetime import date, datetime

from insights_assets.model.dates import Clock, newest_due, now
from insights_assets.model.outcomes import is_real
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.schemas import ReadFrom
from insights_assets.serving.shared_reads import SharedReads
from insights_assets.storage.documents import EPOCH
from insights_assets.storage.errors import StoreError
from insights_assets.storage.latest import LatestSnapshots, Look
from insights_assets.storage.mongo import MongoHistory


@dataclass(frozen=True, slots=True)
class Stored:
    """A snapshot, and the store it was read from."""

    snapshot: Snapshot
    read_from: ReadFrom


class LatestReader:
    """Decides which store's snapshot is the newest that a reader may see."""

    def __init__(self, history: MongoHistory, latest: LatestSnapshots, clock: Clock = now) -> None:
        self._history = history
        self._newest = SharedReads(self._read_newest)
        self._latest = latest
        self._clock = clock
        self._real: bool | None = None

    def read(self, category_id: str) -> Stored | None:
        """Return the newest snapshot of a category, if there is any.

        What Redis holds is enough if it is of the newest day that should exist, can still be
        replaced, and is as real as the history: else the history is asked. Where that does not
        answer, what Redis holds is better than nothing.
        """
        cached = self._look(category_id)
        snapshot = cached.snapshot
        if snapshot and self._real is not None and self._suffices(snapshot, cached):
            return Stored(snapshot, "redis")
        try:
            stored = self._newest(category_id)
        except StoreError:
            if snapshot and self._fits(snapshot):
                return Stored(snapshot, "redis")
            raise
        if stored:
            self._real = is_real(stored.source)
        if snapshot and self._fits(snapshot) and _age(snapshot) >= _age(stored):
            return Stored(snapshot, "redis")
        return Stored(stored, "mongodb") if stored else None

    def _read_newest(self, category_id: str) -> Snapshot | None:
        return self._history.newest_snapshot(category_id)

    def _look(self, category_id: str) -> Look:
        try:
            return self._latest.look(category_id)
        except StoreError:
            return Look(None)

    def _suffices(self, snapshot: Snapshot, cached: Look) -> bool:
        return (
            cached.frozen is None
            and snapshot.date >= newest_due(self._clock())
            and self._fits(snapshot)
        )

    def _fits(self, snapshot: Snapshot) -> bool:
        """Return whether a snapshot is as real as the history; before that was read, only if real.

        The kind of a database does not change, so it is asked once.
        """
        return is_real(snapshot.source) == (self._real is not False)


def _age(snapshot: Snapshot | None) -> tuple[date, datetime]:
    return (snapshot.date, snapshot.created_at) if snapshot else (date.min, EPOCH)
