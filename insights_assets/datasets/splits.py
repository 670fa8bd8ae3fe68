"""Whether adjusted prices know the splits that the same answer reports.

Until the vendor has worked a split into its history, the days before it stand tenfold too high
beside those after it: a crash that nobody suffered.
"""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from math import log

from insights_assets.vendors import coerce

SMALLEST = log(1.5)  # below are stock dividends, which a fall of the day could hide


def unadjusted_split(sessions: Mapping[date, Mapping[str, object]], newest: int) -> date | None:
    """Return the day of a split, among the `newest` sessions, that the prices before it lack.

    An adjusted close is the close divided by the coefficients of all later splits: at a split,
    the quotient of the two has to move by its coefficient.
    """
    for before, day in pairwise(sorted(sessions)[-newest:]):
        coefficient = coerce.price(sessions[day].get("8. split coefficient"))
        split = log(coefficient) if coefficient else 0.0
        if abs(split) < SMALLEST:
            continue
        factors = _factor(sessions[before]), _factor(sessions[day])
        if factors[0] and factors[1] and abs(log(factors[1] / factors[0])) < abs(split) / 2:
            return day
    return None


def _factor(session: Mapping[str, object]) -> float | None:
    adjusted, close = (coerce.price(session.get(f)) for f in ("5. adjusted close", "4. close"))
    return adjusted / close if adjusted and close else None
