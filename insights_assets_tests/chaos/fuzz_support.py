"""Payloads to fuzz with: answers that were good once, and structures of odd parts."""

import csv
import io
import json
import math
from datetime import date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights_assets.simulator.alpha_vantage.ipo_calendar import COLUMNS as IPO_COLUMNS
from insights_assets_tests.chaos.vendor_support import LITERAL, as_json
from insights_assets_tests.support.vendor import KEY

DAY = date(2025, 1, 10)


def days_before(day, count):
    return [(day - timedelta(days=n)).isoformat() for n in range(1, count + 1)]


# What the vendor sends on a good day, in small

SAMPLES = {
    "daily_bars": {
        "Time Series (Daily)": {
            day: {
                "4. close": str(150 + n % 7),
                "5. adjusted close": str(15 + n % 7 / 10),
                "8. split coefficient": "1.0",
            }
            for n, day in enumerate(days_before(DAY, 205))
        }
    },
    "intraday_bars": {
        "Time Series (30min)": {
            f"{day} {9 + (n + 1) // 2:02}:{(n + 1) % 2 * 30:02}:00": {
                "1. open": str(100 + n / 4),
                "4. close": str(101 - n / 8),
            }
            for day in days_before(DAY, 12)
            for n in range(13)
        }
    },
    "treasury_2y": {
        "data": [
            {"date": day, "value": "." if n % 9 == 5 else str(4 + n % 5 / 8)}
            for n, day in enumerate(days_before(DAY, 60))
        ]
    },
    "news_sentiment_feed": {
        "items": "8",
        "feed": [
            {
                "title": f"Title {n}",
                "url": f"https://news.example/{n}",
                "time_published": f"2025010{9 - n % 5}T1{n}3000",
                "overall_sentiment_score": n / 16 - 0.2,
                "topics": [{"topic": "Technology", "relevance_score": "0.5"}],
            }
            for n in range(8)
        ],
    },
    "ipo_calendar": [
        list(IPO_COLUMNS),
        *(
            [f"S{n}", f"Name {n}", f"2025-0{1 + n % 5}-1{n % 9}", "4", "5", "USD", "NYSE"]
            for n in range(12)
        ),
    ],
}
# What may stand in its place

TEXTS = st.text(st.characters(), max_size=12)
ODD = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            -1,
            -0.0,
            0.5,
            10**30,
            10**400,
            1e308,
            -1e308,
            5e-324,
            [],
            {},
            [[]],
        ),
        *(math.nan, math.inf, -math.inf, f"{LITERAL}1e309", f"{LITERAL}-0", f"{LITERAL}1E-400"),
        *("", ".", "-", "NaN", "Infinity", "1e309", "1_5", "0x1", "1,5", " 1.5 ", "\u0661\u0662"),
        *("1" * 400, "\0", "\ud800", "\u2028", "\x1b[31m", "\ufeff", "\U0001f4a5" * 9, "x" * 3000),
        *(
            "2025-01-09",
            "2025-W02-4",
            "20250109",
            "0001-01-01",
            "9999-12-31",
            "2025-02-30",
            "24:00",
        ),
        *("2025-01-09 10:00", "2025-01-09T23:59:59.999999+14:00", "2025-01-09 09:30:00Z"),
        *(
            KEY,
            f"apikey={KEY}",
            "<script>",
            '"',
            "\\",
            "\r\n",
            "=1+1",
            "Information",
            "Note",
            "feed",
        ),
    ]
)
ANYTHING = st.recursive(
    ODD | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
PLACES = st.integers(0, 2**32)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["set", "odd", "drop", "again", "swap", "wrap", "nest"]),
        PLACES,
        PLACES,
        ANYTHING,
    ),
    max_size=5,
)
SCRATCHES = st.lists(
    st.tuples(st.sampled_from(["cut", "double", "end", "put"]), PLACES, st.integers(0, 30), TEXTS),
    max_size=2,
)


def slots(payload):
    """Every place in a payload: its container and its key or index, from the top down."""
    places, waiting = [], [payload]
    for container in waiting:
        keys = container if isinstance(container, dict) else range(len(container))
        for key in keys:
            places.append((container, key))
            if isinstance(container[key], dict | list):
                waiting.append(container[key])
    return places


def changed(payload, changes):
    """Change a copy of the payload, one place after the other."""
    top = [json.loads(json.dumps(payload))]
    for what, at, other, value in changes:
        places = slots(top)
        container, key = places[at % len(places)]
        if isinstance(container, dict):
            CHANGE_OF_OBJECTS[what](container, key, other, value)
        elif container is not top or what not in ("drop", "again"):
            CHANGE_OF_ARRAYS[what](container, key, other, value)
    return top[0]


def put(container, key, _, value):
    container[key] = value


def drop(container, key, _, __):
    del container[key]


def wrap(container, key, other, _):
    container[key] = [container[key]] if other % 2 else {str(other): container[key]}


def nest(container, key, other, _):
    for _ in range(other % 1100):
        container[key] = [container[key]]


def rename(container, key, _, value):
    container[str(value)[:40]] = container.pop(key)


def swap(container, key, other, _):
    keys = list(container) if isinstance(container, dict) else range(len(container))
    there = keys[other % len(keys)]
    container[key], container[there] = container[there], container[key]


def again(container, key, other, _):
    container.insert(other % (len(container) + 1), container[key])


