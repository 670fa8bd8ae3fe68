"""Treasury yields: a mean-reverting 2-year rate and a mean-reverting spread above it."""

from datetime import date
from functools import lru_cache

from insights_assets.simulator.market_days import FIRST_DAY, is_federal_holiday, weekdays
from insights_assets.simulator.source import Row
from insights_assets.simulator.synthetic.rng import rng_for

_LOWEST, _HIGHEST = 0.3, 5.5


@lru_cache(maxsize=8)
def yields(seed: int, maturity: str, through_year: int) -> tuple[Row, ...]:
    """The maturity's yield in percent, weekday by weekday, `.` on federal holidays.

    Both maturities are drawn from the same throws, so that the curve they make is one curve.
    """
    rng = rng_for(seed, "treasury")
    two_year, spread = rng.uniform(1.5, 4.0), rng.uniform(0.2, 1.4)
    rows = []
    for day in weekdays(FIRST_DAY, date(through_year, 12, 31)):
        two_year = _bounded(two_year + 0.0015 * (2.8 - two_year) + rng.gauss(0, 0.05))
        spread += 0.004 * (0.8 - spread) + rng.gauss(0, 0.035)
        percent = two_year if maturity == "2year" else _bounded(two_year + spread)
        value = "." if is_federal_holiday(day) else f"{percent:.2f}"
        rows.append(Row(day.isoformat(), (value,)))
    return tuple(rows)


def _bounded(percent: float) -> float:
    return min(max(percent, _LOWEST), _HIGHEST)
