"""What would mend a day, decided from what is stored for it and from the attempts made so far.

A day is *missing* (no snapshot although it is time), *incomplete* (a dataset failed for a reason
that waiting can mend) or *behind* (Redis lacks the newest snapshot of the history).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from insights_assets.model.category import Category
from insights_assets.model.dates import NEW_YORK, as_of
from insights_assets.model.outcomes import DatasetId, is_real
from insights_assets.model.snapshot import MINIMUM_COVERAGE, Snapshot
from insights_assets.model.stored import StoredDataset, StoredDay

Reason: TypeAlias = Literal["missing", "incomplete", "behind"]

COMPLETE = "the snapshot is complete"


@dataclass(frozen=True, slots=True)
class Repair:
    """The smallest run that helps a day: it fetches, measures what changed, and composes again.

    `since` is when the last of what failed was stored.
    """

    day: date
    reason: Reason
    finding: str
    categories: tuple[str, ...]
    fetch: tuple[DatasetId, ...] = ()
    changed: tuple[DatasetId, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is requested for a day now; `why` is one plain sentence."""

    day: date
    why: str


def diagnose(
    stored: StoredDay, categories: Sequence[Category], now: datetime, grace: timedelta
) -> Repair | Waiting:
    """Say what a day needs, or why nothing can or need be done for it."""
    missing = [c for c in categories if c.id not in stored.snapshots]
    if missing:
        due = as_of(stored.day) + grace
        if now < due:
            return Waiting(stored.day, f"no snapshot yet, which is expected by {clock(due)}")
        return _missing(stored, missing, now)
    return _incomplete(stored, categories, now)


def cache_lags(newest: Snapshot, held: Snapshot | None) -> Repair | None:
    """Return the repair of a Redis that holds less than the history, whose newest is `newest`."""
    if held and is_real(held.source) != is_real(newest.source):
        finding = f"Redis holds a snapshot of {held.source}, the history one of {newest.source}"
    elif held and (held.date, held.created_at) >= (newest.date, newest.created_at):
        return None
    else:
        holds = f"the snapshot of {held.date}" if held else "none"
        finding = f"Redis holds {holds}, the history a newer one"
    return Repair(newest.date, "behind", finding, (newest.category_id,))


@dataclass(frozen=True, slots=True)
class _Again:
    """The datasets that may come now, and when the next of the others may."""

    ready: Sequence[DatasetId]
    later: datetime | None


def _missing(stored: StoredDay, missing: Sequence[Category], now: datetime) -> Repair | Waiting:
    """Fetch what was never stored or may come now, if that can be enough for a snapshot."""
    again = _asked_again(stored, _datasets(missing), now)
    wanted = [*again.ready, *[i for i in _datasets(missing) if i not in stored.datasets]]
    there = {id_ for id_, dataset in stored.datasets.items() if dataset.status != "unavailable"}
    hopeful = [c for c in missing if c.coverage(there.union(wanted)) >= MINIMUM_COVERAGE]
    if hopeful:
        changed = _datasets(hopeful)
        return Repair(
            stored.day,
            "missing",
            "there is no snapshot",
            tuple(category.id for category in hopeful),
            tuple(id_ for id_ in changed if id_ in wanted),
            tuple(changed),
            _last_written(stored, wanted),
        )
    if again.later:
        when = clock(again.later)
        return Waiting(stored.day, f"there is no snapshot; the vendor is asked again at {when}")
    return Waiting(stored.day, f"there is no snapshot, and waiting will not help: {_why(stored)}")


def _incomplete(
    stored: StoredDay, categories: Sequence[Category], now: datetime
) -> Repair | Waiting:
    """Fetch what failed and may come now; compose again what is stored since the snapshot."""
    lacking = [
        (metric, stored.snapshots[category.id])
        for category in categories
        for metric in category.metrics
        if _lacks(stored.snapshots[category.id], metric.id)
    ]
    if not lacking:
        return Waiting(stored.day, COMPLETE)
    again = _asked_again(stored, dict.fromkeys(i for m, _ in lacking for i in m.datasets), now)
    arrived = [
        id_
        for metric, snapshot in lacking
        for id_ in metric.datasets
        if _arrived(stored.datasets.get(id_), snapshot)
    ]
    changed = tuple(dict.fromkeys([*again.ready, *arrived]))
    if changed:
        return Repair(
            stored.day,
            "incomplete",
            f"the snapshot is incomplete for want of {', '.join(changed)}",
            tuple(category.id for category in categories if set(changed) & set(category.datasets)),
            tuple(again.ready),
            changed,
            _last_written(stored, changed),
        )
    if again.later:
        when = clock(again.later)
        return Waiting(
            stored.day, f"the snapshot is incomplete; the vendor is asked again at {when}"
        )
    names, why = ", ".join(metric.id for metric, _ in lacking), _why(stored)
    return Waiting(stored.day, f"the snapshot lacks {names}, and waiting will not help: {why}")


def _datasets(categories: Sequence[Category]) -> list[DatasetId]:
    return list(dict.fromkeys(id_ for category in categories for id_ in category.datasets))


def _asked_again(stored: StoredDay, wanted: Iterable[DatasetId], now: datetime) -> _Again:
    """Split what failed and waiting can mend: what to ask for now, and when the rest's time is."""
    ready, later = [], []
    for id_ in wanted:
        dataset = stored.datasets.get(id_)
        instant = dataset.asked_again_at() if dataset else None
        if instant is None:
            continue
        at = max(instant, now)
        if id_ in stored.today_only and at.astimezone(NEW_YORK).date() > stored.day:
            continue
        if instant <= now:
            ready.append(id_)
        else:
            later.append(instant)
    return _Again(ready, min(later, default=None))


def _lacks(snapshot: Snapshot, metric_id: str) -> bool:
    reading = snapshot.metrics.get(metric_id)
    return reading is None or reading.quality != "fresh"


def _arrived(dataset: StoredDataset | None, snapshot: Snapshot) -> bool:
    return bool(
        dataset
        and dataset.status in ("fresh", "partial")
        and dataset.written_at > snapshot.created_at
    )


def _last_written(stored: StoredDay, fetch: Sequence[DatasetId]) -> datetime | None:
    written = [stored.datasets[id_].written_at for id_ in fetch if id_ in stored.datasets]
    return max(written, default=None)


def _why(stored: StoredDay) -> str:
    reasons = {
        id_: dataset.reason for id_, dataset in stored.datasets.items() if dataset.status != "fresh"
    }
    return "; ".join(f"{id_}: {reason}" for id_, reason in reasons.items()) or "the data are there"


def clock(instant: datetime) -> str:
    """Write an instant as the operator's clock shows it."""
    return f"{instant.astimezone(NEW_YORK):%H:%M on %Y-%m-%d} New York"
