"""Daily bars: a mean-reverting walk around a slow trend, quoted as traded."""

from datetime import date
from functools import lru_cache
from math import exp, log

from insights_assets.simulator.market_days import FIRST_DAY, sessions
from insights_assets.simulator.source import Row
from insights_assets.simulator.synthetic.rng import rng_for

_SPLITS = {"NVDA": {"2021-07-20": 4, "2024-06-10": 10}}
"""The two real splits in reach: code that reads unadjusted closes must break here as it would."""

_TREND = 0.08 / 252
_PULL = 0.004
_DAILY_MOVE = 0.02
_GAP = 0.006
_WICK = 0.007


@lru_cache(maxsize=64)
def daily_prices(seed: int, symbol: str, through_year: int) -> tuple[Row, ...]:
    """The symbol's sessions from 2010 to the end of a year.

    The walk is drawn in today's shares and continuous; a price as traded is that many times
    higher before a split, and its volume that many times smaller.
    """
    splits = _SPLITS.get(symbol, {})
    shares = 1  # how many of today's shares one share was
    for ratio in splits.values():
        shares *= ratio

    rng = rng_for(seed, symbol)
    start = log(rng.uniform(40, 160) / shares**0.5)
    usual_volume = rng.uniform(5e6, 60e6)
    level = start
    rows = []
    for n, day in enumerate(sessions(FIRST_DAY, date(through_year, 12, 31))):
        stamp = day.isoformat()
        split = splits.get(stamp, 1)
        shares //= split
        move = _PULL * (start + _TREND * n - level) + rng.gauss(_TREND, _DAILY_MOVE)
        opened, level = exp(level + rng.gauss(0, _GAP)), level + move
        closed = exp(level)
        high = max(opened, closed) * (1 + abs(rng.gauss(0, _WICK)))
        low = min(opened, closed) * (1 - abs(rng.gauss(0, _WICK)))
        volume = usual_volume / shares * exp(rng.gauss(0, 0.25)) * (1 + 10 * abs(move))
        close = round(closed * shares, 2)
        rows.append(
            Row(
                stamp,
                (
                    str(round(opened * shares, 2)),
                    str(round(high * shares, 2)),
                    str(round(low * shares, 2)),
                    str(close),
                    str(close / shares),
                    str(int(volume)),
                    "0.0000",
                    str(float(split)),
                ),
            )
        )
    return tuple(rows)
