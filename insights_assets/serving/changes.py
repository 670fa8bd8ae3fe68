"""What changed between a snapshot and the one before it."""

from dataclasses import dataclass
from datetime import date

from insights_assets.model.snapshot import Snapshot

NOTHING = "-"
STEADY = 0.5  # points of score that nobody should see a direction in


@dataclass(frozen=True, slots=True)
class Changes:
    """Points of score gained since the snapshot of `since`; `metrics` has those that both have."""

    since: date
    composite: float
    metrics: dict[str, float]


def compare(snapshot: Snapshot, before: Snapshot | None) -> Changes | None:
    """Return what changed from `before` to `snapshot`; None if there is nothing before."""
    if before is None:
        return None
    return Changes(
        since=before.date,
        composite=_gain(snapshot.composite_score, before.composite_score),
        metrics={
            id_: _gain(reading.score, before.metrics[id_].score)
            for id_, reading in snapshot.metrics.items()
            if id_ in before.metrics
        },
    )


def arrow(gain: float | None) -> str:
    """Write a gain in score with its direction; a dash where there is nothing to compare."""
    if gain is None:
        return NOTHING
    if abs(gain) < STEADY:
        return f"→ {gain:+.2f}"
    return f"{'↑' if gain > 0 else '↓'} {gain:+.2f}"


def _gain(score: float, before: float) -> float:
    return round(score - before, 2) + 0.0  # never a negative zero
