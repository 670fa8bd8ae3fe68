"""The collections, and the indexes that keep them unique and let them expire."""

import logging
from dataclasses import dataclass

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from insights_assets.storage.documents import Document
from insights_assets.storage.errors import StoreRefused
from insights_assets.storage.mongo_errors import (
    DUPLICATE_KEY,
    INDEX_CONFLICTS,
    MIGRATE,
    RIGHTS,
    UNAUTHORIZED,
    refused_because,
)

logger = logging.getLogger(__name__)

SNAPSHOTS, DATASETS, METRICS = "insight_snapshots", "insight_datasets", "insight_metrics"
INDEX_OPTIONS_CONFLICT = 85

# What names the one document of a day in each collection.
NAMED_BY = {SNAPSHOTS: "category_id", DATASETS: "asset_key", METRICS: "asset_key"}
WRITTEN_AT = {SNAPSHOTS: "created_at", DATASETS: "written_at", METRICS: "written_at"}


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days documents are kept after they were written; 0 is forever."""

    datasets: int = 400
    snapshots: int = 0

    def days(self, collection: str) -> int:
        """Return for how many days the documents of a collection are kept."""
        return self.snapshots if collection == SNAPSHOTS else self.datasets


def ensure_indexes(database: Database[Document], retention: Retention) -> None:
    """Create the unique and the TTL indexes; what is there already stays as it is.

    Documents expire by the time of their writing, not by their date: a backfill of old dates
    would otherwise be deleted at once.
    """
    for name in NAMED_BY:
        ensure_unique(database[name])
        expire(database[name], WRITTEN_AT[name], retention.days(name))


def unique_keys(collection: str) -> list[tuple[str, int]]:
    """Return the keys of the index that leaves one document for each name and day."""
    return [(NAMED_BY[collection], ASCENDING), ("date", DESCENDING)]


def ensure_unique(collection: Collection[Document]) -> None:
    """Create the unique index of one of the three collections, or say what is in its way."""
    keys = unique_keys(collection.name)
    try:
        collection.create_index(keys, unique=True)
    except OperationFailure as error:
        if error.code == UNAUTHORIZED and is_unique(collection):
            return
        fields = " and ".join(field for field, _ in keys)
        where = f"{collection.name} in the database {collection.database.name}"
        if error.code in INDEX_CONFLICTS:
            raise StoreRefused(
                f"The collection {where} has an index of {fields} that allows several documents a"
                f" day, as that of an earlier system does: {MIGRATE}."
            ) from None
        if error.code == DUPLICATE_KEY:
            raise StoreRefused(
                f"The collection {where} holds several documents of one day, as that of an earlier"
                f" system does: {MIGRATE}."
            ) from None
        raise


def is_unique(collection: Collection[Document]) -> bool:
    """Return whether the unique index is there."""
    fields = [field for field, _ in unique_keys(collection.name)]
    return any(
        index.get("unique") and [field for field, _ in index["key"]] == fields
        for index in collection.index_information().values()
    )


def expire(collection: Collection[Document], field: str, days: int) -> None:
    """Let documents expire `days` after the time in `field`; 0 keeps them forever.

    Where it may not be changed, the run goes on: what is stored is right, whenever it expires.
    """
    try:
        if days == 0:
            _keep(collection, field)
        else:
            _expire(collection, field, days * 24 * 3600)
    except OperationFailure as error:
        reason = refused_because(error)
        advice = "grant its user collMod or dbAdmin once" if error.code == UNAUTHORIZED else RIGHTS
        logger.warning(
            "The retention of %s stays as it is, it could not be set to %s: %s; %s.",
            collection.name,
            f"{days} days" if days else "forever",
            reason.cause,
            advice,
        )


def _keep(collection: Collection[Document], field: str) -> None:
    for name, index in collection.index_information().items():
        if index["key"] == [(field, ASCENDING)]:
            collection.drop_index(name)


def _expire(collection: Collection[Document], field: str, seconds: int) -> None:
    try:
        collection.create_index(field, expireAfterSeconds=seconds)
    except OperationFailure as error:
        if error.code != INDEX_OPTIONS_CONFLICT:
            raise
        changed = {"keyPattern": {field: ASCENDING}, "expireAfterSeconds": seconds}
        collection.database.command("collMod", collection.name, index=changed)
