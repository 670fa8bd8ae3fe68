"""One rate for all: never more than granted, shared through Redis, and never a reason to stop.

What these tests guard against: two runs that together exceed what the vendor grants, a backfill
that makes the daily run wait, and a Redis that takes the run along when it goes. Time is played:
the limiter reads a clock that its own sleeping moves on, so that minutes pass in milliseconds.
"""

import asyncio
import subprocess
import sys
import time

import pytest

from insights_assets.vendors.rate_limit import RateLimiter
from insights_assets_tests.support.storage import closed_port
from insights_assets_tests.support.vendor import any_ports, with_pool

ACQUIRE_FOR_A_MOMENT = """
import asyncio, sys
from redis.asyncio import ConnectionPool
from insights_assets.vendors.rate_limit import RateLimiter

async def acquire_for_a_moment():
    pool = ConnectionPool.from_url(sys.argv[1])
    limiter, granted = RateLimiter(10, pool), 0
    try:
        async with asyncio.timeout(1):
            while True:
                await limiter.acquire()
                granted += 1
    except TimeoutError:
        print(granted)
    await pool.aclose()

asyncio.run(acquire_for_a_moment())
"""


class PlayedTime:
    """A clock that stands still while anybody works and moves on when all of them sleep."""

    def __init__(self):
        self.now = 1_750_000_000.0

    def time(self):
        return self.now

    async def sleep(self, seconds):
        wake_up = self.now + seconds
        while self.now < wake_up:
            self.now += 0.01
            await real_sleep(0)


real_sleep = asyncio.sleep


@pytest.fixture
def played(monkeypatch):
    clock = PlayedTime()
    monkeypatch.setattr(time, "time", clock.time)
    monkeypatch.setattr("insights_assets.vendors.rate_limit.asyncio.sleep", clock.sleep)
    return clock


@pytest.fixture
def redis_url(stack, redis):
    return stack.redis_url


async def grants_at_once(limiter, most=50):
    """How many requests a limiter grants before it makes somebody wait."""
    for granted in range(most):
        try:
            await asyncio.wait_for(limiter.acquire(), 0.3)
        except TimeoutError:
            return granted
    return most


async def moments_of(played, limiter, count):
    moments = []
    for _ in range(count):
        await limiter.acquire()
        moments.append(played.now)
        played.now += 0.2
    return moments


def most_in_a_minute(moments):
    return max(sum(start <= moment < start + 60 for moment in moments) for start in moments)


def test_no_minute_has_more_requests_than_granted_in_one_process(played):
    async def several_at_once():
        limiter = RateLimiter(30, None)
        moments = await asyncio.gather(*[moments_of(played, limiter, 20) for _ in range(5)])
        return sorted(moment for moments in moments for moment in moments)

    moments = asyncio.run(several_at_once())

    assert len(moments) == 100
    assert most_in_a_minute(moments) == 30
    assert moments[-1] - moments[0] < 200


def test_no_minute_has_more_requests_than_granted_through_redis(played, redis_url):
    async def two_runs(pool):
        runs = RateLimiter(30, pool), RateLimiter(30, pool)
        moments = await asyncio.gather(*[moments_of(played, run, 40) for run in runs])
        return sorted(moment for moments in moments for moment in moments)

    moments = with_pool(redis_url, two_runs)

    assert len(moments) == 80
    assert most_in_a_minute(moments) == 30


@pytest.mark.parametrize("rate", [1, 2, 30])
def test_as_many_requests_as_granted_are_made_without_waiting(rate):
    assert asyncio.run(grants_at_once(RateLimiter(rate, None))) == rate


