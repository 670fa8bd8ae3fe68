"""What FRED can do to an answer; what can befall any vendor comes from the other table.

As there, each fault says what must become of the series it hits: a cause (then it is unavailable),
`SAME` or `FRESH`.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from insights_assets.simulator import fred
from insights_assets.simulator.synthetic import SyntheticSource
from insights_assets_tests.chaos import vendor_faults
from insights_assets_tests.chaos.vendor_faults import FRESH, SAME, Family
from insights_assets_tests.chaos.vendor_support import Question
from insights_assets_tests.support.vendor import KEY, Say, reply, ten_o_clock

DATASETS = {
    "BAA10Y": "credit_spread_series",
    "VIXCLS": "volatility_index",
    "T10Y3M": "term_spread",
    "SOFR": "overnight_rate",
}
ANY_JSON = "treasury_2y"  # in the other table: what becomes of it becomes of any series in JSON
OF_ANY_VENDOR = (
    vendor_faults.LOST,
    vendor_faults.HUNG,
    vendor_faults.BUSY,
    vendor_faults.STATUS,
    vendor_faults.NO_BODY,
    vendor_faults.CUT,
    vendor_faults.ENCODED,
)


@lru_cache
def healthy(query: tuple[tuple[str, str], ...]) -> bytes:
    """What FRED says, without the oldest rows and on a day that it refuses nobody."""
    return fred.Fred(SyntheticSource(7, 10), ten_o_clock, None).answer(dict(query)).body


def question_of(path: str) -> Question:
    """Read what was asked."""
    params = dict(parse_qsl(urlsplit(path).query))
    body = healthy(tuple(params.items()))
    return Question(fred.FUNCTION, path, DATASETS[params["series_id"]], body)


def fred_with(faults: Sequence[Callable[[Question], Say]]) -> Say:
    """Answer every question: with the fault of its path if it is about that series."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        _, number, faulty, *_ = urlsplit(handler.path).path.split("/")
        asked = question_of(handler.path)
        spoil = faults[int(number)]
        (spoil(asked) if asked.dataset == faulty else reply(asked.body))(handler)

    return say


Row = dict[str, Any]


def whole(change: Callable[[Row], object]) -> Callable[[Question], str]:
    """Change the answer as a whole, or put another in its place."""

    def body(question: Question) -> str:
        payload = json.loads(question.body)
        return json.dumps(change(payload) or payload)

    return body


def rows(change: Callable[[list[Row]], object]) -> Callable[[Question], str]:
    """Change the list of observations, or put another in its place, and count it."""

    def changed(payload: Row) -> None:
        observations = payload["observations"]
        payload["observations"] = change(observations) or observations
        payload["count"] = len(payload["observations"])

    return whole(changed)


def every_row(**fields: Callable[[Row], object]) -> Callable[[Question], str]:
    """Change these fields of every observation."""
    return rows(
        lambda observations: [
            row | {name: of(row) for name, of in fields.items()} for row in observations
        ]
    )


def error(message: str, status: int) -> Callable[[Question], Say]:
    """An error as FRED writes it."""
    return lambda _: reply(fred.refusal(message, status).body, status)


def moved(day: str, days: int) -> str:
    return str(date.fromisoformat(day) + timedelta(days))


SAID = Family("each of FRED's errors under HTTP 200 and 400", "unavailable, for what it means")
TOO_MANY = json.loads(fred.too_many_vintages(2004, date(2019, 1, 1), fred.LAST_DAY).body)
TOMORROW = (
    "Bad Request.  The value for variable realtime_end is 2025-06-12, it can not be after"
    " today's date (2025-06-11) unless it is 9999-12-31."
)
UNKNOWN = "does not know this request"
for name, (message, words) in {
    "an unknown key": (fred.UNREGISTERED_KEY, "check FRED_API_KEY"),
    "no key": (fred.NO_KEY, "check FRED_API_KEY"),
    "an unknown series": (fred.NO_SERIES, UNKNOWN),
    "over 2,000 vintages": (TOO_MANY["error_message"], "more vintages than one request may hold"),
    "a window that ends tomorrow": (TOMORROW, UNKNOWN),
    "a window that ends before it begins": (
        "Bad Request.  Variable realtime_start can not be after realtime_end (2019-01-01).",
        UNKNOWN,
    ),
    "anything else, with the key": (f"We rest, {KEY}.\r\n\x1b[1m", "vendor refused"),
}.items():
    for status in (200, 400):
        SAID.add(f"{name}, HTTP {status}", error(message, status), "refused", words)

