"""What is stored for a day, as far as its repair needs to know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from insights_assets.model.dates import NEW_YORK
from insights_assets.model.outcomes import Cause, DatasetId
from insights_assets.model.snapshot import Snapshot

MENDED_BY_WAITING: tuple[Cause, ...] = ("outage", "quota", "late", "data")
ANSWERS_ARE_CACHED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """What is stored of a dataset for one day, without its columns."""

    status: Literal["fresh", "partial", "stale", "unavailable"]
    written_at: datetime
    cause: Cause | None = None
    reason: str = ""

    def asked_again_at(self) -> datetime | None:
        """Return when asking the vendor again makes sense, None if waiting mends nothing."""
        if self.status == "fresh" or self.cause not in MENDED_BY_WAITING:
            return None
        if self.cause == "quota":
            tomorrow = self.written_at.astimezone(NEW_YORK).date() + timedelta(days=1)
            return datetime.combine(tomorrow, time(), NEW_YORK)
        if self.cause == "late":
            return self.written_at + ANSWERS_ARE_CACHED
        return self.written_at


@dataclass(frozen=True, slots=True)
class StoredDay:
    """What is stored for one day: its datasets, and its snapshot for each category.

    `today_only` are the datasets that cannot be had once the day is over.
    """

    day: date
    datasets: Mapping[DatasetId, StoredDataset]
    snapshots: Mapping[str, Snapshot]
    today_only: Collection[DatasetId] = ()
