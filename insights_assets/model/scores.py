"""From raw values to scores (0 calm to 100 alarming) and from scores to bands."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["low", "normal", "elevated", "high"]


def score(fraction: float) -> float:
    """Return 100 * clip01(`fraction`), rounded to 2 decimals."""
    return round(100 * min(max(fraction, 0.0), 1.0), 2)


@dataclass(frozen=True, slots=True)
class Bands:
    """The scores at which each band begins; everything below `normal` is low."""

    normal: float
    elevated: float
    high: float

    def edges(self, status: Status) -> tuple[float, float]:
        """Return the score at which the band `status` begins, and the one at which it ends."""
        return {
            "low": (-math.inf, self.normal),
            "normal": (self.normal, self.elevated),
            "elevated": (self.elevated, self.high),
            "high": (self.high, math.inf),
        }[status]

    def status(self, value: float) -> Status:
        """Name the band that the score `value` falls into."""
        if value < self.normal:
            return "low"
        if value < self.elevated:
            return "normal"
        if value < self.high:
            return "elevated"
        return "high"
