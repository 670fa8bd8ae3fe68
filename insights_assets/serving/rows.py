"""A snapshot as a flat row, the same in the CSV of the API, in the export and for analysts."""

import csv
import io
from collections.abc import Iterable

from insights_assets.model.category import Category
from insights_assets.model.snapshot import Snapshot


def row_of(category: Category, snapshot: Snapshot) -> dict[str, object]:
    """Return the columns of a snapshot; a metric that it lacks has neither score nor value."""
    row: dict[str, object] = {
        "date": snapshot.date,
        "composite_score": snapshot.composite_score,
        "composite_status": snapshot.composite_status,
        "coverage": snapshot.coverage,
        "source": snapshot.source,
    }
    for metric in category.metrics:
        reading = snapshot.metrics.get(metric.id)
        row |= {
            f"{metric.id}_score": reading.score if reading else None,
            f"{metric.id}_value": reading.value if reading else None,
            f"{metric.id}_quality": reading.quality if reading else "unavailable",
        }
    return row


def csv_of(category: Category, snapshots: Iterable[Snapshot]) -> str:
    """Return `snapshots` as CSV (RFC 4180), a row for each in their order."""
    metrics = [f"{m.id}_{name}" for m in category.metrics for name in ("score", "value", "quality")]
    head = ["date", "composite_score", "composite_status", "coverage", "source", *metrics]
    text = io.StringIO()
    writer = csv.DictWriter(text, head)
    writer.writeheader()
    writer.writerows(row_of(category, snapshot) for snapshot in snapshots)
    return text.getvalue()
