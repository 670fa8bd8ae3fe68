"""What the vendor's words mean, and that no word of ours repeats the key.

What these tests guard against: the vendor reports its errors under HTTP 200, so an error read as
data would become a number nobody measured, and a refusal read as an outage would be asked again
until the quota is gone. And its error messages, redirects and the HTTP library's log repeat the
API key.
"""

import json
import logging
import traceback

import pytest

from insights_assets.datasets import ipo_calendar, news_sentiment_feed, treasury_yields
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets.vendors import errors
from insights_assets.vendors.query import Answer
from insights_assets.vendors.wire import masked
from insights_assets_tests.support.recording import CAPTURES, needs_recording
from insights_assets_tests.support.storage import closed_port
from insights_assets_tests.support.vendor import (
    KEY,
    ask,
    one_try_only,
    reply,
    saying,
)

YIELD = '{"data": [{"date": "2025-01-02", "value": "4.25"}]}'

# The beginning of the name of a capture in shared/data/captures/errors, the member and the
# sentence that the vendor sends under HTTP 200, and what it means.
SENTENCES = {
    "error_apikey_missing": (
        "Error Message",
        (
            "the parameter apikey is invalid or missing. Please claim your free API key on"
            " (https://www.alphavantage.co/support/#api-key). It should take less than 20"
            " seconds."
        ),
        errors.InvalidKey,
    ),
    "error_function_does_not_exist": (
        "Error Message",
        "This API function (TREASURY) does not exist.",
        errors.InvalidCall,
    ),
    "error_invalid_call": (
        "Error Message",
        (
            "Invalid API call. Please retry or visit the documentation"
            " (https://www.alphavantage.co/documentation/) for TIME_SERIES_DAILY."
        ),
        errors.DoubtfulCall,
    ),
    "information_burst_1_per_second_a": (
        "Information",
        (
            "Thank you for using Alpha Vantage! Please consider spreading out your free API"
            " requests more sparingly (1 request per second). You may subscribe to any of the"
            " premium plans at https://www.alphavantage.co/premium/ to lift the free key rate"
            " limit (25 requests per day) and instantly remove all daily rate limits."
        ),
        errors.RateLimited,
    ),
    "information_burst_1_per_second_b": (
        "Information",
        (
            "Thank you for using Alpha Vantage! Please consider spreading out your free API"
            " requests more sparingly (1 request per second) to avoid hitting our API rate"
            " limit. Or subscribe to our premium plans at https://www.alphavantage.co/premium/"
            " to instantaneously remove all daily rate limits and lift the free key rate"
            " limit (25 requests per day) as well."
        ),
        errors.RateLimited,
    ),
    "note_5_per_minute_500_per_day": (
        "Note",
        (
            "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls"
            " per minute and 500 calls per day. Please visit"
            " https://www.alphavantage.co/premium/ if you would like to target a higher API"
            " call frequency."
        ),
        errors.RateLimited,
    ),
    "note_25_per_day": (
        "Note",
        (
            "Thank you for using Alpha Vantage! Our standard API rate limit is 25 requests"
            " per day. Please subscribe to any of the premium plans at"
            " https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."
        ),
        errors.DailyLimitReached,
    ),
    "information_daily_limit_25": (
        "Information",
        (
            "Thank you for using Alpha Vantage! Our standard API rate limit is 25 requests"
            " per day. Please subscribe to any of the premium plans at"
            " https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."
        ),
        errors.DailyLimitReached,
    ),
    "information_detected_key": (
        "Information",
        (
            f"We have detected your API key as {KEY} and our standard API rate limit is 25"
            " requests per day. Please subscribe to any of the premium plans at"
            " https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."
        ),
        errors.DailyLimitReached,
    ),
    "information_premium_endpoint": (
        "Information",
        (
            "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe"
            " to any of the premium plans at https://www.alphavantage.co/premium/ to"
            " instantly unlock all premium endpoints"
        ),
        errors.PremiumEndpoint,
    ),
    "premium_feature": (
        "Information",
        (
            "Thank you for using Alpha Vantage! The outputsize=full parameter value is a"
            " premium feature for the TIME_SERIES_DAILY endpoint."
        ),
        errors.PremiumEndpoint,
    ),
    "demo_key": (
        "Information",
        "The **demo** API key is for demo purposes only.",
        errors.InvalidKey,
    ),
}
CAPTURED = sorted((CAPTURES / "errors").glob("*.json"))

CSV_HEADER = "symbol,name,ipoDate,priceRangeLow,priceRangeHigh,currency,exchange\r\n"


@pytest.fixture(autouse=True)
def _one_try_only(monkeypatch):
    one_try_only(monkeypatch)


