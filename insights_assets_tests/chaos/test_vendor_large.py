"""Answers larger than any honest one: 50 MB, gzip bombs, and floods that are valid JSON or CSV.

What these tests guard against: a run that is killed for its memory, and a document that no store
can hold, because one answer went mad.
"""

import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from itertools import chain

import bson
import pytest

from insights_assets.model.outcomes import DatasetId, Unavailable
from insights_assets.storage.documents import dataset_document
from insights_assets.vendors.bounded_body import MAX_BODY_BYTES
from insights_assets_tests.chaos.vendor_faults import HEAD
from insights_assets_tests.chaos.vendor_support import Row, body_of, question_of, rows_of
from insights_assets_tests.support.vendor import (
    ALPHA_VANTAGE_DATASETS,
    NO_REDIS,
    Run,
    Say,
    pieces,
    reply,
    run,
    saying,
)

MIB = 2**20
AT_ONCE = 6  # two months of intraday bars for each of three symbols


def zeros(mebibytes: int) -> Iterator[bytes]:
    """So many zeros in pieces of 1 MiB."""
    return (bytes(MIB) for _ in range(mebibytes))


def compressed(data: Iterator[bytes]) -> bytes:
    """Compress piece by piece."""
    compressor = zlib.compressobj(wbits=31)
    return b"".join([*map(compressor.compress, data), compressor.flush()])


BOMB = compressed(zeros(200))
TOO_LARGE: dict[str, tuple[Say, str]] = {
    "without a length": (pieces(lambda: chain([HEAD, b"\r\n"], zeros(50))), "larger than"),
    "announced": (
        pieces(lambda: chain([HEAD, b"Content-Length: 52428800\r\n\r\n"], zeros(50))),
        "larger than",
    ),
    "gzip bomb": (reply(BOMB, Content_Encoding="gzip"), "larger than"),
    "bomb in a bomb": (
        reply(compressed(iter([BOMB])), Content_Encoding="gzip, gzip"),
        "compressed as",
    ),
}


def measured(say: Say, id_: DatasetId) -> tuple[Run, int]:
    """Run one dataset against this vendor; return also the peak of memory that it took."""
    with saying(say) as vendor:
        tracemalloc.start()
        try:
            fetched = run(vendor.url, NO_REDIS, ids=[id_], deadline=10)
            return fetched, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("number", range(len(TOO_LARGE)), ids=list(TOO_LARGE))
def test_a_body_larger_than_any_answer_is_refused_while_it_comes_in(number, how_often, tried):
    say, words = list(TOO_LARGE.values())[number]
    ids = how_often(ALPHA_VANTAGE_DATASETS[number + 1 : number + 2], ALPHA_VANTAGE_DATASETS)

    for id_ in ids:
        fetched, peak = measured(say, id_)
        outcome = fetched[id_]
        assert isinstance(outcome, Unavailable)
        assert words in outcome.reason
        assert fetched.requests <= AT_ONCE  # and never again
        assert peak < AT_ONCE * 3 * MAX_BODY_BYTES

    tried(
        "Vendor",
        "50 MB answers, gzip bombs",
        "unavailable, left while they came in, memory bounded",
        times=len(ids),
    )


def flooded(change: Callable[[list[Row]], list[Row]]) -> Say:
    """Answer with more rows, or longer ones, than anybody could use."""

    def body(path: str) -> bytes:
        question = question_of(path)
        return body_of(question.function, change(rows_of(question.function, question.body)))

    return lambda handler: reply(body(handler.path))(handler)


def long_names(rows: list[Row]) -> list[Row]:
    return [
        Row(row.stamp, {**row.fields, "name": "x" * 90_000, "symbol": "y" * 90_000}) for row in rows
    ]


FLOODS: dict[str, tuple[DatasetId, Callable[[list[Row]], list[Row]], str]] = {
    "offerings": (
        "ipo_calendar",
        lambda rows: [Row(rows[0].stamp, {"symbol": str(n)}) for n in range(10_000)],
        "10000 rows, more than any",
    ),
    "names": ("ipo_calendar", long_names, ""),
    "titles": (
        "news_sentiment_feed",
        lambda rows: [Row(row.stamp, {**row.fields, "title": "x" * 50_000}) for row in rows],
        "",
    ),
    "addresses": (
        "news_sentiment_feed",
        lambda rows: [Row(row.stamp, {**row.fields, "url": "x" * 50_000}) for row in rows],
        "rows are unusable",
    ),
    "bars": (
        "intraday_bars",
        lambda rows: [
            Row(f"2025-06-10 10:00:{n:09.6f}", rows[0].fields)
            for n in (second / 100 for second in range(3000))
        ],
        "rows are unusable",
    ),
    "sessions": (
        "daily_bars",
        lambda rows: [*rows, *(Row(f"{n:04}-01-01", rows[0].fields) for n in range(1, 1500))],
        "",
    ),
    "yields": ("treasury_2y", lambda rows: rows * 100, ""),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_leaves_nothing_behind_that_a_store_could_not_hold(name, tried):
    id_, change, words = FLOODS[name]

    with saying(flooded(change)) as vendor:
        outcome = run(vendor.url, NO_REDIS, ids=[id_])[id_]

    assert isinstance(outcome, Unavailable) == bool(words), outcome
    assert words in outcome.reason
    assert len(bson.encode(dataset_document(outcome))) < MIB
    tried("Vendor", "floods of rows, names of 90 kB", "cut to what people use, or unavailable")