LIMITED = Family("FRED's limit and its failures", "unavailable, after further tries", passing=True)
for status, words in {200: "limit of 120 requests a minute", 429: "HTTP 429"}.items():
    LIMITED.add(f"too many, HTTP {status}", error(fred.RATE_LIMIT, status), "outage", words)
for status, words in {200: "error of its own", 400: "error of its own", 500: "HTTP 500"}.items():
    message = "Internal Server Error"
    LIMITED.add(f"a failure, HTTP {status}", error(message, status), "outage", words)

OTHER = Family(
    "FRED's answer to another question: another window or kind, a part, weeks or months",
    "unavailable, saying what was asked for",
)
for name in ("realtime_start", "observation_start"):
    for days in (-1, 1):
        OTHER.body(
            f"{name} {days:+} day",
            whole(lambda p, n=name, d=days: p.update({n: moved(p[n], d)})),
            "data",
            f"the vendor answered for {name}",
        )
OTHER.body(
    "a window that ends today",
    whole(lambda p: p.update(realtime_end="2025-06-11")),
    "data",
    "the vendor answered for realtime_end 2025-06-11, 9999-12-31 was asked for",
)
for kind in (1, 2, 3, None):
    OTHER.body(
        f"output_type {kind}",
        whole(lambda p, k=kind: p.update(output_type=k)),
        "data",
        f"for output_type {kind}, 4 was asked for",
    )
OTHER.body(
    "the first of two pages",
    whole(lambda p: p.update(count=p["count"] + 1)),
    "data",
    "it sends at most",
)
for name, step in {"weeks": 5, "months": 21}.items():
    OTHER.body(
        name,
        rows(
            lambda observations, s=step: [row for row in observations if row["value"] != "."][::s]
        ),
        "data",
        "a daily series was expected",
    )
for name, change in {
    "observations by day": lambda p: p.update(
        observations={r["date"]: r for r in p.pop("observations")}
    ),
    "the observations alone": lambda p: p["observations"],
    "observations of nothing": lambda p: p.update(observations=[None] * p["count"]),
}.items():
    OTHER.body(name, whole(change), "data")

VALUES = Family(
    "FRED's values as NaN, infinities, texts; its days as none",
    "unavailable, none of them became a number or a day",
)
BAD_VALUES = ("NaN", "Infinity", "-inf", "1e309", "1,9", "1_9", "1.9%", True, [1.9])
for bad in BAD_VALUES:
    VALUES.body(f"{bad!r} for every value", every_row(value=lambda _, b=bad: b), "data")
for name in ("date", "realtime_start"):
    for bad in ("", "0000-00-00", "2025-02-30", "06/10/2025", 20250610, None, "99999-01-01"):
        VALUES.body(f"{bad!r} for every {name}", every_row(**{name: lambda _, b=bad: b}), "data")

KNOWN = Family(
    "FRED's rows in any order, twice, revised, of the future",
    "what was first released before the day, and nothing else",
)
KNOWN.body("newest first", rows(lambda observations: observations[::-1]), SAME)
KNOWN.body("every row twice", rows(lambda observations: observations * 2), SAME)
KNOWN.body(
    "every value revised a day later",
    rows(
        lambda observations: (
            [
                row | {"value": "77.7", "realtime_start": moved(row["realtime_start"], 1)}
                for row in observations
                if row["value"] != "."
            ]
            + observations
        )
    ),
    SAME,
)
KNOWN.body(
    "released today and later",
    rows(
        lambda observations: (
            [
                {"date": f"2025-06-{n}", "value": "77.7", "realtime_start": f"2025-06-{n + 1}"}
                for n in range(10, 29)
            ]
            + [row for row in observations if row["realtime_start"] < "2025-06-11"]
        )
    ),
    SAME,
)
KNOWN.body(
    "a dash on every thirteenth",
    every_row(value=lambda row: "-" if row["date"].endswith("-13") else row["value"]),
    FRESH,
)
NONE = "no observation is known"
for nothing in ("", None, "."):
    KNOWN.body(
        f"{nothing!r} for every value", every_row(value=lambda _, n=nothing: n), "late", NONE
    )
KNOWN.body("no rows", whole(lambda p: p.update(observations=[], count=0)), "late", NONE)
KNOWN.body(
    "nothing of the last ten days",
    rows(lambda observations: [row for row in observations if row["date"] < "2025-06-01"]),
    "late",
    "at most 8 are allowed",
)

FAMILIES = (SAID, LIMITED, OTHER, VALUES, KNOWN)
