"""The collections, and the indexes that keep them unique and let them expire."""

from dataclasses import dataclass

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from insights_assets.storage.documents import Document

SNAPSHOTS, DATASETS, METRICS = "insight_snapshots", "insight_datasets", "insight_metrics"
INDEX_OPTIONS_CONFLICT = 85


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days documents are kept after they were written; 0 is for ever."""

    datasets: int = 400
    snapshots: int = 0


def ensure_indexes(database: Database[Document], retention: Retention) -> None:
    """Create the unique and the TTL indexes; what is there already stays as it is.

    Documents expire by the time of their writing, not by their date: a backfill of old dates
    would else be deleted at once.
    """
    snapshots = database[SNAPSHOTS]
    snapshots.create_index([("category_id", ASCENDING), ("date", DESCENDING)], unique=True)
    _expire(snapshots, "created_at", retention.snapshots)
    for name in (DATASETS, METRICS):
        database[name].create_index([("asset_key", ASCENDING), ("date", DESCENDING)], unique=True)
        _expire(database[name], "written_at", retention.datasets)


def _expire(collection: Collection[Document], field: str, days: int) -> None:
    """Let documents expire `days` after the time in `field`; 0 keeps them for ever."""
    if days == 0:
        for name, index in collection.index_information().items():
            if index["key"] == [(field, ASCENDING)]:
                collection.drop_index(name)
        return
    seconds = days * 24 * 3600
    try:
        collection.create_index(field, expireAfterSeconds=seconds)
    except OperationFailure as error:
        if error.code != INDEX_OPTIONS_CONFLICT:
            raise
        changed = {"keyPattern": {field: ASCENDING}, "expireAfterSeconds": seconds}
        collection.database.command("collMod", collection.name, index=changed)
