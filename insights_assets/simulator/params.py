"""The parameters of a question, read as strictly as the vendor reads them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from insights_assets.simulator.market_days import DAY, FIRST_DAY

Query = Mapping[str, str]

_TRAILING = timedelta(days=30)
_SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.^=-]{0,14}")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_MINUTE = re.compile(r"\d{8}T\d{4}", re.ASCII)


class InvalidCallError(Exception):
    """The vendor would refuse this question."""


def one_of(query: Query, name: str, values: tuple[str, ...], default: str = "") -> str:
    """A parameter with a closed list of values; without a default it must be there."""
    value = query.get(name, default)
    if value not in values:
        raise InvalidCallError
    return value


def number_in(query: Query, name: str, values: range, default: str) -> int:
    """A whole number within bounds."""
    text = query.get(name, default)
    if not (text.isascii() and text.isdigit() and int(text) in values):
        raise InvalidCallError
    return int(text)


def symbol_in(query: Query) -> str:
    """The symbol, in capitals."""
    symbol = query.get("symbol", "").upper()
    if not _SYMBOL.fullmatch(symbol):
        raise InvalidCallError
    return symbol


def month_in(query: Query, today: date) -> tuple[date, date]:
    """The first and last day of the month asked for; by default the trailing 30 days."""
    if "month" not in query:
        return today - _TRAILING, today
    month = query["month"]
    if not (_MONTH.fullmatch(month) and f"{FIRST_DAY:%Y-%m}" <= month <= f"{today:%Y-%m}"):
        raise InvalidCallError
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - DAY


def minute_in(query: Query, name: str, default: str) -> str:
    """A UTC minute like 20250110T0930, as the stamp of its first second."""
    minute = query.get(name, default)
    if not _MINUTE.fullmatch(minute):
        raise InvalidCallError
    try:
        moment = datetime.strptime(minute, "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidCallError from None
    return f"{moment:%Y%m%dT%H%M%S}"