def meaning(*says, query=None, parse=treasury_yields.parse):
    """What our side makes of a response: the parsed value or the error."""
    asked = query or treasury_yields.query("2year")
    with saying(*says) as vendor:
        result = ask(vendor.url, asked).result
    try:
        return parse(asked, result.body) if isinstance(result, Answer) else result
    except errors.VendorError as error:
        return error


def meaning_of_ipos(body):
    return meaning(reply(body), query=ipo_calendar.QUERY, parse=ipo_calendar.parse)


def as_logged(error):
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize(("member", "sentence", "kind"), SENTENCES.values(), ids=SENTENCES)
def test_each_sentence_of_the_vendor_becomes_the_error_it_means(member, sentence, kind):
    error = meaning(reply(json.dumps({member: sentence})))

    assert type(error) is kind


@needs_recording
@pytest.mark.parametrize("capture", CAPTURED, ids=[path.stem for path in CAPTURED])
def test_each_captured_error_body_becomes_the_error_it_means(capture):
    expected = {name: kind for name, (_, _, kind) in SENTENCES.items()}
    expected["empty_object"] = errors.Malformed
    (kind,) = {kind for name, kind in expected.items() if capture.stem.startswith(name)}

    error = meaning(reply(capture.read_bytes()))

    assert type(error) is kind


@pytest.mark.parametrize("member", ["Note", "Information", "Error Message"])
@pytest.mark.parametrize("ipos", [False, True])
def test_an_error_is_found_under_each_member_and_for_json_and_csv_functions(member, ipos):
    body = json.dumps({member: SENTENCES["note_25_per_day"][1]}, indent=4)

    error = meaning_of_ipos(body) if ipos else meaning(reply(body))

    assert isinstance(error, errors.DailyLimitReached)
    assert "daily limit of 25 requests is used up" in str(error)


@pytest.mark.parametrize("letters", ["I,n,f,o,r,m,a", "N,o,t,e,,,", "E,r,r,o,r, ,M"])
@pytest.mark.parametrize("end", ["\r\n", "\n", ""])
def test_an_error_broken_into_csv_cells_is_a_rate_limit_and_no_offering(letters, end):
    error = meaning_of_ipos(CSV_HEADER + letters + end)

    assert isinstance(error, errors.RateLimited)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", errors.Unreadable),
        (" \r\n\t ", errors.Unreadable),
        ("\ufeff", errors.Unreadable),
        ("<!DOCTYPE html><html><body>We will be back soon</body></html>", errors.Unreadable),
        ("\ufeff\n<html></html>", errors.Unreadable),
        (YIELD[:-5], errors.Unreadable),
        ("Service Unavailable", errors.Unreadable),
        ('{"data": ' + "[" * 3000, errors.Unreadable),
        ('{"data": ' + "[" * 9000, errors.Unreadable),
        ("{}", errors.Malformed),
        ("\ufeff{}", errors.Malformed),
        ("[]", errors.Malformed),
        (f"[{YIELD}]", errors.Malformed),
        ("null", errors.Malformed),
        ('"Note"', errors.Malformed),
        ("42", errors.Malformed),
        ('{"data": {}}', errors.Malformed),
        ('{"name": "2-Year Treasury"}', errors.Malformed),
    ],
)
def test_a_body_that_is_no_answer_is_never_taken_for_one(body, kind):
    error = meaning(reply(body))

    assert type(error) is kind


@pytest.mark.parametrize("body", ["", "{}", "[]", "<html>", '{"data": []}', "a,b\r\n1,2\r\n"])
def test_a_body_that_is_no_calendar_is_never_taken_for_an_empty_one(body):
    error = meaning_of_ipos(body)

    assert isinstance(error, errors.Unreadable | errors.Malformed)


@pytest.mark.parametrize("body", ["<html></html>", "\ufeff\r\n<!DOCTYPE html>", "<?xml?>"])
def test_a_web_page_instead_of_a_calendar_is_called_one(body):
    error = meaning_of_ipos(body)

    assert type(error) is errors.Unreadable
    assert "HTML page" in str(error)


def test_no_articles_found_is_an_empty_feed_and_no_error():
    body = json.dumps({"Information": "No articles found. Please adjust the time range and try"})

    history = meaning(reply(body), parse=news_sentiment_feed.parse)

    assert (history.articles, history.rows) == ((), 0)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, errors.InvalidCall),
        (302, errors.InvalidCall),
        (400, errors.InvalidCall),
        (401, errors.InvalidCall),
        (404, errors.InvalidCall),
        (408, errors.ServerFailure),
        (425, errors.ServerFailure),
        (429, errors.RateLimited),
        (500, errors.ServerFailure),
        (503, errors.ServerFailure),
    ],
)
def test_an_http_status_counts_before_what_the_body_says(status, kind):
    error = meaning(reply(YIELD, status))

    assert type(error) is kind
    assert str(error).startswith(f"{treasury_yields.query('2year').label}: the vendor answered ")
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content_Type": "application/json; charset=utf-8"},
        {"Content_Type": "application/json; charset=no-such-charset"},
        {"Content_Type": "application/json; charset=hex"},
        {"Content_Type": "text/html; charset=iso-8859-1"},
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_an_answer_is_read_as_utf_8_whatever_its_headers_say(headers, mark):
    history = meaning(reply(mark + YIELD, **headers))

    assert history.observations.values == (4.25,)


