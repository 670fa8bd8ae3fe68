"""Datasets of several symbols: what holds where some of them could not be had."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from insights_assets.datasets.fetching import Fetched
from insights_assets.model.outcomes import Cause, Unavailable, reason_for_all

T = TypeVar("T")

# What a person or a sensor should act on first.
URGENCY: tuple[Cause, ...] = ("quota", "outage", "late", "refused", "data")


def by_symbol(
    symbols: Sequence[str], answers: Sequence[Fetched[T] | Unavailable]
) -> Mapping[str, T | Unavailable]:
    """Return what the answers hold, by the symbol that each was about."""
    return {
        symbol: answer if isinstance(answer, Unavailable) else answer.value
        for symbol, answer in zip(symbols, answers, strict=True)
    }


def too_few_symbols(available: int, missing: Mapping[str, Unavailable]) -> Unavailable | None:
    """Say so where fewer than half of the symbols are there."""
    wanted = available + len(missing)
    if 2 * available >= wanted and available:
        return None
    reason = reason_for_all(missing, wanted)
    return Unavailable(
        reason if not available else f"only {available} of {wanted} symbols could be had: {reason}",
        most_urgent(missing),
    )


def most_urgent(missing: Mapping[str, Unavailable]) -> Cause:
    """Return the cause to act on first."""
    causes = {gap.cause for gap in missing.values()}
    return next((cause for cause in URGENCY if cause in causes), "data")


def reasons(missing: Mapping[str, Unavailable]) -> dict[str, str]:
    """Return the reason for each symbol, as it is stored."""
    return {symbol: gap.reason for symbol, gap in missing.items()}