CHANGE = {"set": put, "odd": put, "drop": drop, "swap": swap, "wrap": wrap, "nest": nest}
CHANGE_OF_OBJECTS = {**CHANGE, "again": rename}
CHANGE_OF_ARRAYS = {**CHANGE, "again": again}


def written(id_, payload):
    """Write JSON or, where rows are what they should be, CSV."""
    rows = isinstance(payload, list) and all(isinstance(row, list) for row in payload)
    try:
        return as_csv(payload) if id_ == "ipo_calendar" and rows else as_json(payload)
    except RecursionError:  # nested deeper than Python can write
        return "[" * 2000


def as_csv(payload):
    text = io.StringIO()
    csv.writer(text).writerows([[str(cell) for cell in row] for row in payload])
    return text.getvalue()


def scratched(text, scratches):
    """Change the text itself: a wire does not know where a cell ends."""
    for what, at, length, other in scratches:
        n = at % (len(text) + 1)
        piece = text[n : n + length]
        text = {
            "cut": text[:n] + text[n + length :],
            "double": text[:n] + piece + text[n:],
            "end": text[:n],
            "put": text[:n] + other + text[n:],
        }[what]
    return text


def damaged(id_):
    """Bodies that were answers once."""
    return st.builds(
        lambda changes, scratches: scratched(
            written(id_, changed(SAMPLES[id_], changes)), scratches
        ).encode(errors="surrogatepass"),
        CHANGES,
        st.just([]) | SCRATCHES,
    )


# Structures of odd parts

NUMBERS = (
    st.floats(0.01, 1000)
    | st.sampled_from([1.5, "1.5", " 1.5 ", "1,5", 0, "0", -0.0, "-1", -2, 1e-320, "1e-400"])
    | ODD
    | ANYTHING
)
DATES = st.dates(date(2025, 1, 5), date(2025, 1, 10))
DAYS = DATES.map(date.isoformat)
FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M", "%Y%m%dT%H%M%SZ")
INSTANTS = st.builds(
    lambda day, hour, minute, form: datetime.combine(day, time(hour, minute)).strftime(form),
    DATES,
    st.integers(7, 18),
    st.sampled_from([0, 29, 30]),
    st.sampled_from(FORMS),
)
ODD_STAMPS = st.sampled_from(["01/02/2025", "2025-01-02T10:00:00+05:00", "0001-01-01", "24:00"])
ODD_STAMPS |= TEXTS
CELLS = st.text(max_size=5)


def rows(**fields):
    return st.fixed_dictionaries({}, optional=fields) | ANYTHING


def some(stamps, strategy):
    """Collections made of good stamps, and some in which there are others too."""
    return st.one_of(*[strategy(stamps)] * 3, strategy(stamps | ODD_STAMPS))


def series(stamps):
    return some(stamps, lambda keys: st.dictionaries(keys, BAR_ROWS, max_size=8))


def lists_of(stamps, member, **fields):
    return some(
        stamps,
        lambda values: (
            st.lists(st.fixed_dictionaries({member: values}, optional=fields), max_size=20)
            | st.lists(rows(**fields, **{member: values | ANYTHING}), max_size=20)
        ),
    )


BAR_FIELDS = ("1. open", "4. close", "5. adjusted close", "8. split coefficient")
BAR_ROWS = rows(**dict.fromkeys(BAR_FIELDS, NUMBERS))
YIELDS = lists_of(DAYS, "date", value=NUMBERS)
ARTICLES = lists_of(
    INSTANTS,
    "time_published",
    url=st.sampled_from(["https://news.example/1", "\ud83d", ""]) | ANYTHING,
    title=TEXTS | ANYTHING,
    overall_sentiment_score=st.floats(-1.1, 1.1) | NUMBERS,
)


def bodies(member, content):
    """Payloads with that content under that member, with anything there, or anything at all."""
    good = st.fixed_dictionaries({member: content})
    payloads = st.one_of(*[good] * 6, st.fixed_dictionaries({member: ANYTHING}), ANYTHING)
    return payloads.map(lambda payload: written("", payload).encode())


def calendar(header, lines, end):
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([header, *lines])
    return text.getvalue().encode(errors="surrogatepass")


BUILT = {
    "daily_bars": bodies("Time Series (Daily)", series(DAYS)),
    "intraday_bars": bodies("Time Series (30min)", series(INSTANTS)),
    "treasury_2y": bodies("data", YIELDS),
    "news_sentiment_feed": bodies("feed", ARTICLES),
    "ipo_calendar": st.builds(
        calendar,
        st.sampled_from([["symbol", "name", "ipoDate"], ["ipoDate", "x", "name", "symbol"], []]),
        st.lists(st.tuples(CELLS, CELLS, DAYS) | st.lists(CELLS | DAYS | ODD_STAMPS, max_size=4)),
        st.sampled_from(["\r\n", "\n", "\r"]),
    ),
}
RAW = st.binary(max_size=60) | TEXTS.map(lambda text: text.encode(errors="surrogatepass"))


def payloads(id_):
    """Answers that were good once, structures of odd parts, and bytes."""
    return st.one_of(*[damaged(id_)] * 4, *[BUILT[id_]] * 3, RAW)


def count_cases(cases, holds):
    """Try a property as often as the profile says, and return how often that was."""
    count = 0

    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def holds_for(case):
        nonlocal count
        count += 1
        holds(case)

    holds_for()
    return count