def test_a_wrong_byte_in_a_title_costs_one_letter_and_not_the_feed():
    body = (
        b'{"feed": [{"time_published": "20250110T093000", "url": "https://news.example/1",'
        b' "title": "Nvidia\x92s day", "overall_sentiment_score": 0.2}]}'
    )

    history = meaning(reply(body), parse=news_sentiment_feed.parse)

    assert history.articles[0].title == "Nvidia\ufffds day"


@pytest.mark.parametrize("key", [KEY, KEY.lower(), KEY.upper(), f"{KEY}.", f"'{KEY}'"])
@pytest.mark.parametrize("text", ["apikey {} is invalid", "We detected your API key as {}", "{}"])
def test_a_key_that_the_vendor_repeats_is_masked(key, text):
    error = meaning(reply(json.dumps({"Error Message": text.format(key)})))

    assert isinstance(error, errors.Refused)
    assert KEY.lower() not in as_logged(error).lower()
    assert "***" in str(error)


def test_a_key_that_is_a_word_eats_no_word_of_the_sentence():
    sentence = "subscribe to any of the premium plans, to anything else"

    assert masked(sentence, "any") == sentence
    assert masked(f"the key {KEY} of {KEY}S is wrong", KEY) == f"the key *** of {KEY}S is wrong"


def test_a_key_that_the_vendor_writes_otherwise_is_masked_where_it_says_that_it_is_one():
    body = json.dumps({"Information": "We have detected your API key as OTHERKEY and refuse"})

    error = meaning(reply(body))

    assert "OTHERKEY" not in str(error)


def test_a_key_with_the_newline_of_its_file_is_sent_and_masked_without():
    body = json.dumps({"Error Message": f"the parameter apikey is invalid ({KEY})"})

    with saying(reply(body)) as vendor:
        error = ask(vendor.url, key=f"{KEY}\n").result

    assert vendor.paths[0].endswith(f"apikey={KEY}")
    assert KEY not in str(error)


@pytest.fixture(scope="module")
def simulator():
    with SimulatorServer(SimulatorOptions()) as server:
        yield server


FAULTS = (
    "timeout disconnect http500 http429 ratelimit minutelimit dailylimit dailylimit_with_key"
    " premium badkey invalid empty html"
)


@pytest.mark.parametrize("kind", [None, *FAULTS.split()])
def test_no_log_record_and_no_traceback_holds_the_key(simulator, caplog, kind):
    simulator.set_faults([f"TREASURY_YIELD={kind}"] if kind else [])

    with caplog.at_level(logging.DEBUG):
        result = ask(simulator.base_url, deadline=0.3 if kind == "timeout" else 3).result

    assert isinstance(result, errors.VendorError) == bool(kind)
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    assert KEY.lower() not in logged(caplog).lower()
    assert not kind or KEY.lower() not in as_logged(result).lower()


@pytest.mark.parametrize("what", ["redirect", "refused connection", "broken response"])
def test_no_log_record_and_no_traceback_holds_the_key_below_the_vendors_words(caplog, what):
    with saying(answering(what)) as vendor, caplog.at_level(logging.DEBUG):
        refused = what == "refused connection"
        url = f"http://127.0.0.1:{closed_port()}/query" if refused else vendor.url
        result = ask(url).result

    assert isinstance(result, errors.VendorError)
    assert KEY.lower() not in logged(caplog).lower()
    assert KEY.lower() not in as_logged(result).lower()


def answering(what):
    """Repeat the whole question, key included, in a header or in a status line that is none."""

    def say(handler):
        if what == "redirect":
            reply(status=302, Location=f"http://news.example{handler.path}")(handler)
        else:
            handler.wfile.write(f"HTTP/9 {handler.path}\r\n\r\n".encode())

    return say


def logged(caplog):
    """Everything a handler could write of the records, whatever its format."""
    return caplog.text + repr([vars(record) for record in caplog.records])


def test_an_error_has_a_label_and_one_plain_sentence_that_says_what_to_do():
    error = meaning(reply(json.dumps({"Note": SENTENCES["note_25_per_day"][1]})))

    assert str(error) == (
        "TREASURY_YIELD 2year: the vendor's daily limit of 25 requests is used up; the next try"
        " makes sense after midnight New York"
    )
