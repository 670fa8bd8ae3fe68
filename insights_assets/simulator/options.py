"""What a simulator is asked to be, checked before anything starts."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from insights_assets.simulator.faults import parse_fault
from insights_assets.simulator.market_days import FIRST_DAY
from insights_assets.simulator.plan import PLANS


@dataclass(frozen=True)
class SimulatorOptions:
    """The settings of one simulator; a wrong one is a ValueError with one plain sentence.

    `SimulatorOptions()` invents history, `SimulatorOptions(data=folder)` replays a recorded one,
    `SimulatorOptions(plan="free")` refuses what the vendor's free plan does not grant,
    `SimulatorOptions(until=day)` behaves as if `day` were today,
    `SimulatorOptions(faults=("TREASURY_YIELD:2year=http500*3",))` fails three times.
    """

    data: Path | None = None
    latency_ms: int = 0
    faults: tuple[str, ...] = ()
    seed: int = 7
    until: date | None = None
    articles_per_day: int = 10
    plan: str | None = None

    def __post_init__(self) -> None:
        if self.latency_ms < 0:
            raise ValueError(f"The latency must be 0 ms or more, not {self.latency_ms} ms.")
        if self.articles_per_day < 0:
            raise ValueError(
                f"The articles per day must be 0 or more, not {self.articles_per_day}."
            )
        if self.until is not None and self.until < FIRST_DAY:
            raise ValueError(
                f"The last day to serve must be {FIRST_DAY} or later, not {self.until}."
            )
        if self.plan is not None and self.plan not in PLANS:
            raise ValueError(f"The plan must be one of {', '.join(PLANS)}, not {self.plan}.")
        for fault in self.faults:
            parse_fault(fault)
