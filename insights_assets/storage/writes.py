"""Writes that succeed, or say which documents met a unique index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from insights_assets.storage.documents import Document
from insights_assets.storage.mongo_errors import duplicates


@dataclass(frozen=True, slots=True)
class Write:
    """A document to be upserted, over one of its `_id` that also matches `over`."""

    document: Document
    over: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Return the name of the document."""
        return str(self.document["_id"])

    def operation(self) -> ReplaceOne[Document]:
        """Return it as the driver takes it."""
        return ReplaceOne({"_id": self.id, **self.over}, self.document, upsert=True)


@dataclass(frozen=True, slots=True)
class Refused:
    """A write that met a unique index: `other_index` if the server says it is not that of `_id`."""

    write: Write
    other_index: bool


def upsert(collection: Collection[Document], writes: Sequence[Write]) -> list[Refused]:
    """Write; return what met a unique index, raise what else went wrong.

    Two first writes at once can both try to insert, and the second then meets the index: on the
    next try it finds the document.
    """
    refused = _try(collection, writes)
    return _try(collection, [refusal.write for refusal in refused])


def _try(collection: Collection[Document], writes: Sequence[Write]) -> list[Refused]:
    if not writes:
        return []
    try:
        collection.bulk_write([write.operation() for write in writes], ordered=False)
    except BulkWriteError as error:
        met = duplicates(error)
        if met is None:
            raise
        return [
            Refused(writes[problem["index"]], problem.get("keyPattern", {"_id": 1}) != {"_id": 1})
            for problem in met
        ]
    return []
