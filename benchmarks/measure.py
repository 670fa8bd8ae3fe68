"""Alternating rounds, and what a part of the measurements has to say."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

QUICK = "--quick" in sys.argv  # to see that everything still works: one round, and little of all
ROUNDS = 1 if QUICK else 5


@dataclass(frozen=True, slots=True)
class Target:
    """What had to be reached: `value` at most (or at least) `limit`."""

    what: str
    value: float
    limit: float
    unit: str = "×"
    at_least: bool = False
    why: str = ""
    """Where the time goes and what was tried, for the reader of a target that is missed."""

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Bars:
    """One panel of the plot: a bar for each name; what is ours begins with "ours"."""

    title: str
    unit: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the results: a table with a sentence on how it was measured."""

    title: str
    how: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    targets: Sequence[Target] = field(default=())
    bars: Bars | None = None


def alternate(
    contestants: Mapping[str, Callable[[], object]],
    before: Callable[[], object] = lambda: None,
    rounds: int = ROUNDS,
) -> dict[str, list[float]]:
    """Time each contestant in turn, in seconds, round after round; the first only warms up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, run in contestants.items():
            before()
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    return {name: seconds[1:] for name, seconds in times.items()}


def spread(times: Sequence[float], unit: str = "s", digits: int = 2) -> str:
    """Write a median and the range it was found in."""
    low, middle, high = (f"{f(times):.{digits}f}" for f in (min, statistics.median, max))
    return f"{middle} {unit} ({low} to {high})"


def ratio(times: Sequence[float], reference: Sequence[float]) -> float:
    """Divide the medians."""
    return statistics.median(times) / statistics.median(reference)
