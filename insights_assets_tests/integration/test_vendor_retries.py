"""When the client asks again, and when it stops.

What these tests guard against: a run that hangs on a vendor that is slow in a new way, a quota
spent on requests that cannot succeed, and a stranger's server that gets the key or the memory.
"""

import asyncio
from datetime import date
from itertools import chain, repeat

import pytest
from tenacity import wait_fixed

from insights_assets.datasets import (
    daily_bars,
    intraday_bars,
    ipo_calendar,
    news_sentiment_feed,
    treasury_yields,
)
from insights_assets.datasets.news_sentiment_feed import window as news_window
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets.vendors import client, errors
from insights_assets.vendors.query import Answer
from insights_assets.vendors.rate_limit import RateLimiter
from insights_assets_tests.support.storage import closed_port
from insights_assets_tests.support.vendor import (
    KEY,
    Unlimited,
    ask,
    pieces,
    reply,
    saying,
)

MONTHS = [
    intraday_bars.query(symbol, date(2024, month, 1), closed=True)
    for symbol in ("NVDA", "MSFT", "AMD")
    for month in range(1, 13)
]
NEWS = news_sentiment_feed.query(*news_window(date(2025, 1, 2)), limit=200)
PASSING = {
    query.function: (query, kind, error)
    for query, kind, error in (
        (daily_bars.query("NVDA"), "http500", errors.ServerFailure),
        (MONTHS[0], "http429", errors.RateLimited),
        (treasury_yields.query("2year"), "ratelimit", errors.RateLimited),
        (
            news_sentiment_feed.query(*news_window(date(2025, 1, 2)), limit=200),
            "minutelimit",
            errors.RateLimited,
        ),
        (ipo_calendar.QUERY, "disconnect", errors.NoAnswer),
    )
}


@pytest.fixture(scope="module")
def simulator():
    with SimulatorServer(SimulatorOptions()) as server:
        yield server


@pytest.fixture
def asking(simulator):
    """Ask a simulator with one fault for a Treasury yield."""

    def asking_under(fault, **options):
        simulator.set_faults([f"TREASURY_YIELD={fault}"])
        return ask(simulator.base_url, **options)

    return asking_under


def test_failures_that_pass_are_asked_again_until_the_answer_comes(simulator):
    simulator.set_faults([f"{function}={kind}*2" for function, (_, kind, _) in PASSING.items()])
    simulator.reset()

    asked = ask(simulator.base_url, *[query for query, _, _ in PASSING.values()])

    assert all(isinstance(result, Answer) for result in asked.results)
    assert simulator.stats()["by_function"] == dict.fromkeys(PASSING, 3)


def test_failures_that_do_not_pass_end_within_the_deadline(simulator):
    simulator.set_faults([f"{function}={kind}" for function, (_, kind, _) in PASSING.items()])
    simulator.reset()

    asked = ask(simulator.base_url, *[query for query, _, _ in PASSING.values()], deadline=0.8)

    assert [type(result) for result in asked.results] == [error for _, _, error in PASSING.values()]
    assert min(simulator.stats()["by_function"].values()) >= 2
    assert asked.seconds < 1.1


def test_a_refused_connection_is_tried_again_within_the_deadline():
    asked = ask(f"http://127.0.0.1:{closed_port()}/query", deadline=0.8)

    assert type(asked.result) is errors.NoAnswer
    assert "check the network and ALPHA_VANTAGE_BASE_URL" in str(asked.result)
    assert asked.requests >= 2
    assert asked.seconds < 1.1


def test_a_vendor_that_hangs_is_left_at_the_deadline(asking):
    asked = asking("timeout", deadline=0.6)

    assert type(asked.result) is errors.NoAnswer
    assert 0.5 < asked.seconds < 0.9


def test_one_hanging_request_leaves_time_for_another(asking, monkeypatch):
    monkeypatch.setattr("insights_assets.vendors.client.TRY_SECONDS", 0.3)

    asked = asking("timeout*1", deadline=3)

    assert isinstance(asked.result, Answer)
    assert asked.requests == 2


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_a_slow_drip_ends_at_the_deadline(head):
    with saying(pieces(lambda: chain([head], repeat(b"x")), pause=0.2)) as vendor:
        asked = ask(vendor.url, deadline=0.7)

    assert type(asked.result) is errors.NoAnswer
    assert asked.seconds < 1


