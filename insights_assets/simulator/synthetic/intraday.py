"""Half-hour bars: a path through one daily bar that opens, tops, bottoms and closes with it."""

from datetime import date
from itertools import pairwise

from insights_assets.simulator.market_days import bar_starts
from insights_assets.simulator.source import Row
from insights_assets.simulator.synthetic.rng import rng_for

_BUSY_EDGES = 2.5
"""How much busier the first and last half hour are than noon."""


def session_bars(seed: int, symbol: str, day: Row) -> list[Row]:
    """The bars of one session, oldest first: 13, or 7 when it closes early."""
    open_, high, low, close = map(float, day.fields[:4])
    rng = rng_for(seed, symbol, day.stamp)
    starts = bar_starts(date.fromisoformat(day.stamp))
    count = len(starts)

    # A walk, tilted so that it ends at the close and folded into the day's range.
    walk = [0.0]
    for _ in range(count):
        walk.append(walk[-1] + rng.gauss(0, (high - low) / count**0.5 / 2))
    tilt = (close - open_ - walk[-1]) / count
    knots = [min(max(open_ + w + tilt * n, low), high) for n, w in enumerate(walk)]
    knots[-1] = close

    wick = (high - low) / 20
    bars = [
        [
            first,
            min(max(first, last) + rng.random() * wick, high),
            max(min(first, last) - rng.random() * wick, low),
            last,
        ]
        for first, last in pairwise(knots)
    ]
    max(bars, key=lambda bar: bar[1])[1] = high
    min(bars, key=lambda bar: bar[2])[2] = low

    volumes = _shared_out(int(day.fields[5]), _u_shape(count))
    return [
        Row(start, (*(f"{price:.4f}" for price in bar), str(volume)))
        for start, bar, volume in zip(starts, bars, volumes, strict=True)
    ]


def _u_shape(count: int) -> list[float]:
    middle = (count - 1) / 2
    return [1 + (_BUSY_EDGES - 1) * ((n - middle) / middle) ** 2 for n in range(count)]


def _shared_out(total: int, weights: list[float]) -> list[int]:
    parts = [int(total * weight / sum(weights)) for weight in weights]
    parts[-1] += total - sum(parts)
    return parts
