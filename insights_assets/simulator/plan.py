"""What the vendor's plans grant, in the words with which it refuses the rest (2026)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic

from insights_assets.simulator import refusals
from insights_assets.simulator.alpha_vantage import daily_bars, intraday_bars
from insights_assets.simulator.answer import Answer
from insights_assets.simulator.params import Query

PREMIUM = frozenset({daily_bars.FUNCTION, intraday_bars.FUNCTION})


@dataclass(frozen=True)
class Plan:
    """Requests a second, a minute and a day (None: without limit), and what is not included."""

    per_second: int
    burst: str
    per_minute: int | None = None
    per_day: int | None = None
    lacks: frozenset[str] = frozenset()


PLANS = {
    "free": Plan(1, refusals.BURST_LIMIT, per_day=25, lacks=PREMIUM),
    "premium": Plan(5, refusals.BURST_OF_A_PLAN, per_minute=75),
}


class Meter:
    """Counts what was granted under a plan, and refuses the rest."""

    def __init__(self, plan: Plan, clock: Callable[[], datetime]) -> None:
        self._plan = plan
        self._clock = clock
        self._granted: deque[float] = deque(maxlen=max(plan.per_second, plan.per_minute or 0))
        self._today: date | None = None
        self._made = 0
        self.refused_for_speed = 0

    def refusal(self, query: Query) -> Answer | None:
        """Return the vendor's refusal of this request, if its plan does not grant it."""
        plan, now = self._plan, monotonic()
        if self._within(now, 1) >= plan.per_second:
            self.refused_for_speed += 1
            return refusals.information(plan.burst)
        if plan.per_minute and self._within(now, 60) >= plan.per_minute:
            self.refused_for_speed += 1
            return refusals.information(refusals.MINUTE_LIMIT_OF_A_PLAN)
        self._granted.append(now)
        if self._today != self._clock().date():
            self._today, self._made = self._clock().date(), 0
        self._made += 1
        if plan.per_day and self._made > plan.per_day:
            return refusals.information(refusals.DAILY_LIMIT)
        if query.get("function") in plan.lacks:
            return refusals.information(refusals.PREMIUM_ENDPOINT)
        return None

    def _within(self, now: float, seconds: float) -> int:
        return sum(now - granted < seconds for granted in self._granted)