def test_the_last_reason_is_what_the_vendor_said_and_not_that_no_time_was_left(monkeypatch):
    monkeypatch.setattr(client, "wait_random_exponential", lambda **_: wait_fixed(0.5))

    with saying(reply(status=503), pieces(lambda: repeat(b"x"), 0.05)) as vendor:
        asked = ask(vendor.url, deadline=0.6)

    assert type(asked.result) is errors.ServerFailure
    assert asked.requests == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("badkey", errors.InvalidKey),
        ("premium", errors.PremiumEndpoint),
        ("dailylimit", errors.DailyLimitReached),
        ("dailylimit_with_key", errors.DailyLimitReached),
        ("empty", errors.Unreadable),
        ("html", errors.Unreadable),
    ],
)
def test_a_failure_that_asking_again_would_not_mend_is_asked_for_once(asking, kind, error):
    asked = asking(kind)

    assert type(asked.result) is error
    assert asked.requests == 1


@pytest.mark.parametrize("kind", ["dailylimit", "badkey"])
def test_after_a_failure_of_the_key_nothing_more_is_sent(simulator, kind):
    simulator.set_faults([f"TREASURY_YIELD:2year={kind}"])

    asked = ask(
        simulator.base_url,
        treasury_yields.query("2year"),
        treasury_yields.query("10year"),
        ipo_calendar.QUERY,
        at_once=False,
    )

    first, second, third = asked.results
    assert asked.requests == 1
    assert type(first) is type(second) is type(third)
    assert str(third) == str(first).replace("TREASURY_YIELD 2year", "IPO_CALENDAR")


def test_a_call_that_the_vendor_asks_to_retry_is_sent_once_more(simulator):
    simulator.set_faults(["TREASURY_YIELD:2year=invalid*1"])
    mended = ask(simulator.base_url)
    simulator.set_faults(["TREASURY_YIELD:2year=invalid"])
    refused = ask(simulator.base_url)

    assert isinstance(mended.result, Answer)
    assert (type(refused.result), refused.requests) == (errors.DoubtfulCall, 2)


def test_a_function_that_the_plan_lacks_is_asked_for_once_in_a_run(simulator):
    simulator.set_faults(["TREASURY_YIELD=premium"])

    asked = ask(
        simulator.base_url,
        treasury_yields.query("2year"),
        treasury_yields.query("10year"),
        at_once=False,
    )

    assert {type(result) for result in asked.results} == {errors.PremiumEndpoint}
    assert asked.requests == 1


def test_a_gateway_s_page_under_403_and_a_408_are_asked_again():
    page = reply("<!DOCTYPE html><title>Attention Required! | Cloudflare</title>", 403)
    good = reply('{"data": []}')
    with saying(page, reply("", 408), good) as vendor:
        asked = ask(vendor.url)

    assert isinstance(asked.result, Answer)
    assert asked.requests == 3


def test_an_answer_that_takes_longer_than_a_third_of_the_deadline_is_had(monkeypatch):
    monkeypatch.setattr(client, "TRY_SECONDS", 0.3)
    slow = pieces(lambda: [b"HTTP/1.1 200 OK\r\n\r\n", b'{"data": []}'], 0.4)
    with saying(slow) as vendor:
        asked = ask(vendor.url, deadline=4)

    assert isinstance(asked.result, Answer)
    assert asked.requests == 1


@pytest.mark.parametrize("kind", ["invalid"])
def test_after_a_refusal_of_one_query_the_others_are_sent(simulator, kind):
    simulator.set_faults([f"TREASURY_YIELD:2year={kind}"])

    asked = ask(
        simulator.base_url,
        treasury_yields.query("2year"),
        treasury_yields.query("10year"),
        at_once=False,
    )

    assert isinstance(asked.results[1], Answer)


