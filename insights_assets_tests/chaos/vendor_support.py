"""A vendor that answers as it should, except where a fault stands in the path of the URL.

`/{number of the fault}/{dataset}/query` spoils the answers of that dataset alone, so that one
server serves any number of runs at once, and a run sees one faulty dataset among healthy ones.
"""

import csv
import io
import json
import os
import re
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from insights_assets.datasets.daily_bars import DailyBars
from insights_assets.datasets.history import Observations
from insights_assets.datasets.intraday_bars import IntradayBars
from insights_assets.datasets.ipo_calendar import IpoCalendar
from insights_assets.datasets.news_sentiment_feed import NewsFeed
from insights_assets.datasets.treasury_yields import Yields
from insights_assets.model.outcomes import Dataset, DatasetData, DatasetId, DatasetOutcome
from insights_assets.simulator.alpha_vantage import (
    AlphaVantage,
    daily_bars,
    intraday_bars,
    ipo_calendar,
    news_sentiment_feed,
    treasury_yields,
)
from insights_assets.simulator.synthetic import SyntheticSource
from insights_assets_tests.support.vendor import Say, reply, ten_o_clock

DAILY, INTRADAY = daily_bars.FUNCTION, intraday_bars.FUNCTION
TREASURY, NEWS = treasury_yields.FUNCTION, news_sentiment_feed.FUNCTION
IPO = ipo_calendar.FUNCTION
SERIES = {DAILY: "Time Series (Daily)", INTRADAY: "Time Series (30min)"}
LISTS = {TREASURY: ("data", "date"), NEWS: ("feed", "time_published")}
NUMBERS = {
    DAILY: ("5. adjusted close",),
    INTRADAY: ("1. open", "4. close"),
    TREASURY: ("value",),
    NEWS: ("overall_sentiment_score",),
    IPO: ("priceRangeLow", "priceRangeHigh"),
}
ROWS_KEPT = 320  # of twenty years: what lies before the windows would only cost time
LITERAL = "literally: "  # what JSON text can hold and Python's numbers cannot


class Row(NamedTuple):
    """One row of any of the five functions: its stamp and its other fields."""

    stamp: Any
    fields: Any


class Question(NamedTuple):
    """What was asked, which dataset it is for, and what a healthy vendor would say."""

    function: str
    path: str
    dataset: DatasetId
    body: bytes

    @property
    def rows(self) -> list[Row]:
        """The rows of the healthy answer, in the vendor's order."""
        return rows_of(self.function, self.body)

    @property
    def key(self) -> str:
        """The key that came with the question."""
        return dict(parse_qsl(self.path))["apikey"]


def rows_of(function: str, body: bytes) -> list[Row]:
    """Take an answer apart."""
    text = body.decode("utf-8-sig", errors="replace")
    if function == IPO:
        lines = [dict(line) for line in csv.DictReader(io.StringIO(text, newline=""))]
        return [Row(line.pop("ipoDate"), line) for line in lines]
    payload = json.loads(text)
    if function in SERIES:
        return [Row(*item) for item in payload[SERIES[function]].items()]
    member, stamp = LISTS[function]
    return [Row(row.pop(stamp), row) for row in payload[member]]


def body_of(function: str, rows: Sequence[Row]) -> bytes:
    """Put an answer together; unlike a dict it can hold a stamp twice."""
    if function == IPO:
        text = io.StringIO()
        lines = csv.DictWriter(text, ipo_calendar.COLUMNS, restval="", extrasaction="ignore")
        lines.writeheader()
        lines.writerows({**row.fields, "ipoDate": row.stamp} for row in rows)
        return text.getvalue().encode()
    if function in SERIES:
        pairs = [f"{as_json(str(row.stamp))}: {as_json(row.fields)}" for row in rows]
        return f'{{"{SERIES[function]}": {{{", ".join(pairs)}}}}}'.encode()
    member, stamp = LISTS[function]
    return as_json({member: [{stamp: row.stamp, **row.fields} for row in rows]}).encode()


def as_json(value: object) -> str:
    """Write JSON, with `LITERAL` texts as what stands behind them."""
    return re.sub(f'"{LITERAL}([^"]*)"', r"\1", json.dumps(value))


