"""The stored past of each category, kept in memory so that a context costs a reader nothing.

It is read anew every minute while somebody asks, in a thread of its own; nobody waits but the very
first reader, and the first after a long silence.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from insights_assets.model.context import Context, context_of
from insights_assets.model.snapshot import Snapshot
from insights_assets.storage.errors import StoreError
from insights_assets.storage.mongo import MongoHistory

REFRESH_SECONDS = 60.0
RETRY_SECONDS = 5.0  # where it could not be read
LONGEST_SECONDS = 600.0  # what was read before that is not the past as it stands
KEPT_CONTEXTS = 64
BEGINNING = date(1970, 1, 1)

Name: TypeAlias = tuple[str, date, datetime]


@dataclass(frozen=True, slots=True)
class _Past:
    """What was read of a category, None where that failed."""

    snapshots: Sequence[Snapshot] | None
    tried_at: float


class PastSnapshots:
    """Computes the context of snapshots; many threads may ask at once."""

    def __init__(self, history: MongoHistory, clock: Callable[[], float] = time.monotonic) -> None:
        self._history = history
        self._clock = clock
        self._pasts: dict[str, _Past] = {}
        self._contexts: dict[Name, tuple[_Past, Context]] = {}
        self._reading = threading.Lock()  # one thread reads, whatever the category
        self._keeping = threading.Lock()

    def context(self, snapshot: Snapshot) -> Context | None:
        """Return what the past says about `snapshot`, None where it cannot be read."""
        past = self._past(snapshot.category_id)
        if past.snapshots is None:
            return None
        name = (snapshot.category_id, snapshot.date, snapshot.created_at)
        kept = self._contexts.get(name)
        if kept and kept[0] is past:
            return kept[1]
        context = context_of(snapshot, past.snapshots)
        with self._keeping:
            self._contexts[name] = (past, context)
            while len(self._contexts) > KEPT_CONTEXTS:
                del self._contexts[next(iter(self._contexts))]
        return context

    def warm(self, category_id: str) -> None:
        """Begin to read the past of a category."""
        threading.Thread(target=self._past, args=[category_id], daemon=True).start()

    def _past(self, category_id: str) -> _Past:
        past = self._pasts.get(category_id)
        if past is None or self._age(past) >= LONGEST_SECONDS:
            with self._reading:
                newer = self._pasts.get(category_id)
                return newer if newer and newer is not past else self._read(category_id)
        pause = RETRY_SECONDS if past.snapshots is None else REFRESH_SECONDS
        if self._age(past) >= pause and self._reading.acquire(blocking=False):
            threading.Thread(target=self._refresh, args=[category_id], daemon=True).start()
        return past

    def _age(self, past: _Past) -> float:
        return self._clock() - past.tried_at

    def _refresh(self, category_id: str) -> None:
        """Read again what was read a while ago; the lock is held already."""
        try:
            self._read(category_id)
        finally:
            self._reading.release()

    def _read(self, category_id: str) -> _Past:
        tried_at = self._clock()
        try:
            snapshots = self._history.snapshots(category_id, BEGINNING, date.max)
        except StoreError:
            snapshots = None
        past = self._pasts[category_id] = _Past(snapshots, tried_at)
        return past
