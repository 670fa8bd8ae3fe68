"""Between the model's values and the documents of MongoDB and Redis.

Pydantic turns the model's dataclasses into plain arrays and ISO dates and checks them on their
way back, so that a document edited by hand cannot become a wrong number unnoticed.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from insights_assets.datasets import DATASETS
from insights_assets.model.outcomes import (
    Dataset,
    DatasetOutcome,
    MetricOutcome,
    Reading,
    Unavailable,
)
from insights_assets.model.snapshot import MetricScore, Snapshot
from insights_assets.model.stored import StoredDataset
from insights_assets.storage.columns import columns_adapter, refuse_nan

Document: TypeAlias = dict[str, Any]

for _kind in (Dataset, Reading, MetricScore, Snapshot):
    refuse_nan(_kind)

_DATA = columns_adapter(spec.data for spec in DATASETS.values())
_DATASET = TypeAdapter(Dataset)
_READING = TypeAdapter(Reading)
_STORED_DATASET = TypeAdapter(StoredDataset)
_UNAVAILABLE = TypeAdapter(Unavailable)
_SNAPSHOT = TypeAdapter(Snapshot)
_DAMAGED = Unavailable("its stored document is damaged: materialize it again")

# What became of a dataset: the fields that are read where its columns are not needed.
DATASET_STATE = dict.fromkeys(("status", "cause", "reason", "written_at"), 1)
EPOCH = datetime.fromtimestamp(0, UTC)


def midnight(day: date) -> datetime:
    """Return `day` as documents name it: its midnight in UTC."""
    return datetime.combine(day, time(), UTC)


def dataset_document(outcome: DatasetOutcome) -> Document:
    """Write a dataset's outcome: status, reason, provenance, and its columns as plain arrays."""
    if isinstance(outcome, Unavailable):
        return _unavailable_document(outcome)
    return {
        "status": outcome.quality,
        "reason": outcome.reason,
        "source": outcome.source,
        "fetched_at": outcome.fetched_at,
        "rows": outcome.data.rows,
        "newest": outcome.data.newest.isoformat(),
        **({"cause": outcome.cause} if outcome.cause else {}),
        "data": _DATA.dump_python(outcome.data, mode="json"),
    }


def dataset_outcome(document: Mapping[str, Any]) -> DatasetOutcome:
    """Read what `dataset_document` wrote; a damaged document is an unavailable dataset."""
    try:
        if document["status"] == "unavailable":
            return _UNAVAILABLE.validate_python(document)
        data = _DATA.validate_python(document["data"])
        return _DATASET.validate_python({**document, "quality": document["status"], "data": data})
    except ValidationError as error:
        # A type of columns that has changed its meaning has changed its `kind` as well.
        unknown = any(problem["type"] == "union_tag_invalid" for problem in error.errors())
        return _outdated(document) if unknown else _DAMAGED
    except KeyError:
        return _DAMAGED


def _outdated(document: Mapping[str, Any]) -> Unavailable:
    name = str(document.get("asset_key", "the dataset")).rpartition("/")[2]
    return Unavailable(
        f"{name} was stored by an earlier version, with other columns: fetch it again", "outdated"
    )


def stored_dataset(document: Mapping[str, Any]) -> StoredDataset:
    """Read what `DATASET_STATE` leaves of a dataset's document."""
    try:
        return _STORED_DATASET.validate_python(document)
    except ValidationError:
        return StoredDataset("unavailable", EPOCH, _DAMAGED.cause, _DAMAGED.reason)


def _unavailable_document(outcome: Unavailable) -> Document:
    return {"status": "unavailable", "reason": outcome.reason, "cause": outcome.cause}


def metric_document(outcome: MetricOutcome) -> Document:
    """Write a metric's outcome."""
    if isinstance(outcome, Unavailable):
        return _unavailable_document(outcome)
    document: Document = _READING.dump_python(outcome, mode="json")
    return {"status": outcome.quality, **document}


def metric_outcome(document: Mapping[str, Any]) -> MetricOutcome:
    """Read what `metric_document` wrote; a damaged document is an unavailable metric."""
    try:
        if document["status"] == "unavailable":
            return _UNAVAILABLE.validate_python(document)
        return _READING.validate_python(document)
    except (KeyError, ValidationError):
        return _DAMAGED


def snapshot_document(snapshot: Snapshot) -> Document:
    """Write a snapshot as `insight_snapshots` holds it."""
    document: Document = _SNAPSHOT.dump_python(snapshot)
    return document | {"date": midnight(snapshot.date)}


def snapshot_of(document: Mapping[str, Any]) -> Snapshot:
    """Read what `snapshot_document` wrote; ValueError if it is something else."""
    day = document.get("date")
    return _SNAPSHOT.validate_python(
        {**_upgraded(document), "date": day.date() if isinstance(day, datetime) else None}
    )


def _upgraded(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read a document of version 1, which has only the reasons of what is unavailable."""
    reasons = document.get("unavailable")
    if document.get("schema_version") != 1 or not isinstance(reasons, Mapping):
        return document
    unavailable = {id_: {"reason": reason} for id_, reason in reasons.items()}
    return {**document, "unavailable": unavailable}


def snapshot_fields(snapshot: Snapshot) -> Document:
    """Write a snapshot as JSON: ISO dates, no binary types."""
    fields: Document = _SNAPSHOT.dump_python(snapshot, mode="json")
    return fields | {"created_at": stamp(snapshot.created_at)}


def snapshot_json(snapshot: Snapshot, *, database: str, cached_at: datetime) -> bytes:
    """Write a snapshot as Redis holds it: its JSON, whose it is, and when it was cached."""
    origin = {"database": database, "cached_at": stamp(cached_at)}
    return json.dumps(snapshot_fields(snapshot) | origin).encode()


def snapshot_of_json(text: bytes, database: str) -> Snapshot:
    """Read what `snapshot_json` wrote for `database`; ValueError if it is something else."""
    document = from_json(text)  # refuses what is nested without end as ValueError, too
    if not isinstance(document, dict):
        raise ValueError("it is no snapshot")  # noqa: TRY004  (the callers expect one kind)
    if document.get("database") != database:
        raise ValueError("it is of another database")
    return _SNAPSHOT.validate_python(_upgraded(document))


def stamp(instant: datetime) -> str:
    """Write an instant so that the later of two is also the later text."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")
