"""Which questions fail, and how: `FUNCTION=KIND`, narrowed and counted if wished.

```
NEWS_SENTIMENT=ratelimit                  every question for news
TREASURY_YIELD:2year=http500              only this maturity
TIME_SERIES_DAILY_ADJUSTED:NVDA=nan*3     only this symbol, only the first three times
series/observations:VIXCLS=http429        FRED, only this series
```
"""

import re
from dataclasses import dataclass

from insights_assets.simulator import fred, spoiled
from insights_assets.simulator.alpha_vantage import FUNCTIONS, ipo_calendar
from insights_assets.simulator.params import Query

KINDS = (
    "timeout",
    "disconnect",
    "http500",
    "http429",
    "http403",
    "http408",
    "http425",
    "ratelimit",
    "burst2025",
    "minutelimit",
    "dailylimit",
    "dailylimit_with_key",
    "premium",
    "badkey",
    "invalid",
    "malformed",
    "empty",
    "emptyobject",
    "html",
    "truncated",
    "csv_error",
    *spoiled.KINDS,
)
ONLY = {"csv_error": (ipo_calendar.FUNCTION,)} | {
    kind: functions for kind, (functions, _) in spoiled.KINDS.items()
}
FRED_KINDS = (
    "timeout",
    "disconnect",
    "http500",
    "http429",
    "badkey",
    "vintages",
    "invalid",
    "malformed",
    "empty",
    "emptyobject",
    "html",
    "truncated",
)
_FAULT = re.compile(
    r"(?P<function>[^=:*]+)(:(?P<target>[^=:*]+))?=(?P<kind>[^=:*]+)(\*(?P<count>[1-9]\d{0,8}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Fault:
    """One kind of failure of one function, for one target or all, so often or always."""

    function: str
    kind: str
    target: str | None = None
    count: int | None = None

    def concerns(self, query: Query) -> bool:
        """Whether this fault is about this question."""
        asked = {query.get(name, "").upper() for name in ("symbol", "maturity", "series_id")}
        return query.get("function") == self.function and (
            self.target is None or self.target.upper() in asked
        )


def parse_fault(text: str) -> Fault:
    """Read `FUNCTION=KIND`; a ValueError names what is known."""
    match = _FAULT.fullmatch(text.strip())
    if not match or match["kind"] not in _kinds(match["function"]):
        raise ValueError(
            f"The fault {text!r} is not FUNCTION=KIND, FUNCTION:SYMBOL_OR_MATURITY=KIND or one of "
            f"them followed by *COUNT, with FUNCTION one of {', '.join(FUNCTIONS)} and KIND one "
            f"of {', '.join(KINDS)}; or {fred.FUNCTION}=KIND or {fred.FUNCTION}:SERIES=KIND with "
            f"KIND one of {', '.join(FRED_KINDS)}."
        )
    befallen = ONLY.get(match["kind"], FUNCTIONS)
    if match["function"] in FUNCTIONS and match["function"] not in befallen:
        raise ValueError(f"The fault {text!r} can only befall {' and '.join(befallen)}.")
    count = int(match["count"]) if match["count"] else None
    return Fault(match["function"], match["kind"], match["target"], count)


def _kinds(function: str) -> tuple[str, ...]:
    if function == fred.FUNCTION:
        return FRED_KINDS
    return KINDS if function in FUNCTIONS else ()


class FaultPlan:
    """The faults in force, each counting down its own times."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._faults = [parse_fault(text) for text in texts]
        self._done = [0] * len(self._faults)

    def take(self, query: Query) -> str | None:
        """The kind of failure that this question meets, if any; the first that fits wins."""
        for n, fault in enumerate(self._faults):
            if fault.concerns(query) and (fault.count is None or self._done[n] < fault.count):
                self._done[n] += 1
                return fault.kind
        return None
