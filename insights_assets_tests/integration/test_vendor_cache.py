"""What is kept in Redis, for how long, and when it is used.

What these tests guard against: a re-run that spends the quota again, data of the simulator or of
yesterday served as today's, an error kept as an answer, and a Redis that stops a run.
"""

import json
import socket
from datetime import timedelta

import pytest

from insights_assets.model.dates import as_of
from insights_assets.model.outcomes import Dataset, Unavailable
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.storage import closed_port
from insights_assets_tests.support.vendor import (
    ALPHA_VANTAGE_DATASETS,
    KEY,
    TEN_O_CLOCK,
    TODAY,
    any_ports,
    run,
    ten_o_clock,
)

HOUR_KEYS = {
    "market:daily:NVDA",
    "market:daily:MSFT",
    "market:daily:AMD",
    "market:daily:PLTR",
    "macro:treasury:2y",
    "macro:treasury:10y",
    "sentiment:news:technology:20250604T1330-20250611T1330:50",
}
WEEK_KEYS = {f"market:intraday:{symbol}:2025-05" for symbol in ("NVDA", "MSFT", "AMD")}
DAY_KEY = "macro:ipo:calendar"


@pytest.fixture(scope="module")
def simulator():
    with SimulatorServer(SimulatorOptions(), clock=ten_o_clock) as server:
        yield server


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with any_ports(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def run_today(simulator, stack, redis):
    """Run the datasets of today, or of other days; the cache is empty at first."""
    simulator.set_faults([])

    def running(*days, base_url=simulator.base_url, **options):
        simulator.reset()
        return run(base_url, stack.redis_url, *days, **options)

    return running


def cached_keys(redis):
    return {key.decode() for key in redis.keys("*") if not key.startswith(b"insights:rate")}


def test_a_second_run_within_the_hour_asks_for_the_growing_month_alone(run_today, simulator):
    first = run_today()
    second = run_today()

    assert (first.requests, second.requests) == (14, 3)
    assert simulator.stats()["by_function"] == {"TIME_SERIES_INTRADAY": 3}
    assert second.outcomes == first.outcomes


def test_answers_are_kept_under_their_keys_for_as_long_as_they_may_be_used(run_today, redis):
    run_today()

    assert cached_keys(redis) == HOUR_KEYS | {DAY_KEY} | WEEK_KEYS
    assert all(604_790 <= redis.ttl(key) <= 604_800 for key in WEEK_KEYS)
    assert all(3590 <= redis.ttl(key) <= 3600 for key in HOUR_KEYS)
    assert 86_390 <= redis.ttl(DAY_KEY) <= 86_400


def test_a_month_that_is_over_is_kept_and_the_running_one_is_not(run_today, redis):
    run_today(TODAY - timedelta(days=30), TODAY, ids=["intraday_bars"])

    assert cached_keys(redis) == WEEK_KEYS | {key.replace("-05", "-04") for key in WEEK_KEYS}


def test_nothing_that_is_kept_holds_the_key(run_today, redis):
    run_today()

    kept = b"".join(redis.get(key) for key in cached_keys(redis))
    assert KEY.encode().lower() not in kept.lower()


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        ("dailylimit", 1),
        ("invalid", 2),  # "please retry" is tried again
        ("empty", 1),
        ("emptyobject", 1),
        ("html", 1),
        ("malformed", 1),
        ("nan", 1),  # it can be read, and is of no use
    ],
)
def test_an_error_is_never_kept(run_today, redis, simulator, kind, times):
    simulator.set_faults([f"TREASURY_YIELD:2year={kind}*{times}"])

    first = run_today(ids=["treasury_2y"])
    kept = cached_keys(redis)
    second = run_today(ids=["treasury_2y"])

    assert isinstance(first["treasury_2y"], Unavailable)
    assert kept == set()
    assert isinstance(second["treasury_2y"], Dataset)


def test_of_a_premium_endpoint_only_that_it_is_one_is_kept(run_today, redis, simulator):
    simulator.set_faults(["TREASURY_YIELD:2year=premium*1"])

    first, second = run_today(ids=["treasury_2y"]), run_today(ids=["treasury_2y"])

    (key,) = cached_keys(redis)
    assert key.endswith(":refused:TREASURY_YIELD")
    assert (first.requests, second.requests) == (1, 0)
    assert first["treasury_2y"].reason in second["treasury_2y"].reason


