"""The days that a history lacks, and what becomes of each: filled in the background, or named.

The repair asks about the last few days, one at a time; whatever is missing before them is a gap.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TypeAlias

from insights_assets.model.dates import days_between
from insights_assets.model.repair import clock

# A range costs few requests however long it is, but none is made in vain forever.
NAMED = 3  # gaps that a sentence names
PAUSES = (timedelta(0), timedelta(hours=1), timedelta(hours=6))


@dataclass(frozen=True, slots=True)
class Gap:
    """Days in a row of which the same categories have no snapshot."""

    first: date
    last: date
    categories: tuple[str, ...]

    @property
    def days(self) -> int:
        """Count the days."""
        return (self.last - self.first).days + 1

    @property
    def command(self) -> str:
        """Return the command that fills the gap."""
        command = f"insights backfill --from {self.first} --to {self.last}"
        alone = f" --category {self.categories[0]}" if len(self.categories) == 1 else ""
        return command + alone

    def __str__(self) -> str:
        """Name the days and the categories."""
        days = str(self.first) if self.days == 1 else f"{self.first} to {self.last}"
        return f"{', '.join(self.categories)}: {days}"


@dataclass(frozen=True, slots=True)
class Filling:
    """The gap should be filled by a run now, which is attempt number `attempt`."""

    gap: Gap
    attempt: int


@dataclass(frozen=True, slots=True)
class Left:
    """No run is requested for the gap now; `for_people` if none ever will be."""

    gap: Gap
    why: str
    for_people: bool = False


GapDecision: TypeAlias = Filling | Left


@dataclass(frozen=True, slots=True)
class Filled:
    """The runs so far that covered a whole gap in order to fill it."""

    made: int = 0
    last_end: datetime | None = None


def find_gaps(stored: Mapping[str, Collection[date]], first: date | None, last: date) -> list[Gap]:
    """Return the gaps up to `last`, oldest first.

    `stored` are the days of each category that have a snapshot. A history begins with `first`
    where history was asked for, otherwise with the first snapshot of its category.
    """
    begins = {id_: first or min(days) for id_, days in stored.items() if first or days}
    if not begins:
        return []

    def lacking(day: date) -> tuple[str, ...]:
        return tuple(id_ for id_, begin in begins.items() if begin <= day not in stored[id_])

    gaps = []
    for categories, group in groupby(days_between(min(begins.values()), last), key=lacking):
        days = list(group)
        if categories:
            gaps.append(Gap(days[0], days[-1], categories))
    return gaps


def decide_gap(gap: Gap, filled: Filled, longest: int, now: datetime) -> GapDecision:
    """Say whether `gap` is filled now, if nothing else is on its way; `longest` in days."""
    by_hand = f"`{gap.command}` fills it"
    if gap.days > longest:
        return Left(
            gap,
            f"{gap.days} days are more than are filled by themselves: {by_hand}",
            for_people=True,
        )
    if filled.made >= len(PAUSES):
        return Left(
            gap,
            f"{filled.made} attempts did not fill it and no more are made: look at the last run;"
            f" once the cause is gone, {by_hand}",
            for_people=True,
        )
    due = filled.last_end + PAUSES[filled.made] if filled.last_end else now
    if now < due:
        return Left(gap, f"attempt {filled.made + 1} follows at {clock(due)}")
    return Filling(gap, filled.made + 1)


NEXT = "filled once nothing else runs"


def in_words(decisions: Sequence[GapDecision]) -> str:
    """Say in one sentence what is missing before the last days, and what becomes of it."""
    newest = [
        f"{decision.gap}, {decision.why if isinstance(decision, Left) else NEXT}"
        for decision in reversed(decisions)
    ]
    rest = len(newest) - NAMED
    text = "; ".join(newest[:NAMED])
    if rest <= 0:
        return text
    older = "1 older gap" if rest == 1 else f"{rest} older gaps"
    return f"{text}; and {older}, which `insights gaps` names"
