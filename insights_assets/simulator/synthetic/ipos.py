"""The IPO calendar: invented companies that stay announced until their day has come."""

from collections.abc import Iterator
from datetime import date, timedelta
from string import ascii_uppercase

from insights_assets.simulator.alpha_vantage.ipo_calendar import COLUMNS
from insights_assets.simulator.answer import csv_lines
from insights_assets.simulator.market_days import sessions
from insights_assets.simulator.synthetic.rng import rng_for

_AHEAD = timedelta(days=90)
_BLOCK = 18
"""Days that have two or three IPOs between them: 8 to 18 in any 90 days."""

_FIELDS = ("Quantum", "Photonic", "Neural", "Orbital", "Cryogenic", "Edge", "Agentic")
_TRADES = ("Robotics", "Compute", "Networks", "Memory", "Sensors", "Logistics")


def upcoming_ipos(seed: int, today: date) -> bytes:
    """The calendar of `today` as CSV: every IPO from today to 90 days later, soonest first."""
    last = today + _AHEAD
    blocks = range(today.toordinal() // _BLOCK, last.toordinal() // _BLOCK + 1)
    ipos = [ipo for block in blocks for ipo in _ipos_of_block(seed, block)]
    coming = [ipo for ipo in ipos if today.isoformat() <= ipo[2] <= last.isoformat()]
    return csv_lines([COLUMNS, *sorted(coming, key=lambda ipo: (ipo[2], ipo[0]))])


def _ipos_of_block(seed: int, block: int) -> Iterator[tuple[str, ...]]:
    rng = rng_for(seed, "ipo", block)
    first = date.fromordinal(block * _BLOCK)
    days = sessions(first, first + timedelta(days=_BLOCK - 1))
    for number in range(rng.randint(2, 3)):
        # Many real entries have no price range yet; the vendor writes 0 and 0.
        low = rng.choice((0, 0, 4, 8, 12, 16, 20))
        high = low and low + rng.randint(1, 4)
        yield (
            _symbol(block * 3 + number),
            f"Synthetic {rng.choice(_FIELDS)} {rng.choice(_TRADES)} Inc",
            rng.choice(days).isoformat(),
            str(low),
            str(high),
            "USD",
            rng.choice(("NASDAQ", "NYSE")),
        )


def _symbol(number: int) -> str:
    """Five letters, different for every IPO of a century."""
    letters = ""
    for _ in range(4):
        number, letter = divmod(number, 26)
        letters = ascii_uppercase[letter] + letters
    return f"Z{letters}"
