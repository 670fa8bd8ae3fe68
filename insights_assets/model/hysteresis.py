"""When a score has really changed its band: not each time that it touches the next one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from insights_assets.model.dates import previous_session
from insights_assets.model.scores import Bands, Status

INSIDE = 2.0  # points beyond the edge of the old band
LONGEST_GAP_DAYS = 7  # across more than that nothing is compared


@dataclass(frozen=True, slots=True)
class Crossing:
    """The band changed on `day`; `last_inside` is the newest day that was in the old one."""

    day: date
    before: Status
    after: Status
    last_inside: date


def crossings(bands: Bands, scores: Iterable[tuple[date, float]]) -> list[Crossing]:
    """Return when the score, oldest day first, changed its band for good.

    It has once it is two points beyond the edge of the old band, or was outside of it for a second
    session: a weekend that repeats Friday's numbers is not one.
    """
    crossed: list[Crossing] = []
    settled: Status | None = None
    inside = outside_since = date.min
    previous = date.min
    for day, score in scores:
        band = bands.status(score)
        if settled is None or (day - previous).days > LONGEST_GAP_DAYS:
            settled, inside = band, day
        elif band == settled:
            inside = day
        else:
            if inside == previous:
                outside_since = day
            if _beyond(bands, settled, score) or previous_session(day) >= outside_since:
                crossed.append(Crossing(day, settled, band, inside))
                settled, inside = band, day
        previous = day
    return crossed


def _beyond(bands: Bands, settled: Status, score: float) -> bool:
    """Return whether `score` has left the band `settled` by more than it may by accident."""
    lower, upper = bands.edges(settled)
    return score <= lower - INSIDE or score >= upper + INSIDE