@lru_cache(maxsize=64)
def healthy(query: tuple[tuple[str, str], ...]) -> bytes:
    """What a healthy vendor says, without the oldest rows."""
    params = dict(query)
    function = params["function"]
    body = AlphaVantage(SyntheticSource(7, 10), ten_o_clock, None).answer(params).body
    return body_of(function, rows_of(function, body)[:ROWS_KEPT])


def question_of(path: str) -> Question:
    """Read what was asked, as the vendor does."""
    params = dict(parse_qsl(urlsplit(path).query))
    datasets: dict[str, DatasetId] = {
        DAILY: "daily_bars",
        INTRADAY: "intraday_bars",
        TREASURY: "treasury_10y" if params.get("maturity") == "10year" else "treasury_2y",
        NEWS: "news_sentiment_feed",
        IPO: "ipo_calendar",
    }
    function = params["function"]
    return Question(function, path, datasets[function], healthy(tuple(params.items())))


def vendor_with(faults: Sequence[Callable[[Question], Say]]) -> Say:
    """Answer every question: with the fault of its path if it is about that dataset."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        _, number, faulty, _ = urlsplit(handler.path).path.split("/")
        asked = question_of(handler.path)
        spoil = faults[int(number)]
        (spoil(asked) if asked.dataset == faulty else reply(asked.body))(handler)

    return say


# What was sent, and what came out


def sent(question: Question, body: bytes) -> Iterator[tuple[object, ...]]:
    """Yield each row of a body as `observations_of` does, with the numbers that can be read."""
    for row in rows_of(question.function, body):
        moment = re.sub(r"\D", "", str(row.stamp))
        match question.function:
            case "IPO_CALENDAR":
                yield moment[:8], row.fields["symbol"]
            case "NEWS_SENTIMENT":
                yield moment[:12], row.fields["url"], _number(row.fields["overall_sentiment_score"])
            case "TIME_SERIES_INTRADAY":
                yield moment[:12], *map(_number, (row.fields["1. open"], row.fields["4. close"]))
            case function:
                yield moment[:8], _number(row.fields[NUMBERS[function][0]])


def observations_of(data: DatasetData) -> Iterator[tuple[object, ...]]:
    """Yield each observation of a dataset: when, and its values."""
    match data:
        case DailyBars():
            for prices in data.prices.values():
                yield from _daily_rows(prices)
        case Yields():
            yield from _daily_rows(data.observations)
        case IntradayBars():
            for sessions in data.sessions.values():
                for day, bars in sessions.items():
                    moments = [f"{day:%Y%m%d}{start:%H%M}" for start in bars.starts]
                    yield from zip(moments, bars.opens, bars.closes, strict=True)
        case NewsFeed():
            moments = [f"{published:%Y%m%d%H%M}" for published in data.published]
            yield from zip(moments, data.urls, data.scores, strict=True)
        case IpoCalendar():
            days = [f"{day:%Y%m%d}" for day in data.ipo_dates]
            yield from zip(days, data.symbols, strict=True)


def assert_a_part(outcome: DatasetOutcome, whole: DatasetData) -> None:
    """Whole symbols and months can be known without the others: then it says so."""
    if isinstance(outcome, Dataset):
        assert outcome.quality == "partial"
        assert set(observations_of(outcome.data)) < set(observations_of(whole))


def _daily_rows(observations: Observations) -> Iterator[tuple[object, ...]]:
    days = [f"{day:%Y%m%d}" for day in observations.dates]
    yield from zip(days, observations.values, strict=True)


def _number(cell: object) -> float | None:
    try:
        return float(str(cell))
    except ValueError:
        return None


# What can happen to a connection


def aborted(*before: bytes) -> Say:
    """Send some bytes and then a TCP reset."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            for piece in before:
                handler.wfile.write(piece)
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(handler.connection.detach())

    return say


def silent(*before: bytes) -> Say:
    """Send some bytes and then nothing until the client goes."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            for piece in before:
                handler.wfile.write(piece)
            handler.rfile.read(1)

    return say
