"""How a dataset asks for data: a query and its parser in, a value with its provenance out."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeAlias, TypeVar

from insights_assets.model.outcomes import (
    Cause,
    Dataset,
    DatasetData,
    DatasetId,
    DatasetOutcome,
    Source,
    Unavailable,
    VendorId,
    common_source,
    reasons_by_name,
)
from insights_assets.vendors.query import Query

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T_co]):
    """A parsed answer, and where and when it was had."""

    value: T_co
    source: Source
    fetched_at: datetime


class Ask(Protocol):
    """Asks the cache, then the dataset's vendor; what went wrong comes back as unavailable."""

    async def __call__(
        self, query: Query, parse: Callable[[Query, str], T]
    ) -> Fetched[T] | Unavailable:
        """Return the answer to `query` as read by `parse`, a function of the query and the body."""
        ...


Fetch: TypeAlias = Callable[[Ask, Sequence[date], date], Awaitable[Mapping[date, DatasetOutcome]]]
"""Returns the outcome for each of the days; the last argument is today in New York."""


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """One dataset: what it is, who has it, how it is fetched, how long an older one may serve.

    `vendor` is the one to ask, `data` the type of its columns.
    `max_staleness` is in days, 0 means that nothing older is a fallback. Not even then may its
    newest observation be more than `max_age` days old. `has_history` is False for what the vendor
    tells about today only.
    """

    id: DatasetId
    description: str
    vendor: VendorId
    data: type[DatasetData]
    fetch: Fetch
    max_staleness: int = 0
    max_age: int = 0
    has_history: bool = True
    code_version: str = "1"


# What a person or a sensor should act on first.
URGENCY: tuple[Cause, ...] = ("quota", "outage", "late", "refused", "data", "absent")


def outcome(
    data: DatasetData | Unavailable,
    fetches: Iterable[Fetched[T] | Unavailable],
    gaps: Mapping[str, Unavailable] | None = None,
) -> DatasetOutcome:
    """Return `data` with the provenance of the `fetches` it was taken from, the oldest counts.

    What it lacks, by name, makes it partial.
    """
    if isinstance(data, Unavailable):
        return data
    fetched = [fetch for fetch in fetches if isinstance(fetch, Fetched)]
    return Dataset(
        data=data,
        quality="partial" if gaps else "fresh",
        reason=reasons_by_name(gaps) if gaps else f"{data.rows} rows, the newest of {data.newest}",
        cause=most_urgent(gaps) if gaps else None,
        source=common_source(fetch.source for fetch in fetched),
        fetched_at=min(fetch.fetched_at for fetch in fetched),
    )


def most_urgent(missing: Mapping[str, Unavailable]) -> Cause:
    """Return the cause to act on first."""
    causes = {gap.cause for gap in missing.values()}
    return next((cause for cause in URGENCY if cause in causes), "data")
