"""Payloads of any shape through the whole chain: bytes, error, history, dataset, document, reading.

What these tests guard against: one odd row that stops a run or becomes a price. Whatever comes in,
only a VendorError may come out, or a history that is in order, holds each stamp once and no number
that was not sent; and what is kept of it can be stored, read back and measured.
"""

import gzip
import json
import math
import re
from contextlib import suppress
from datetime import UTC, datetime, time

import bson
import pytest
from hypothesis import strategies as st

from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.datasets import (
    daily_bars,
    intraday_bars,
    ipo_calendar,
    news_sentiment_feed,
    treasury_yields,
)
from insights_assets.datasets.daily_bars import known as daily_bars_known
from insights_assets.datasets.intraday_bars import known as intraday_bars_known
from insights_assets.datasets.ipo_calendar import IpoCalendar
from insights_assets.datasets.news_sentiment_feed import known as news_known
from insights_assets.datasets.treasury_yields import known as yields_known
from insights_assets.model.outcomes import Dataset, Reading, Unavailable
from insights_assets.storage.documents import dataset_document, dataset_outcome
from insights_assets.vendors import errors
from insights_assets.vendors.alpha_vantage.wire import check_body
from insights_assets.vendors.bounded_body import BoundedBody
from insights_assets.vendors.wire import masked
from insights_assets_tests.chaos.fuzz_support import (
    ANYTHING,
    DAY,
    SAMPLES,
    SCRATCHES,
    TEXTS,
    count_cases,
    payloads,
    scratched,
    written,
)
from insights_assets_tests.chaos.vendor_support import as_json
from insights_assets_tests.support.vendor import KEY, QUERY

FETCHED_AT = datetime(2025, 1, 10, 15, tzinfo=UTC)
PARSERS = {
    "daily_bars": daily_bars.parse,
    "intraday_bars": intraday_bars.parse,
    "treasury_2y": treasury_yields.parse,
    "news_sentiment_feed": news_sentiment_feed.parse,
    "ipo_calendar": ipo_calendar.parse,
}

# What must hold


def read(id_, raw):
    """Read a body as the client and the manager do: what came of it, and the body."""
    body = raw.decode("utf-8-sig", errors="replace")
    try:
        check_body("LABEL", 200, body)
        return PARSERS[id_](QUERY, body), body
    except errors.VendorError as error:
        error.reword(masked(error.finding, KEY))
        assert_plain(error)
        return None, body


def assert_plain(error):
    assert error.finding.isprintable()
    assert len(error.finding) < 600
    assert KEY.lower() not in re.findall(r"[a-z0-9]+", str(error).lower())


def numbers_in(body):
    """Every number of a JSON body, as JSON means it, or as the whole of a text."""
    waiting, numbers = [json.loads(body)], set()
    for value in waiting:
        if isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)
        elif re.fullmatch(r"[-+0-9.eE]+", str(value).strip(), re.ASCII):
            with suppress(ValueError, OverflowError):
                numbers.add(float(value))
    return numbers


def assert_ascending(stamps):
    assert list(stamps) == sorted(set(stamps))


def assert_daily_history(history, body, lowest, highest):
    assert_ascending(history.observations.dates)
    assert list(history.dropped) == sorted(history.dropped)
    assert not set(history.dropped) & set(history.observations.dates)
    values = history.observations.values
    assert len(values) == len(history.observations.dates)
    assert all(type(value) is float and lowest <= value <= highest for value in values)
    assert set(values) <= numbers_in(body)


def assert_prices(history, body):
    assert_daily_history(history, body, 1e-6, 1e9)


def assert_yields(history, body):
    assert_daily_history(history, body, -100, 100)


def assert_bars(history, body):
    assert_ascending(history.sessions)
    assert all(count > 0 for count in history.dropped.values())
    numbers = numbers_in(body)
    for session in history.sessions.values():
        assert_ascending(session.starts)
        assert len(session.starts) == len(session.opens) == len(session.closes) > 0
        assert all(time(9, 30) <= start < time(16) for start in session.starts)
        assert all(start.minute in (0, 30) and not start.second for start in session.starts)
        assert {*session.opens, *session.closes} <= numbers
        assert all(0 < price < math.inf for price in (*session.opens, *session.closes))


def assert_articles(history, body):
    published = [article.published for article in history.articles]
    assert published == sorted(published)
    assert list(history.dropped) == sorted(history.dropped)
    assert all(instant.tzinfo is UTC for instant in (*published, *history.dropped))
    assert len(history.articles) + len(history.dropped) <= history.rows
    assert all(-1 <= article.score <= 1 for article in history.articles)
    assert {article.score for article in history.articles} <= numbers_in(body)
    assert all(article.url.encode() for article in history.articles)


def assert_offerings(listing, body):
    offerings = listing.offerings
    assert len(set(offerings)) == len(offerings) <= 5000
    dates = [offering.ipo_date for offering in offerings]
    assert dates == sorted(dates)
    unquoted = body.replace('"', "").replace("-", "")
    assert all(f"{day.year:04}" in unquoted or "W" in body for day in dates)


def known_calendar(listing, day):
    offerings = listing.offerings
    symbols, names, dates = zip(*offerings, strict=True) if offerings else ((), (), ())
    return IpoCalendar(day, tuple(symbols), tuple(names), tuple(dates))


