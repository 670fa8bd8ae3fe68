"""Machines whose clock is wrong.

Guards against a snapshot of the wrong day, and against one that stays in the way of the right ones.
"""

import asyncio
import json
from datetime import UTC, timedelta
from email.utils import format_datetime
from time import monotonic

import httpx
import pytest
from redis.asyncio import ConnectionPool

from insights_assets.model.dates import now
from insights_assets.model.outcomes import Dataset, Unavailable
from insights_assets.settings import VENDOR_URL
from insights_assets.vendors import rate_limit
from insights_assets.vendors.rate_limit import RateLimiter
from insights_assets_tests.chaos.clock_support import insights_on
from insights_assets_tests.support.pipeline import failed_checks, failure_of
from insights_assets_tests.support.vendor import ALPHA_VANTAGE_DATASETS, NO_REDIS, run

A_DAY, AN_HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def vendor_at(simulator, monkeypatch):
    """Let the real vendor's address be answered by the simulator, as if it were another time."""
    simulator.set_faults([])
    ask = httpx.AsyncHTTPTransport.handle_async_request

    def living(vendors_now):
        async def answer(transport, request):
            url = httpx.URL(simulator.base_url, query=request.url.query)
            there = httpx.Request("GET", url, headers={"Accept-Encoding": "identity"})
            response = await ask(transport, there)
            response.headers["Date"] = format_datetime(vendors_now().astimezone(UTC), usegmt=True)
            return response

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)

    return living


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [
        (2 * AN_HOUR, "2 hours ahead of"),
        (-2 * AN_HOUR, "2 hours behind"),
        (3 * A_DAY, "72 hours ahead of"),
        (-A_DAY, "24 hours behind"),
        (-3650 * A_DAY, "87600 hours behind"),
    ],
)
def test_a_wrong_clock_is_told_and_nothing_is_taken_for_known_on_its_day(
    vendor_at, ahead, sentence, tried
):
    vendor_at(now)
    wrong = now() + ahead

    fetched = run(VENDOR_URL, NO_REDIS, wrong.date(), clock=lambda: wrong)

    for id_ in ALPHA_VANTAGE_DATASETS:
        assert isinstance(fetched[id_], Unavailable), id_
        assert f"this machine's clock is {sentence} the vendor's" in fetched[id_].reason
    tried(
        "Time",
        "a run while the machine's clock is hours, days or years from the vendor's",
        "no dataset is taken from it; each says by how much the clock is wrong",
    )


@pytest.mark.parametrize("ahead", [timedelta(), 50 * 60 * SECOND, -50 * 60 * SECOND])
def test_a_clock_that_is_less_than_an_hour_off_changes_nothing(vendor_at, ahead, tried):
    vendor_at(now)
    drifted = now() + ahead

    fetched = run(VENDOR_URL, NO_REDIS, drifted.date(), clock=lambda: drifted)

    for id_ in ALPHA_VANTAGE_DATASETS:
        assert isinstance(fetched[id_], Dataset), id_
        assert fetched[id_].source == "alpha_vantage"
    tried("Time", "a run with a clock that is up to an hour off", "it is as any other run")


def test_a_run_on_a_wrong_clock_stores_no_snapshot_and_says_why(pipeline, vendor_at, tried):
    vendor_at(lambda: now() - 3 * A_DAY)

    result = pipeline.run(now().date(), env={"ALPHA_VANTAGE_BASE_URL": VENDOR_URL})

    assert not result.success
    assert "clock is 72 hours ahead of the vendor's" in failure_of(result)
    assert pipeline.mongo.insight_snapshots.count_documents({}) == 0
    assert not pipeline.redis.exists(pipeline.latest_key)
    tried("Time", "the daily job on a clock three days ahead", "it fails, says why, stores nothing")


def test_an_answer_kept_before_a_leap_of_the_clock_is_not_taken_for_a_new_one(
    simulator, redis, stack, tried
):
    simulator.set_faults([])
    leaps = [2 * AN_HOUR, 5 * A_DAY, -2 * AN_HOUR, -3650 * A_DAY]
    for leap in leaps:
        redis.flushdb()
        instant = now()
        first = run(simulator.base_url, stack.redis_url, instant.date(), ids=["treasury_2y"])

        after = instant + leap
        again = run(
            simulator.base_url,
            stack.redis_url,
            after.date(),
            ids=["treasury_2y"],
            clock=lambda after=after: after,
        )

        assert (first.requests, again.requests) == (1, 1)
    tried(
        "Time",
        "an answer of the vendor kept in Redis before the machine's clock leapt",
        "it is not used: the vendor is asked again",
        times=len(leaps),
    )


def test_what_a_clock_ahead_has_stored_gives_way_once_the_clock_is_right(
    pipeline, clock, tmp_path, how_often, tried
):
    today = now().date()
    for days in (3, 400)[: how_often(1, 2)]:
        clock.set_to(now() + days * A_DAY)
        span = ("--from", str(today), "--to", str(today + A_DAY))
        with insights_on(clock, pipeline, tmp_path, "backfill", *span) as process:
            assert process.wait(60) == 0
        poisoned = pipeline.snapshot(today)
        assert poisoned["created_at"] > now() + 2 * A_DAY
        assert json.loads(pipeline.redis.get(pipeline.latest_key))["date"] > str(today)

        result = pipeline.run(today)

        right = pipeline.snapshot(today)
        assert result.success
        assert right["run_id"] == result.run_id
        held = json.loads(pipeline.redis.get(pipeline.latest_key))
        assert (held["date"], held["run_id"]) == (str(today), result.run_id)
        assert not failed_checks(result)
    tried(
        "Time",
        "days that a run on a clock ahead stored, today's and some to come, then a run on time",
        "today's is computed again, and is the latest in both stores",
        times=how_often(1, 2),
    )


@pytest.mark.parametrize("ahead", [3 * A_DAY, -3 * A_DAY])
def test_requests_of_a_machine_on_another_clock_hold_up_nobody_for_more_than_a_minute(
    stack, redis, monkeypatch, ahead, tried
):
    monkeypatch.setattr(rate_limit, "WINDOW_SECONDS", 1)  # in place of a minute
    real = rate_limit.time.time

    async def all_granted() -> float:
        pool = ConnectionPool.from_url(stack.redis_url)
        limiter = RateLimiter(3, pool)
        began = monotonic()
        for _ in range(3):
            await limiter.acquire()
        await pool.aclose()
        return monotonic() - began

    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("time.time", lambda: real() + ahead.total_seconds())
        asyncio.run(all_granted())

    assert asyncio.run(all_granted()) < 4
    tried(
        "Time",
        "the request rate shared with a machine that is three days off",
        "nobody waits longer than for a minute's requests",
    )
