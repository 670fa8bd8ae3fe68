"""The read side: Redis first, MongoDB where the key is gone or Redis is away."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from insights_assets.model.snapshot import Snapshot
from insights_assets.storage.errors import StoreError
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory


@dataclass(frozen=True, slots=True)
class Found:
    """A snapshot, and the store it was read from."""

    snapshot: Snapshot
    store: Literal["Redis", "MongoDB"]


class SnapshotReader:
    """Reads what the runs have stored; it never computes anything."""

    def __init__(self, history: MongoHistory, latest: LatestSnapshots) -> None:
        self._history = history
        self._latest = latest

    def latest(self, category_id: str) -> Found | None:
        """Return the newest snapshot of a category, if there is any."""
        try:
            cached = self._latest.read(category_id)
        except StoreError:
            cached = None
        if cached:
            return Found(cached, "Redis")
        stored = self._history.newest_snapshot(category_id)
        return Found(stored, "MongoDB") if stored else None

    def snapshot(self, category_id: str, day: date) -> Snapshot | None:
        """Return the snapshot of one day from the history."""
        return next(iter(self._history.snapshots(category_id, day, day)), None)

    def trend(self, category_id: str, last: date, days: int) -> list[Snapshot]:
        """Return the snapshots of the `days` calendar days up to `last`, newest first."""
        return self._history.snapshots(category_id, last - timedelta(days=days - 1), last)