CHECKS = {
    "daily_bars": (assert_prices, lambda h, day: daily_bars_known({"NVDA": h}, day)),
    "intraday_bars": (assert_bars, lambda h, day: intraday_bars_known({"NVDA": h}, day)),
    "treasury_2y": (assert_yields, yields_known),
    "news_sentiment_feed": (assert_articles, news_known),
    "ipo_calendar": (assert_offerings, known_calendar),
}


def assert_usable(id_, data):
    """What is known can be stored, is read back as it was, and gives a reading or a reason."""
    dataset = Dataset(data, "fresh", "fuzzed", "simulator", FETCHED_AT)
    stored = bson.encode(dataset_document(dataset))
    assert len(stored) < 2**20
    options = bson.CodecOptions(tz_aware=True)
    assert dataset_outcome(bson.decode(stored, options)) == dataset
    for metric in AI_SECTOR_RISK.metrics:
        if metric.datasets == (id_,):
            reading = metric.evaluate({id_: dataset})
            assert isinstance(reading, Unavailable) or is_sound(reading)


def is_sound(reading):
    return (
        isinstance(reading, Reading)
        and math.isfinite(reading.value)
        and 0 <= reading.score <= 100
        and reading.summary.isprintable()
    )


def assert_holds(id_, raw):
    dataset, body = read(id_, raw)
    if dataset is None:
        return
    is_valid, know = CHECKS[id_]
    is_valid(dataset, body)
    data = know(dataset, DAY)
    if not isinstance(data, Unavailable):
        assert_usable(id_, data)


@pytest.mark.parametrize("id_", SAMPLES)
def test_a_sample_is_measured_before_anything_is_damaged(id_):
    sound, body = read(id_, written(id_, SAMPLES[id_]).encode())

    is_valid, know = CHECKS[id_]
    is_valid(sound, body)
    data = know(sound, DAY)
    (metric,) = [metric for metric in AI_SECTOR_RISK.metrics if metric.datasets == (id_,)]
    dataset = Dataset(data, "fresh", "sample", "simulator", FETCHED_AT)
    assert is_sound(metric.evaluate({id_: dataset}))


@pytest.mark.parametrize("id_", SAMPLES)
def test_an_answer_becomes_an_error_or_what_was_sent(id_, tried):
    cases = count_cases(payloads(id_), lambda raw: assert_holds(id_, raw))

    tried(
        "Hostile input",
        f"answers of {id_}, damaged anywhere or of odd parts",
        "a documented error, or data in order, every number of it sent, storable, measurable",
        times=cases,
    )


MEMBERS = ["Note", "Information", "Error Message", "note", "data", "feed"]
WORDS = [
    "25 requests per day",
    "per minute",
    "premium endpoint",
    "apikey is invalid",
    KEY,
    "\x1b[1m",
]
MESSAGES = st.lists(st.sampled_from(WORDS) | TEXTS, max_size=4).map(" ".join)


@st.composite
def refusals(draw):
    """Error bodies, with the key in them or not, and what is nearly one."""
    payload = draw(st.dictionaries(st.sampled_from(MEMBERS), MESSAGES | ANYTHING, max_size=2))
    text = scratched(as_json(payload), draw(st.just([]) | SCRATCHES))
    return (draw(st.sampled_from(["", "\ufeff", " \r\n", "a,b\r\n"])) + text).encode(
        errors="replace"
    )


def test_an_error_body_is_an_error_in_plain_words_and_never_data(tried):
    def holds(raw):
        for id_ in SAMPLES:
            outcome, _ = read(id_, raw)
            no_articles = id_ == "news_sentiment_feed" and b"No articles" in raw
            assert outcome is None or no_articles or not holds_message(raw)

    cases = count_cases(refusals(), holds)

    tried(
        "Hostile input",
        "error bodies of odd words, with control characters and the key",
        "an error in one printable sentence without the key",
        times=cases,
    )


def holds_message(raw):
    with suppress(ValueError):
        return not {"Note", "Information", "Error Message"}.isdisjoint(json.loads(raw))
    return False


COMPRESSED = st.tuples(
    st.binary(max_size=200), st.integers(1, 40), st.tuples(st.integers(0, 300), st.integers(0, 255))
)


def test_a_compressed_body_is_itself_or_an_error(tried):
    def holds(case):
        plain, size, (at, byte) = case
        packed = bytearray(gzip.compress(plain, mtime=0))
        if at < len(packed):
            packed[at] = byte
        harmless = 3 < at < 10 or bytes(packed) == gzip.compress(plain, mtime=0)
        incoming = BoundedBody("LABEL", "gzip", KEY)
        try:
            for n in range(0, len(packed), size):
                incoming.add(bytes(packed[n : n + size]))
            text = incoming.text()
        except errors.VendorError as error:
            assert_plain(error)
            assert not harmless
        else:
            assert text == plain.decode("utf-8-sig", errors="replace")

    cases = count_cases(COMPRESSED, holds)

    tried(
        "Hostile input",
        "compressed bodies with a wrong byte, in pieces of any size",
        "the body itself or an error",
        times=cases,
    )
