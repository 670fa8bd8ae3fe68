"""What one cell of a payload holds: a day, an instant, a number or a text, or nothing usable.

Numbers are read as the vendor writes them: Python's `float` would read "1_5" as 15 and the digits
of every script. Beyond the bounds lies what no market has seen: a slip of the vendor, not a value.
"""

import math
import re
from datetime import date, datetime

PRICES = (1e-6, 1e9)  # US dollars a share
HIGHEST_YIELD = 100.0  # percent, either way
HIGHEST_LEVEL = 1000.0  # of an index or a rate, either way
LONGEST_URL = 2000
LONGEST_TEXT = 500  # a title or a name is for people

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def day(cell: object) -> date | None:
    """Read a day."""
    try:
        return date.fromisoformat(cell) if isinstance(cell, str) else None
    except ValueError:
        return None


def instant(cell: object) -> datetime | None:
    """Read a stamp of any of the vendor's forms as it stands, without a time zone."""
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=None) if isinstance(cell, str) else None
    except ValueError:
        return None


def price(cell: object) -> float | None:
    """Read a price of a share."""
    return _within(*PRICES, cell)


def percent(cell: object) -> float | None:
    """Read a yield in percent, which may be negative."""
    return _within(-HIGHEST_YIELD, HIGHEST_YIELD, cell)


def level(cell: object) -> float | None:
    """Read the level of an index, or a rate or spread in percentage points."""
    return _within(-HIGHEST_LEVEL, HIGHEST_LEVEL, cell)


def sentiment(cell: object) -> float | None:
    """Read a sentiment score."""
    return _within(-1, 1, cell)


def url(cell: object) -> str | None:
    """Read the address of an article."""
    if not isinstance(cell, str) or not 0 < len(cell) <= LONGEST_URL:
        return None
    return _storable(cell)


def text(cell: object) -> str:
    """Read a title or a name, cut where no person would read on; anything else is none."""
    return _storable(cell.strip()[:LONGEST_TEXT]) if isinstance(cell, str) else ""


def _storable(characters: str) -> str:
    """Replace halves of characters, left where a title was cut: no store can encode them."""
    return characters.encode(errors="replace").decode()


def _within(least: float, most: float, cell: object) -> float | None:
    if isinstance(cell, str):
        cell = cell.strip()
        if not _DECIMAL.fullmatch(cell):
            return None
    elif isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    try:
        value = float(cell)
    except OverflowError:
        return None
    return value if math.isfinite(value) and least <= value <= most else None
