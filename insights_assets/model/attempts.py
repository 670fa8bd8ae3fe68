"""When a repair is tried again, and when that ends: counted from the attempts made so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from insights_assets.model.repair import Repair, Waiting, clock

# Filling Redis costs no request and readers wait for it: at once, then twice a minute later.
BEHIND_AT_FIRST = (timedelta(0), timedelta(minutes=1), timedelta(minutes=1))
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Attempts:
    """The repairs of a day for one reason, as Dagster's run records tell.

    `last_end` is the end of the last run for the day, whatever started it.
    """

    made: int = 0
    made_within_a_day: int = 0
    last_end: datetime | None = None
    running: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The repair should be requested now, as its attempt number `attempt`."""

    repair: Repair
    attempt: int

    @property
    def day(self) -> date:
        """Return the day to repair."""
        return self.repair.day


@dataclass(frozen=True, slots=True)
class GivenUp:
    """All attempts are made: a person has to look."""

    repair: Repair
    why: str

    @property
    def day(self) -> date:
        """Return the day that stays as it is."""
        return self.repair.day


Decision: TypeAlias = Due | Waiting | GivenUp


def decide(
    repair: Repair, attempts: Attempts, backoff: Sequence[timedelta], now: datetime
) -> Decision:
    """Say whether `repair` is requested now: never two at once, each later than the one before."""
    if attempts.running:
        return Waiting(repair.day, f"{repair.finding}; {attempts.running} is on its way")
    made, delays = attempts.made, tuple(backoff)
    if repair.reason == "behind":
        made, delays = attempts.made_within_a_day, (*BEHIND_AT_FIRST, *backoff)
    if made >= len(delays):
        return GivenUp(
            repair,
            f"{repair.finding}; {made} attempts did not help and no more are made: look at the"
            " last run, and materialize the day by hand once the cause is gone",
        )
    ended = max(filter(None, (repair.since, attempts.last_end)), default=None)
    due = ended + delays[made] if ended else now
    if now < due:
        return Waiting(repair.day, f"{repair.finding}; attempt {made + 1} follows at {clock(due)}")
    return Due(repair, attempts.made + 1)
