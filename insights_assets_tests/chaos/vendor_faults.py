"""What the vendor, or whatever stands between it and us, can do to a connection and to a body.

Each fault says what must become of each dataset: a cause (then it is unavailable), `SAME` (the
healthy data), or `FRESH` or `PARTIAL` (data of the rows that were sent, and of nothing else).
"""

import gzip
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from typing import Any

from insights_assets.simulator import refusals
from insights_assets.simulator.alpha_vantage.ipo_calendar import COLUMNS as IPO_COLUMNS
from insights_assets_tests.chaos.vendor_support import (
    DAILY,
    IPO,
    LISTS,
    NEWS,
    SERIES,
    TREASURY,
    Question,
    aborted,
    as_json,
    body_of,
    silent,
)
from insights_assets_tests.support.vendor import ALPHA_VANTAGE_DATASETS, Say, pieces, reply

SAME, FRESH, PARTIAL = "same", "fresh", "partial"
APART = "apart"  # the dataset does not know this fault
HEAD = b"HTTP/1.1 200 OK\r\n"
CSV = f"{','.join(IPO_COLUMNS)}\r\n"

Outcomes = Mapping[str, str]


def all_but(outcome: str, **others: str) -> Outcomes:
    """Return the outcome of every dataset but the named ones."""
    return dict.fromkeys(ALPHA_VANTAGE_DATASETS, outcome) | others


def only(outcome: str, *datasets: str) -> Outcomes:
    """Return the outcome of the named datasets; the others do not know the fault."""
    return dict.fromkeys(ALPHA_VANTAGE_DATASETS, APART) | dict.fromkeys(datasets, outcome)


@dataclass(frozen=True, eq=False)
class Fault:
    """One fault, what becomes of each dataset, and words that the reason must hold."""

    family: "Family"
    name: str
    say: Callable[[Question], Say]
    outcomes: Outcomes
    words: str
    body: Callable[[Question], bytes | str] | None = None


@dataclass(frozen=True, eq=False)
class Family:
    """Faults of one kind: a row of the page.

    `slow` ones hold the client until the deadline, after `passing` ones it asks again, and after
    `paced` ones ever more slowly.
    """

    what: str
    happened: str
    slow: bool = False
    passing: bool = False
    paced: bool = False
    faults: list[Fault] = field(default_factory=list, repr=False)

    def add(
        self,
        name: str,
        say: Callable[[Question], Say] | Say,
        outcome: str | Outcomes,
        words: str = "",
    ) -> None:
        """Add a fault of the connection."""
        outcomes = all_but(outcome) if isinstance(outcome, str) else outcome
        self.faults.append(Fault(self, name, say, outcomes, words))

    def body(
        self,
        name: str,
        body: Callable[[Question], bytes | str] | bytes | str,
        outcome: str | Outcomes,
        words: str = "",
    ) -> None:
        """Add a fault that is a body under HTTP 200."""
        make = body if callable(body) else lambda _: body
        self.add(name, lambda question: reply(make(question)), outcome, words)
        self.faults[-1] = replace(self.faults[-1], body=make)

    def rows(
        self,
        name: str,
        change: Callable[[Question], Any],
        outcome: str | Outcomes,
        words: str = "",
    ) -> None:
        """Add a fault of the rows in an answer that is otherwise well-formed."""
        self.body(name, lambda q: body_of(q.function, change(q)), outcome, words)


def raw(*chunks: bytes) -> Callable[[Question], Say]:
    """These bytes and nothing else, whatever was asked."""
    return lambda _: pieces(lambda: chunks)


