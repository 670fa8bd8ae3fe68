"""Answers that are well formed and wrong: to another question, with rows missing, or not credible.

Each was seen of the vendor: a reader that believes them stores a number nobody measured.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import cycle, islice
from typing import Any, TypeAlias

from insights_assets.simulator import refusals
from insights_assets.simulator.alpha_vantage import (
    FUNCTIONS,
    daily_bars,
    intraday_bars,
    ipo_calendar,
    news_sentiment_feed,
    treasury_yields,
)
from insights_assets.simulator.answer import Answer, csv_answer, csv_lines, json_answer

Json: TypeAlias = dict[str, Any]

DAILY, INTRADAY = daily_bars.FUNCTION, intraday_bars.FUNCTION
TREASURY, NEWS = treasury_yields.FUNCTION, news_sentiment_feed.FUNCTION
IPO = ipo_calendar.FUNCTION
MATURITIES = treasury_yields.MATURITIES

_EVERY = 5  # one row in five is spoiled, well over the one in twenty a reader may tolerate
_NOT_NUMBERS = ("NaN", "inf", "-1", "0")
_CUT_AT = 50
_SPLIT = 4
_SESSIONS_SINCE_SPLIT = 5
_ABSURD = 1886  # 245,397 among prices of 130
_PRICES = ("1. open", "2. high", "3. low", "4. close", "5. adjusted close")


def spoil(kind: str, healthy: Answer) -> Answer:
    """Return the healthy answer as this kind of fault spoils it."""
    _, change = KINDS[kind]
    if healthy.media_type != "application/json":
        header, *rows = (line.split(",") for line in healthy.body.decode().splitlines())
        return csv_answer(csv_lines([header, *change(rows)]))
    body = json.loads(healthy.body)
    if not refusals.MEMBERS.isdisjoint(body):
        return healthy  # it holds no data that could be spoiled
    change(body)
    return json_answer(body)


def _without_numbers(part: Json | list[list[str]]) -> list[list[str]]:
    """Replace the numbers of every fifth row by what is none."""
    rows: list[Any] = part if isinstance(part, list) else _rows(part)
    for row, bad in zip(rows[::_EVERY], cycle(_NOT_NUMBERS), strict=False):
        for place, field in list(row.items() if isinstance(row, dict) else enumerate(row)):
            if _is_number(field):
                row[place] = bad
    return rows


def _other_symbol(body: Json) -> None:
    body["Meta Data"]["2. Symbol"] = "IBM"


def _other_maturity(body: Json) -> None:
    body["name"] = next(name for name in MATURITIES.values() if name != body["name"])


def _other_interval(body: Json) -> None:
    if "interval" in body:
        body["interval"] = "monthly"
        body["data"] = body["data"][::21]
    else:
        body["Meta Data"]["4. Interval"] = "60min"


def _other_zone(body: Json) -> None:
    meta = body["Meta Data"]
    meta.update({name: "US/Pacific" for name in meta if name.endswith("Time Zone")})


def _sample(body: Json) -> None:
    words = "This is artificial data for demonstration purposes."
    if "Meta Data" in body:
        body["Meta Data"]["1. Information"] = words
    else:
        body["name"] = words


def _late(body: Json) -> None:
    if "data" in body:
        del body["data"][0]
        return
    series = _series(body)
    for stamp in _newest_session(series):
        del series[stamp]


def _half_session(body: Json) -> None:
    series = _series(body)
    newest = _newest_session(series)
    for stamp in newest[: (len(newest) + 1) // 2]:
        del series[stamp]


def _absurd(body: Json) -> None:
    """One price among its neighbours; the newest but two, so that both are there."""
    for row in islice(_series(body).values(), 2, 3):
        _times(row, _ABSURD)


def _unsplit(body: Json) -> None:
    for row in islice(_series(body).values(), _SESSIONS_SINCE_SPLIT):
        _times(row, 1 / _SPLIT)


def _cut(body: Json) -> None:
    body["feed"] = body["feed"][:_CUT_AT]
    body["items"] = str(len(body["feed"]))


def _undated(rows: list[list[str]]) -> list[list[str]]:
    day = ipo_calendar.COLUMNS.index("ipoDate")
    return [[*row[:day], "" if n == 0 else row[day], *row[day + 1 :]] for n, row in enumerate(rows)]


def _units(rows: list[list[str]]) -> list[list[str]]:
    """Each company's units and warrants beside its shares."""
    return [
        [row[0] + letter, row[1] + what, *row[2:]]
        for row in rows
        for letter, what in (("", ""), ("U", " - Units"), ("W", " - Warrants"))
    ]


def _no_rows(_rows: list[list[str]]) -> list[list[str]]:
    return []


def _rows(body: Json) -> list[Json]:
    return body.get("data") or body.get("feed") or list(_series(body).values())


def _is_number(field: object) -> bool:
    try:
        float(field)  # type: ignore[arg-type]  # anything may stand in a row
    except (TypeError, ValueError):
        return False
    return True


def _series(body: Json) -> Json:
    return next(value for name, value in body.items() if name.startswith("Time Series"))


def _newest_session(series: Json) -> list[str]:
    """Return the stamps of the newest session that is over: it has most of a session's bars."""
    bars = Counter(stamp[:10] for stamp in series)
    whole = max(bars.values(), default=0)
    newest = max((day for day, count in bars.items() if 2 * count > whole), default="")
    return [stamp for stamp in series if newest and stamp.startswith(newest)]


def _times(row: Json, factor: float) -> None:
    row.update({name: f"{factor * float(row[name]):.4f}" for name in _PRICES if name in row})


KINDS: Mapping[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    "nan": (FUNCTIONS, _without_numbers),
    "othersymbol": ((DAILY, INTRADAY), _other_symbol),
    "othermaturity": ((TREASURY,), _other_maturity),
    "otherinterval": ((INTRADAY, TREASURY), _other_interval),
    "otherzone": ((DAILY, INTRADAY), _other_zone),
    "sample": ((DAILY, INTRADAY, TREASURY), _sample),
    "late": ((DAILY, INTRADAY, TREASURY), _late),
    "halfsession": ((INTRADAY,), _half_session),
    "absurd": ((DAILY,), _absurd),
    "unsplit": ((DAILY,), _unsplit),
    "cut50": ((NEWS,), _cut),
    "undated": ((IPO,), _undated),
    "units": ((IPO,), _units),
    "norows": ((IPO,), _no_rows),
}
"""By the name of the fault: the functions that it can befall, and what it changes in a body."""