def test_two_processes_share_the_rate(redis_url):
    command = [sys.executable, "-c", ACQUIRE_FOR_A_MOMENT, redis_url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    granted = [int(process.communicate(timeout=20)[0]) for process in processes]

    assert sum(granted) == 10


@pytest.mark.parametrize(("rate", "share"), [(75, 60), (5, 4), (2, 1), (1, 1)])
def test_a_backfill_takes_at_most_four_fifths(rate, share):
    bulk = RateLimiter(rate, None, bulk=True)

    assert asyncio.run(grants_at_once(bulk, most=80)) == share


def test_a_backfill_leaves_a_fifth_to_the_daily_run(redis_url):
    async def both(pool):
        for_bulk = await grants_at_once(RateLimiter(10, pool, bulk=True))
        for_daily = await grants_at_once(RateLimiter(10, pool))
        return for_bulk, for_daily

    assert with_pool(redis_url, both) == (8, 2)


def test_a_waiting_backfill_does_not_make_the_daily_run_wait(redis_url):
    async def both(pool):
        bulk = RateLimiter(10, pool, bulk=True)
        waiting = [asyncio.ensure_future(bulk.acquire()) for _ in range(20)]
        await asyncio.sleep(0.3)
        started = time.monotonic()
        await RateLimiter(10, pool).acquire()
        seconds = time.monotonic() - started
        done = sum(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return done, seconds

    done, seconds = with_pool(redis_url, both)

    assert done == 8
    assert seconds < 0.1


def test_the_daily_run_counts_what_a_backfill_has_used(redis_url):
    async def both(pool):
        for_daily = await grants_at_once(RateLimiter(10, pool))
        for_bulk = await grants_at_once(RateLimiter(10, pool, bulk=True))
        return for_daily, for_bulk

    assert with_pool(redis_url, both) == (10, 0)


def test_nobody_waits_for_a_request_that_is_not_needed_any_more():
    async def waiting():
        limiter = RateLimiter(1, None)
        await limiter.acquire()
        over = []
        acquiring = asyncio.ensure_future(limiter.acquire(unless=lambda: bool(over)))
        await asyncio.sleep(0.05)
        over.append(True)
        await asyncio.wait_for(acquiring, 1.5)

    asyncio.run(waiting())


def test_without_redis_the_rate_holds_for_the_process_and_one_warning_says_so(caplog):
    async def at_once(pool):
        limiter = RateLimiter(5, pool)
        acquiring = [asyncio.ensure_future(limiter.acquire()) for _ in range(12)]
        await asyncio.sleep(0.3)
        done = sum(task.done() for task in acquiring)
        for task in acquiring:
            task.cancel()
        await asyncio.gather(*acquiring, return_exceptions=True)
        return done

    granted = with_pool(f"redis://127.0.0.1:{closed_port()}/0", at_once)

    assert granted == 5
    assert [record.getMessage() for record in caplog.records] == [
        "Redis is unavailable: the request rate is limited for this process alone."
    ]


def test_redis_going_away_in_the_middle_is_one_warning_and_no_error(tmp_path, caplog):
    with any_ports(tmp_path) as stack:

        async def going_away(pool):
            limiter = RateLimiter(5, pool)
            before = await grants_at_once(limiter)
            stack.stop()
            return before, await grants_at_once(limiter)

        granted = with_pool(stack.redis_url, going_away)

    assert granted == (5, 5)
    assert len(caplog.records) == 1


def test_redis_going_away_while_requests_wait_is_one_warning_and_no_error(tmp_path, caplog):
    with any_ports(tmp_path) as stack:

        async def going_away(pool):
            limiter = RateLimiter(4, pool)
            await grants_at_once(limiter)
            waiting = [asyncio.ensure_future(limiter.acquire()) for _ in range(4)]
            await asyncio.sleep(0.1)
            stack.stop()
            await asyncio.wait_for(asyncio.gather(*waiting), 3)

        with_pool(stack.redis_url, going_away)

    assert len(caplog.records) == 1


def test_redis_refusing_only_to_say_how_long_to_wait_is_no_error(monkeypatch):
    from limits.aio.strategies import MovingWindowRateLimiter
    from limits.errors import StorageError

    async def refuse(*_):
        monkeypatch.undo()
        raise StorageError(ConnectionError())

    async def waiting():
        limiter = RateLimiter(1, None)
        await limiter.acquire()
        monkeypatch.setattr(MovingWindowRateLimiter, "get_window_stats", refuse)
        await asyncio.wait_for(limiter.acquire(), 1)

    asyncio.run(waiting())