LOST = Family(
    "no connection, a reset, an answer cut short", "unavailable, after further tries", passing=True
)
LOST.add("a reset at once", lambda _: aborted(), "outage", "could not be reached")
LOST.add("a reset in the head", lambda _: aborted(HEAD), "outage", "could not be reached")
LOST.add("a reset in the body", lambda _: aborted(HEAD, b'\r\n{"data":'), "outage", "be reached")
LOST.add("no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "outage", "could not be reached")
LOST.add("a head without end", raw(HEAD, b"X: yyyyyyyy\r\n" * 20_000), "outage", "be reached")
for name, header, lead in (
    ("body", b"Content-Length: 9999999\r\n\r\n", b""),
    ("chunk", b"Transfer-Encoding: chunked\r\n\r\n", b"ffffff\r\n"),
):
    LOST.add(
        f"closed in the {name}",
        lambda q, header=header, lead=lead: pieces(lambda: [HEAD, header, lead + q.body]),
        "outage",
        "could not be reached",
    )

HUNG = Family("silence, or one byte at a time", "unavailable, left at the deadline", slow=True)
HUNG.add("silence", lambda _: silent(), "outage", "did not answer within")
HUNG.add("a head and silence", lambda _: silent(HEAD, b"\r\n"), "outage", "did not answer within")
HUNG.add(
    "half an answer", lambda q: silent(HEAD, b"\r\n", q.body[:500]), "outage", "did not answer"
)
for name, head in {"body": HEAD + b"\r\n", "head": HEAD + b"X-Slow: "}.items():
    drip = pieces(lambda head=head: chain([head], repeat(b"x")), 0.05)
    HUNG.add(f"a drip of the {name}", lambda _, drip=drip: drip, "outage", "did not answer within")

BUSY = Family(
    "HTTP 429 and 5xx, whatever the body",
    "unavailable, after further tries",
    passing=True,
    paced=True,
)
for status in (429, 500, 502, 503, 504, 599):
    BUSY.add(f"HTTP {status}", lambda q, s=status: reply(q.body, s), "outage", f"HTTP {status}")

STATUS = Family("any other HTTP status, whatever the body", "unavailable, never read as data")
for status in (201, 203, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 451):
    STATUS.add(
        f"HTTP {status}",
        lambda q, s=status: reply(b"" if s in (204, 304) else q.body, s),
        "refused",
        f"HTTP {status}",
    )

SAID = Family(
    "each of the vendor's errors as Note, Information and Error Message",
    "unavailable, for what the error means",
    paced=True,
)
SENTENCES = {
    "a burst limit": (refusals.BURST_LIMIT, "outage", "fewer requests at once"),
    "a minute's limit": (refusals.MINUTE_LIMIT, "outage", "rate limit is exceeded"),
    "a day's limit": (refusals.DAILY_LIMIT, "quota", "daily limit of 25 requests is used up"),
    "a limit and the key": (refusals.DAILY_LIMIT_WITH_KEY, "quota", "after midnight New York"),
    "a premium endpoint": (refusals.PREMIUM_ENDPOINT, "refused", "plan does not include"),
    "a wrong key": ("Your apikey is invalid: {apikey}", "refused", "ALPHA_VANTAGE_API_KEY"),
    "an invalid call": ("Invalid API call. Please retry.", "refused", "does not know this request"),
    "no function": ("This API function does not exist.", "refused", "does not know this request"),
    "anything else": ("The key {apikey} is resting.\r\n\x00\x1b[1m", "refused", "vendor refused"),
}
BROKEN = Family(
    "each of them broken into CSV cells",
    "unavailable, after further tries",
    passing=True,
    paced=True,
)
for member in ("Note", "Information", "Error Message"):
    for name, (sentence, cause, words) in SENTENCES.items():
        SAID.body(
            f"{name} as {member}",
            lambda q, m=member, s=sentence: json.dumps({m: s.format(apikey=q.key)}, indent=4),
            cause,
            words,
        )
    for end in ("\r\n", "\n", ""):
        cells = f"{CSV}{','.join(member[:7])}{end}"
        BROKEN.body(f"{member} in cells and {end!r}", cells, "outage", "rate limit is exceeded")

KEYED = Family("the key in heads, bodies and errors", "in no reason, no log and no data")
KEYED.body("in a web page", lambda q: f"<html>{q.path}</html>", "outage", "HTML page")
KEYED.body("in a text", lambda q: q.path, all_but("outage", ipo_calendar="data"))
KEYED.body("in a member", lambda q: json.dumps({q.key: q.path}), "data")
KEYED.body("in another error", lambda q: json.dumps({"detail": q.path}), "data")
KEYED.add("as a compression", lambda q: reply(q.body, Content_Encoding=q.key), "outage", "***")
KEYED.add("as a status line", lambda q: pieces(lambda: [q.path.encode() + b"\r\n"]), "outage")
for status, outcome in {200: SAME, 302: "refused", 403: "refused", 500: "outage"}.items():
    head = f"HTTP/1.1 {status} {{key}}\r\nX-Key: {{key}}\r\nLocation: {{path}}\r\n\r\n"
    KEYED.add(
        f"in the head of HTTP {status}",
        lambda q, h=head: pieces(lambda: [h.format(key=q.key, path=q.path).encode(), q.body]),
        outcome,
    )

NO_BODY = Family("an empty body, a web page, a text, noise", "unavailable, and called what it is")
for name, body in {"nothing": "", "blanks": " \r\n\t", "a byte order mark": "\ufeff"}.items():
    NO_BODY.body(name, body, "outage", "empty body")
for name, body in {
    "HTML": "<!DOCTYPE html><html><body>We will be back soon</body></html>",
    "XML": '\ufeff\r\n<?xml version="1.0"?><Error/>',
}.items():
    NO_BODY.body(name, body, "outage", "HTML page")
for name, body in {
    "a text": "Service Unavailable",
    "NULs": "\0" * 999,
    "noise": b"~" + random.Random(8).randbytes(5000),  # noqa: S311
}.items():
    NO_BODY.body(name, body, all_but("outage", ipo_calendar="data"))

CUT = Family("an answer cut off", "unavailable, never a shorter history")
for name, share in {"early": 0.2, "in the middle": 0.5, "late": 0.95}.items():
    CUT.body(name, lambda q, s=share: q.body[: q.body.index(b",", int(s * len(q.body)))], "outage")
CUT.body("in the first line", lambda q: q.body[:30], "outage")
CUT.body("by one byte", lambda q: q.body[:-1], all_but("outage", ipo_calendar=SAME))
CUT.add(
    "within its compression",
    lambda q: reply(gzip.compress(q.body)[:-40], Content_Encoding="gzip"),
    "outage",
)

ENCODED = Family(
    "other encodings, byte order marks, compressions, false headers",
    "the same data, or unavailable, never misread",
)
for name in ("utf-16", "utf-16-be", "utf-32", "cp037"):
    ENCODED.body(
        name,
        lambda q, n=name: q.body.decode().encode(n),
        all_but("outage", ipo_calendar="data"),
    )
ENCODED.body("UTF-8 with a mark", lambda q: b"\xef\xbb\xbf" + q.body, SAME)
for name in ("cp1252", "shift_jis", "gb18030"):
    ENCODED.body(
        f"names in {name}",
        lambda q, n=name: q.body.replace(b"Synthetic", "é".encode(n, "replace") + b"\x93"),
        all_but(SAME, news_sentiment_feed=FRESH, ipo_calendar=FRESH),
    )
for name in ("text/html; charset=utf-16", "application/json; charset=no-such", "image/png"):
    ENCODED.add(f"called {name}", lambda q, n=name: reply(q.body, Content_Type=n), SAME)
ENCODED.add("gzip", lambda q: reply(gzip.compress(q.body), Content_Encoding="gzip"), SAME)
ENCODED.add("no gzip", lambda q: reply(q.body, Content_Encoding="gzip"), "outage", "compressed")
for name in ("deflate", "br", "zstd", "gzip, gzip", "x" * 3000):
    ENCODED.add(
        f"compressed as {name[:9]}",
        lambda q, n=name: reply(q.body, Content_Encoding=n),
        "outage",
        "compressed as",
    )

SHAPE = Family(
    "{}, wrong types, arrays for objects, objects for arrays", "unavailable, naming what lacks"
)
for body in (
    *("{}", "[]", "null", "42", '"Note"', '{"name": 3, "Meta Data": {}}', "[[[]]]"),
    *('{"Data": [], "time series (daily)": {}}', '[{"Information": "25 requests per day"}]'),
):
    SHAPE.body(body, body, "data")
SHAPE.body("an array around it", lambda q: f"[{q.body.decode()}]", "data")
SHAPE.body("a text around it", lambda q: json.dumps(q.body.decode()), "data")


def holding(change: Callable[[Any], object]) -> Callable[[Question], str]:
    """Put something else under the member that holds the data."""

    def body(question: Question) -> str:
        if question.function == IPO:
            return as_json({"data": change(["a", "calendar"])})
        member = SERIES.get(question.function) or LISTS[question.function][0]
        return as_json({member: change(json.loads(question.body)[member])})

    return body


def each_row(change: Callable[[Any], object]) -> Callable[[Any], object]:
    """Change the rows of an object or of an array."""
    return lambda data: (
        {stamp: change(row) for stamp, row in data.items()}
        if isinstance(data, dict)
        else [change(row) for row in data]
    )


for name, change in {
    "nothing": lambda _: None,
    "a text": str,
    "a number": len,
    "true": lambda _: True,
    "exchanged": lambda data: list(data.values()) if isinstance(data, dict) else {"1": data},
    "a level deeper": lambda data: [data] if isinstance(data, list) else {"rows": data},
    "rows that are arrays": each_row(lambda row: list(row.values()) if row != str(row) else [row]),
    "rows that are texts": each_row(json.dumps),
    "rows that are nothing": each_row(lambda _: None),
    "rows without fields": each_row(lambda _: {}),
}.items():
    SHAPE.body(f"the data is {name}", holding(change), "data")
# What nobody has published may still come; a calendar is no JSON at all.
NO_DATA = holding(lambda data: type(data)())
SHAPE.body("the data is empty", NO_DATA, all_but("late", ipo_calendar="data"))
for opening, closing in (("[", "]"), ('{"a":', "}")):
    deep, deeper = (f'{{"x": {opening * n}1{closing * n}}}' for n in (300, 100_000))
    SHAPE.body(f"300 times {opening}", deep, "data")
    SHAPE.body(f"100,000 times {opening}", deeper, "outage")
SHAPE.body("5,000 digits", '{"x": %s}' % ("9" * 5000), all_but("outage", ipo_calendar="data"))

OTHER = Family(
    "CSV for JSON, JSON for CSV, the answer of another function", "unavailable, never misread"
)
OTHER.body(
    "a calendar", f"{CSV}A,B,2025-07-01,1,2,USD,NYSE\r\n", all_but("outage", ipo_calendar=FRESH)
)
OTHER.body(
    "the same rows as CSV",
    lambda q: "timestamp,close\r\n" + "".join(f"{row.stamp},1.5\r\n" for row in q.rows),
    all_but("outage", ipo_calendar="data"),
)
OTHER.body(
    "a line of JSON for each row",
    lambda q: "\n".join(as_json(row.fields) for row in q.rows),
    all_but("outage", ipo_calendar="data"),
)
for function, payload, datasets in (
    (DAILY, {SERIES[DAILY]: {"2025-06-10": {"5. adjusted close": "1"}}}, ("daily_bars",)),
    (TREASURY, {"data": [{"date": "2025-06-09", "value": "1"}]}, ("treasury_10y", "treasury_2y")),
    (NEWS, {"feed": [{"time_published": "20250611T000000"}]}, ("news_sentiment_feed",)),
):
    OTHER.body(
        f"an answer of {function}",
        as_json(payload),
        all_but("data", **dict.fromkeys(datasets, APART)),
    )

FAMILIES = (*(LOST, HUNG, BUSY, STATUS, SAID, BROKEN, KEYED, NO_BODY, CUT, ENCODED, SHAPE, OTHER),)
