"""What may serve for a dataset that could not be fetched: what was stored earlier."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta

from insights_assets.model.dates import NEW_YORK
from insights_assets.model.outcomes import Dataset, DatasetOutcome, Quality, Unavailable

FETCH_FAILED = ("outage", "quota", "refused")


def fall_back(
    failed: DatasetOutcome,
    day: date,
    stored: Mapping[date, DatasetOutcome],
    *,
    max_staleness: int,
    max_age: int,
) -> DatasetOutcome:
    """Return what `stored` offers for `day` instead of `failed`, or `failed` itself.

    What was stored for `day`, and fetched on it or later, is what was known then, and stays. What
    was stored for an earlier day, at most `max_staleness` days ago, is stale; it serves only
    where the fetch failed, because a fetch that succeeded has seen at least as much. Where
    `failed` is partial, only what was stored whole for `day` is better.
    """
    own = stored.get(day)
    better: tuple[Quality, ...] = (
        ("fresh", "partial") if isinstance(failed, Unavailable) else ("fresh",)
    )
    if own and serves(own, day, better):
        return own
    if isinstance(failed, Dataset):
        return failed
    if failed.cause in FETCH_FAILED:
        for age in range(1, max_staleness + 1):
            earlier = day - timedelta(days=age)
            older = _fresh(stored.get(earlier))
            if older and (day - older.data.newest).days <= max_age:
                return replace(
                    older,
                    quality="stale",
                    reason=f"as stored for {earlier}, because {failed.reason}",
                    cause=failed.cause,
                )
    return failed


def serves(own: DatasetOutcome, day: date, qualities: Collection[Quality]) -> bool:
    """Return whether what is stored for `day` was known then, and is of one of the qualities."""
    return (
        isinstance(own, Dataset)
        and own.quality in qualities
        and own.fetched_at.astimezone(NEW_YORK).date() >= day
    )


def _fresh(outcome: DatasetOutcome | None) -> Dataset | None:
    return outcome if isinstance(outcome, Dataset) and outcome.quality == "fresh" else None