def test_what_came_from_another_address_is_not_used_and_replaced(run_today, simulator):
    run_today()

    with SimulatorServer(SimulatorOptions(seed=8), clock=ten_o_clock) as other:
        first = run_today(base_url=other.base_url)
        second = run_today(base_url=other.base_url)

    assert (first.requests, second.requests) == (14, 3)


def test_a_calendar_kept_yesterday_is_not_todays(run_today, redis):
    yesterday = TODAY - timedelta(days=1)
    run_today(yesterday, ids=["ipo_calendar"], clock=lambda: TEN_O_CLOCK - timedelta(hours=14))
    kept = cached_keys(redis)

    today = run_today(ids=["ipo_calendar"])

    assert kept == {DAY_KEY}
    assert today.requests == 1
    assert today["ipo_calendar"].fetched_at == TEN_O_CLOCK


def test_a_calendar_kept_this_morning_is_todays(run_today):
    run_today(ids=["ipo_calendar"], clock=lambda: as_of(TODAY) - timedelta(hours=9))

    again = run_today(ids=["ipo_calendar"])

    assert again.requests == 0
    assert again["ipo_calendar"].data.day == TODAY


GOOD = {"origin": "", "source": "simulator", "fetched_at": "2025-06-11T10:00:00-04:00", "body": ""}


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"{}",
        b"[1, 2]",
        json.dumps(GOOD | {"source": "guessed"}).encode(),
        json.dumps(GOOD | {"fetched_at": "2025-06-11T10:00:00"}).encode(),
        json.dumps(GOOD | {"body": '{"data": [{"date": "yesterday"}]}'}).encode(),
        json.dumps(GOOD | {"body": "{}"}).encode(),
    ],
)
def test_garbage_in_the_cache_is_ignored_and_replaced(run_today, redis, simulator, garbage):
    entry = garbage.replace(b'"origin": ""', f'"origin": "{simulator.base_url}"'.encode())
    redis.set("macro:treasury:2y", entry)

    first = run_today(ids=["treasury_2y"])
    second = run_today(ids=["treasury_2y"])

    assert isinstance(first["treasury_2y"], Dataset)
    assert (first.requests, second.requests) == (1, 0)


def test_a_key_of_another_type_is_ignored_and_replaced(run_today, redis, caplog):
    redis.rpush("macro:treasury:2y", "a list")

    first = run_today(ids=["treasury_2y"])
    second = run_today(ids=["treasury_2y"])

    assert isinstance(first["treasury_2y"], Dataset)
    assert (first.requests, second.requests) == (1, 0)
    assert caplog.text == ""


def test_a_redis_that_is_away_costs_the_cache_and_two_warnings(simulator, caplog):
    simulator.set_faults([])

    day = run(simulator.base_url, f"redis://127.0.0.1:{closed_port()}/0")

    assert all(isinstance(day[id_], Dataset) for id_ in ALPHA_VANTAGE_DATASETS)
    assert day.requests == 14
    assert day.seconds < 2
    assert [record.name.rpartition(".")[2] for record in caplog.records] == ["cache", "rate_limit"]


def test_a_redis_that_hangs_costs_the_cache_and_a_few_seconds(simulator, caplog):
    simulator.set_faults([])

    with socket.create_server(("127.0.0.1", 0)) as hanging:
        day = run(simulator.base_url, f"redis://127.0.0.1:{hanging.getsockname()[1]}/0")

    assert all(isinstance(day[id_], Dataset) for id_ in ALPHA_VANTAGE_DATASETS)
    assert day.seconds < 9  # the cache, the plan and the rate each wait 2 s once
    assert len(caplog.records) == 2


def test_a_redis_that_goes_away_in_the_middle_costs_the_cache(simulator, tmp_path, caplog):
    simulator.set_faults([])

    with any_ports(tmp_path) as stack:
        day = run(simulator.base_url, stack.redis_url, on_request=lambda _: stack.stop())

    assert all(isinstance(day[id_], Dataset) for id_ in ALPHA_VANTAGE_DATASETS)
    assert day.requests == 14
    assert caplog.text.count("Redis does not serve as a cache") == 1


def test_a_redis_without_room_costs_the_cache(run_today, redis, caplog):
    redis.config_set("maxmemory", 1)
    try:
        day = run_today()
    finally:
        redis.config_set("maxmemory", 0)

    assert all(isinstance(day[id_], Dataset) for id_ in ALPHA_VANTAGE_DATASETS)
    assert caplog.text.count("Redis does not serve as a cache") == 1
