"""What became of a dataset or a metric: a value with its provenance, or unavailable with a reason.

A failure travels as a value: Dagster skips everything below a step that raised, and one missing
input must cost its own metrics only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, TypeAlias, get_args, runtime_checkable

DatasetId: TypeAlias = str
"""The name of a dataset, as `insights_assets.datasets` registers it."""

VendorId: TypeAlias = Literal["alpha_vantage", "fred"]
Source: TypeAlias = VendorId | Literal["simulator", "replay", "imported"]
VENDOR_IDS: tuple[VendorId, ...] = get_args(VendorId)
STAND_INS: tuple[Source, ...] = ("simulator", "replay")
Quality: TypeAlias = Literal["fresh", "partial", "stale"]
Cause: TypeAlias = Literal["outage", "quota", "refused", "late", "data", "absent", "outdated"]


@runtime_checkable
class DatasetData(Protocol):
    """What a dataset holds for one day, as columns of plain values."""

    @property
    def kind(self) -> str:
        """Name the type in a stored document."""

    @property
    def rows(self) -> int:
        """Count the rows."""

    @property
    def newest(self) -> date:
        """Return the day of the newest observation."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """There is no value, and `reason` says why in one plain sentence.

    `cause` says what could mend it: an *outage* ends by itself, the *quota* at midnight, a
    *refused* request needs an operator, *late* data waits for its publication, bad *data* for a
    better answer, what is *absent* was never fetched or can be had by nobody, and what is
    *outdated* was stored by an earlier version and has to be fetched again.
    """

    reason: str
    cause: Cause = "data"


@dataclass(frozen=True, slots=True)
class Dataset:
    """The data of one dataset, as known for one day.

    *partial*: some of several symbols are missing, or the newest of what there should be; *stale*:
    stored for an earlier day, because the fetch failed. `cause` tells what made it so.
    """

    data: DatasetData
    quality: Quality
    reason: str
    source: Source
    fetched_at: datetime
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a formula finds: the raw `value`, the risk `score` (0 to 100), one sentence."""

    value: float
    score: float
    summary: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric's measurement on one day, with the quality and source of its datasets.

    `reason` says what a reading lacks that is not fresh.
    """

    value: float
    score: float
    summary: str
    quality: Quality
    source: Source
    reason: str = ""


DatasetOutcome: TypeAlias = Dataset | Unavailable
MetricOutcome: TypeAlias = Reading | Unavailable


def reasons_by_name(missing: Mapping[str, Unavailable]) -> str:
    """Say why things are missing: each reason once, after the names that share it."""
    names: dict[str, list[str]] = {}
    for name, unavailable in missing.items():
        names.setdefault(unavailable.reason, []).append(name)
    return "; ".join(f"{', '.join(shared)}: {reason}" for reason, shared in names.items())


def reason_for_all(missing: Mapping[str, Unavailable], wanted: int) -> str:
    """Say why some of `wanted` things are missing; one reason for all of them says it all."""
    reasons = {unavailable.reason for unavailable in missing.values()}
    if len(reasons) == 1 and len(missing) == wanted:
        return reasons.pop()
    return reasons_by_name(missing)


def is_real(source: Source) -> bool:
    """Distinguish data of the world from those of a stand-in, which may never meet."""
    return source not in STAND_INS


def common_source(sources: Iterable[Source]) -> Source:
    """Return the one source to name: where several meet, the least real of them."""
    distinct = set(sources)
    ranked: tuple[Source, ...] = (*STAND_INS, "imported", *VENDOR_IDS)
    return next(source for source in ranked if source in distinct)
