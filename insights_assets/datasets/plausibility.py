"""Prices that nobody should believe: a slip of the vendor, or a split that it forgot.

The shares that are collected here have never moved by half in a day. A price that is alone among
its neighbours is a slip, and is left out; a level that stays elsewhere, or a newest price that
nothing follows yet, is a split or worse, and makes the window unusable. Only prices of the window
are looked at, so that nothing newer than the day changes what was known.
"""

from itertools import pairwise
from math import log

from insights_assets.datasets.history import Observations, Window, too_many_dropped
from insights_assets.model.outcomes import Unavailable

FARTHEST = log(1.8)  # a day's move; the smallest split that is common, 2:1, is farther


def believable(window: Window) -> Window:
    """Return `window` without its slips, or why it cannot be believed."""
    if isinstance(window, Unavailable):
        return window
    values = window.values
    if not any(_far(values[n - 1], values[n]) for n in range(1, len(values))):
        return window
    kept = [n for n in range(len(values)) if not _slip(values, n)]
    for before, n in pairwise(kept):
        if _far(values[before], values[n]):
            return Unavailable(
                f"the price went from {values[before]:.6g} to {values[n]:.6g} on {window.dates[n]}"
                " and no split is reported: the vendor's history needs to be mended",
                "late",
            )
    unusable = too_many_dropped(len(values) - len(kept), len(kept))
    return unusable or Observations(
        tuple(window.dates[n] for n in kept), tuple(values[n] for n in kept)
    )


def _slip(values: tuple[float, ...], n: int) -> bool:
    """Whether a price is far from both neighbours, which are near each other."""
    if n == 0 or n == len(values) - 1:
        return False
    before, after = values[n - 1], values[n + 1]
    return _far(before, values[n]) and _far(values[n], after) and not _far(before, after)


def _far(one: float, other: float) -> bool:
    return abs(log(other / one)) > FARTHEST