def test_a_symbol_of_a_daily_function_that_is_refused_is_no_daily_limit(simulator):
    simulator.set_faults(["TIME_SERIES_DAILY_ADJUSTED:NVDA=invalid"])

    asked = ask(
        simulator.base_url,
        daily_bars.query("NVDA"),
        daily_bars.query("AMD"),
        at_once=False,
    )

    assert type(asked.results[0]) is errors.DoubtfulCall
    assert isinstance(asked.results[1], Answer)


def test_at_the_daily_limit_only_what_was_under_way_was_sent(simulator):
    simulator.set_faults(["TIME_SERIES_INTRADAY=dailylimit"])

    asked = ask(simulator.base_url, *MONTHS)

    assert {type(result) for result in asked.results} == {errors.DailyLimitReached}
    assert asked.requests <= 16


def test_at_the_daily_limit_nobody_goes_on_waiting_for_our_own_rate_limit(simulator):
    simulator.set_faults(["TIME_SERIES_INTRADAY=dailylimit"])

    asked = ask(simulator.base_url, *MONTHS, limiter=RateLimiter(3, None))

    assert {type(result) for result in asked.results} == {errors.DailyLimitReached}
    assert asked.requests == 3
    assert asked.seconds < 2.5


def test_waiting_for_our_own_rate_limit_does_not_count_against_the_deadline(simulator):
    class Slow(Unlimited):
        async def acquire(self, *_, **__):
            await asyncio.sleep(0.8)

    simulator.set_faults([])

    asked = ask(simulator.base_url, deadline=0.5, limiter=Slow())

    assert isinstance(asked.result, Answer)


def test_a_vendor_that_refuses_at_every_pace_is_left_at_the_deadline(simulator):
    simulator.set_faults(["TIME_SERIES_INTRADAY=ratelimit"])

    asked = ask(simulator.base_url, *MONTHS, deadline=1.5, limiter=RateLimiter(10_000, None))

    assert {type(result) for result in asked.results} == {errors.RateLimited}
    assert asked.seconds < 4
    assert asked.requests < 2 * len(MONTHS)


def test_waiting_for_a_connection_does_not_count_against_the_deadline():
    # 36 queries on 16 connections: the last wait for two others, 0.8 s, before they are sent.
    with saying(pieces(lambda: [b"HTTP/1.1 200 OK\r\n\r\n", b'{"data": []}'], 0.2)) as vendor:
        asked = ask(vendor.url, *MONTHS, deadline=0.9)

    assert all(isinstance(result, Answer) for result in asked.results)
    assert asked.seconds > 1


@pytest.mark.parametrize("encoding", ["gzip,deflate", "deflate", "br", "zstd"])
def test_a_compression_that_was_not_asked_for_is_refused(encoding):
    with saying(reply('{"data": []}', Content_Encoding=encoding)) as vendor:
        asked = ask(vendor.url)

    assert type(asked.result) is errors.Unreadable
    assert asked.requests == 1


def test_a_body_that_is_not_what_its_compression_says_is_unreadable():
    with saying(reply(b'{"data": []}', Content_Encoding="gzip")) as vendor:
        asked = ask(vendor.url)

    assert type(asked.result) is errors.Unreadable
    assert asked.requests == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else(status):
    with (
        saying(reply("{}")) as stranger,
        saying(reply(status=status, Location=stranger.url)) as vendor,
    ):
        asked = ask(vendor.url)

    assert type(asked.result) is errors.InvalidCall
    assert "redirect" in str(asked.result)
    assert (len(vendor.paths), stranger.paths) == (1, [])


def test_the_request_is_the_query_and_the_key():
    with saying(reply('{"data": []}')) as vendor:
        ask(vendor.url)

    question = "/query?function=TREASURY_YIELD&interval=daily&maturity=2year"
    assert vendor.paths == [f"{question}&apikey={KEY}"]


def test_an_answer_of_a_stand_in_that_does_not_say_whose_it_is_counts_as_simulated():
    sources = []
    for headers in ({}, {"X_Insights_Source": "replay"}, {"X_Insights_Source": "alpha_vantage"}):
        with saying(reply('{"data": []}', **headers)) as vendor:
            sources.append(ask(vendor.url).result.source)

    assert sources == ["simulator", "replay", "simulator"]
