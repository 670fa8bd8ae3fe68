"""What the UI shows of each materialization; numbers stay numbers, so that they plot."""

from typing import TypeAlias

import dagster as dg

from insights_assets.model.category import Category
from insights_assets.model.outcomes import DatasetOutcome, MetricOutcome, Unavailable
from insights_assets.model.snapshot import Snapshot

Metadata: TypeAlias = dict[str, dg.MetadataValue | str | int | float]

_COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("metric", "string"),
        dg.TableColumn("score", "float"),
        dg.TableColumn("status", "string"),
        dg.TableColumn("value", "float"),
        dg.TableColumn("weight", "float"),
        dg.TableColumn("quality", "string"),
        dg.TableColumn("why", "string"),
    ]
)


def dataset_metadata(outcome: DatasetOutcome) -> Metadata:
    """Describe one dataset on one day."""
    if isinstance(outcome, Unavailable):
        return {
            "status": "unavailable",
            "reason": outcome.reason,
            "rows": 0,
            "cause": outcome.cause,
        }
    return {
        "status": outcome.quality,
        "reason": outcome.reason,
        "rows": outcome.data.rows,
        "newest_observation": str(outcome.data.newest),
        "source": outcome.source,
        "fetched_at": dg.MetadataValue.timestamp(outcome.fetched_at),
    }


def metric_metadata(outcome: MetricOutcome) -> Metadata:
    """Describe one metric on one day."""
    if isinstance(outcome, Unavailable):
        return {"status": "unavailable", "reason": outcome.reason, "cause": outcome.cause}
    return {
        "status": outcome.quality,
        "reason": outcome.reason or outcome.summary,
        "value": outcome.value,
        "score": outcome.score,
        "source": outcome.source,
    }


def snapshot_metadata(snapshot: Snapshot, category: Category) -> Metadata:
    """Describe a snapshot, with a row for each metric of its category."""
    return {
        "composite_score": snapshot.composite_score,
        "composite_status": snapshot.composite_status,
        "coverage": snapshot.coverage,
        "source": snapshot.source,
        "metrics": dg.MetadataValue.table(_rows(snapshot, category), schema=_COLUMNS),
    }


def _missing(snapshot: Snapshot, metric_id: str) -> str | None:
    unavailable = snapshot.unavailable.get(metric_id)
    return unavailable.reason if unavailable else None


def _rows(snapshot: Snapshot, category: Category) -> list[dg.TableRecord]:
    rows = []
    for metric in category.metrics:
        reading = snapshot.metrics.get(metric.id)
        rows.append(
            dg.TableRecord(
                {
                    "metric": metric.id,
                    "score": reading.score if reading else None,
                    "status": reading.status if reading else "unavailable",
                    "value": reading.value if reading else None,
                    "weight": metric.weight,
                    "quality": reading.quality if reading else None,
                    "why": reading.summary if reading else _missing(snapshot, metric.id),
                }
            )
        )
    return rows
