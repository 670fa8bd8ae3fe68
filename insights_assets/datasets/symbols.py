"""Datasets of several symbols: what holds where some of them could not be had."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from insights_assets.datasets.fetching import Fetched, most_urgent
from insights_assets.model.outcomes import Unavailable, reason_for_all

T = TypeVar("T")


def by_symbol(
    symbols: Sequence[str], fetches: Sequence[Fetched[T] | Unavailable]
) -> Mapping[str, T | Unavailable]:
    """Return what the answers hold, by the symbol that each was about."""
    return {
        symbol: fetched if isinstance(fetched, Unavailable) else fetched.value
        for symbol, fetched in zip(symbols, fetches, strict=True)
    }


def too_few_symbols(available: int, missing: Mapping[str, Unavailable]) -> Unavailable | None:
    """Return Unavailable where fewer than half of the symbols are there."""
    wanted = available + len(missing)
    if 2 * available >= wanted and available:
        return None
    reason = reason_for_all(missing, wanted)
    return Unavailable(
        reason if not available else f"only {available} of {wanted} symbols could be had: {reason}",
        most_urgent(missing),
    )


def reasons(missing: Mapping[str, Unavailable]) -> dict[str, str]:
    """Return the reason for each symbol, as it is stored."""
    return {symbol: gap.reason for symbol, gap in missing.items()}
