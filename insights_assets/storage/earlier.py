"""From a document of an earlier system to a snapshot: what it kept, and nothing that it did not.

The earlier system kept composite, metrics with score and status, and sometimes the time; it named
its documents by ObjectId and wrote several a day. Values, reasons and sources it did not keep.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, get_args

from bson import ObjectId

from insights_assets.model.category import Category
from insights_assets.model.dates import NEW_YORK
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.sanitize import one_line
from insights_assets.model.scores import Status
from insights_assets.model.snapshot import MetricScore, Snapshot
from insights_assets.storage.documents import Document, snapshot_of

IMPORTED = "imported from an earlier system, which kept the score alone"
NOT_KEPT = "the earlier system kept no score of it"


@dataclass(frozen=True, slots=True)
class Unconvertible:
    """Why a document is none of a day of ours."""

    reason: str


def convert(
    document: Mapping[str, Any], categories: Sequence[Category]
) -> Snapshot | Unconvertible:
    """Return the snapshot that a document of an earlier system holds, or why it holds none."""
    try:
        return snapshot_of(document)  # one of ours under another name
    except ValueError:
        pass
    category = next((c for c in categories if c.id == document.get("category_id")), None)
    if category is None:
        return Unconvertible(f"there is no category {_shown(document.get('category_id'))}")
    day = _day(document.get("date"))
    if day is None:
        return Unconvertible(f"{_shown(document.get('date'))} is no date")
    score = _score(document.get("composite_score"))
    if score is None:
        shown = _shown(document.get("composite_score"))
        return Unconvertible(f"its composite_score {shown} is no score from 0 to 100")
    metrics = dict(_metrics(document.get("metrics"), category))
    return Snapshot(
        category_id=category.id,
        date=day,
        composite_score=score,
        composite_status=_status(document.get("composite_status"), score, category),
        coverage=round(math.fsum(category.weight(id_) for id_ in metrics), 6),
        metrics=metrics,
        unavailable={
            m.id: Unavailable(NOT_KEPT, "absent") for m in category.metrics if m.id not in metrics
        },
        source="imported",
        run_id=str(document.get("run_id") or "imported"),
        created_at=written_at(document),
    )


def written_at(document: Mapping[str, Any]) -> datetime:
    """Return when a document was written: as it says, or as its ObjectId does."""
    for name in ("created_at", "updated_at", "timestamp"):
        value = document.get(name)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
    named = document.get("_id")
    return named.generation_time if isinstance(named, ObjectId) else datetime.fromtimestamp(0, UTC)


def _day(value: object) -> date | None:
    """Return the New York day: the date of a midnight in UTC, the day there of other instants."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    instant = value if value.tzinfo else value.replace(tzinfo=UTC)
    midnight = instant.astimezone(UTC).time() == time()
    return instant.astimezone(UTC if midnight else NEW_YORK).date()


def _metrics(value: object, category: Category) -> Iterator[tuple[str, MetricScore]]:
    """Return the metrics of today's category that have a score; a weight is today's."""
    if not isinstance(value, Mapping):
        return
    for metric in category.metrics:
        kept = value.get(metric.id)
        fields: Document = dict(kept) if isinstance(kept, Mapping) else {"score": kept}
        score = _score(fields.get("score"))
        if score is None:
            continue
        summary = fields.get("summary")
        yield (
            metric.id,
            MetricScore(
                score=score,
                status=_status(fields.get("status"), score, category),
                value=_number(fields.get("value")),
                weight=metric.weight,
                quality="fresh",
                summary=one_line(summary) if isinstance(summary, str) else IMPORTED,
            ),
        )


def _status(value: object, score: float, category: Category) -> Status:
    known: tuple[Status, ...] = get_args(Status)
    return next((status for status in known if status == value), category.bands.status(score))


def _score(value: object) -> float | None:
    number = _number(value)
    return round(number, 2) if number is not None and 0 <= number <= 100 else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _shown(value: object) -> str:
    return one_line(str(value))[:60] if value is not None else "of none"
