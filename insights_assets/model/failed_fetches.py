"""Which days of which datasets a run could not have, although asking again may bring them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

from insights_assets.model.category import Category
from insights_assets.model.outcomes import Cause, DatasetId, DatasetOutcome, Unavailable
from insights_assets.model.snapshot import MINIMUM_COVERAGE

# Late data did not fail: they are not out yet.
PASSING: tuple[Cause, ...] = ("outage", "quota", "data")
NOT_THE_VENDORS: tuple[Cause, ...] = ("absent", "outdated")

FailedFetches: TypeAlias = Mapping[DatasetId, Mapping[date, Unavailable]]


def failed_fetches(
    fetched: Mapping[DatasetId, Mapping[date, DatasetOutcome]],
    stored: Mapping[DatasetId, Mapping[date, DatasetOutcome]],
    categories: Sequence[Category],
    days: Sequence[date],
) -> FailedFetches:
    """Return what of `fetched` to ask the vendor for again, and why it is not there.

    That is what failed for a passing reason, also where an older value serves meanwhile. Where one
    of the `categories` gets no snapshot, it is whatever the vendor did not give: a plan, a key or
    a history may be mended by then. `stored` are the other datasets of the categories.
    """
    failed: dict[DatasetId, dict[date, Unavailable]] = {}
    known = {**stored, **fetched}
    for day in days:
        needed = {
            id_
            for category in categories
            if _coverage(category, known, day) < MINIMUM_COVERAGE
            for id_ in category.datasets
        }
        for id_, outcomes in fetched.items():
            outcome = outcomes[day]
            if _passes(outcome) or (id_ in needed and _vendor_lacks(outcome)):
                reason = Unavailable(outcome.reason, outcome.cause or "data")
                failed.setdefault(id_, {})[day] = reason
    return failed


def resume_from(failed: FailedFetches) -> date | None:
    """Return the first day for which the vendor's daily limit left nothing."""
    return min(
        (
            day
            for by_day in failed.values()
            for day, unavailable in by_day.items()
            if unavailable.cause == "quota"
        ),
        default=None,
    )


def _coverage(
    category: Category, known: Mapping[DatasetId, Mapping[date, DatasetOutcome]], day: date
) -> float:
    return category.coverage(
        [id_ for id_ in category.datasets if not isinstance(known[id_][day], Unavailable)]
    )


def _passes(outcome: DatasetOutcome) -> bool:
    is_whole = not isinstance(outcome, Unavailable) and outcome.quality == "fresh"
    return not is_whole and outcome.cause in PASSING


def _vendor_lacks(outcome: DatasetOutcome) -> bool:
    return isinstance(outcome, Unavailable) and outcome.cause not in NOT_THE_VENDORS
