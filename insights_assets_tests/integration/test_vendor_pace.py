"""One pace for a key, and what was learned about its plan, shared by whoever shares a Redis.

What these tests guard against: a process that goes on at full speed beside one that was refused, a
pace that stays slow forever, and a function that is refused again every morning.
"""

import asyncio
import time
from datetime import datetime

import pytest

from insights_assets.model.dates import NEW_YORK
from insights_assets.vendors.pace import LONGEST_SPACING, Pace
from insights_assets.vendors.plan_memory import PlanMemory, scope_of
from insights_assets_tests.support.storage import closed_port
from insights_assets_tests.support.vendor import with_pool

NOON = datetime(2025, 6, 11, 12, tzinfo=NEW_YORK)
A_DAY = 24 * 3600


@pytest.fixture(params=["shared", "each its own", "redis is unavailable"])
def with_pace(request, stack, redis):
    """Use a pace, wherever it is kept."""
    url = stack.redis_url
    if request.param == "redis is unavailable":
        url = f"redis://127.0.0.1:{closed_port()}/0"

    def using(use, usual=0.0):
        def opened(pool):
            return use(Pace(None if request.param == "each its own" else pool, "key", usual))

        return with_pool(url, opened)

    return using


def test_without_a_refusal_nobody_waits(with_pace):
    async def three(pace):
        return [await pace.take() for _ in range(3)]

    assert with_pace(three) == [(0, 0)] * 3


def test_at_a_plan_s_pace_the_second_request_waits(with_pace):
    async def two(pace):
        return await pace.take(), await pace.take()

    first, (wait, spacing) = with_pace(two, usual=0.5)

    assert first == (0, 0.5)
    assert 0 < wait <= 0.5
    assert spacing == 0.5


def test_a_burst_that_is_refused_slows_down_once(with_pace):
    async def refused(pace):
        for _ in range(5):  # five requests left together, and all of them were refused
            await pace.slow_down(1.2, 60, granted=0)
        return await pace.spacing()

    assert with_pace(refused) == 1.2


def test_a_refusal_at_that_pace_doubles_it_up_to_the_longest(with_pace):
    async def refused_ever_again(pace):
        spacings = []
        for _ in range(6):
            await pace.slow_down(1.2, 60, granted=await pace.spacing())
            spacings.append(await pace.spacing())
        return spacings

    assert with_pace(refused_ever_again) == [1.2, 2.4, 4.8, 9.6, LONGEST_SPACING, LONGEST_SPACING]


def test_after_a_while_the_pace_is_the_plan_s_again(with_pace):
    async def slowed(pace):
        await pace.slow_down(0.3, 1, granted=0.1)
        before = await pace.spacing()
        await asyncio.sleep(1.1)
        return before, await pace.spacing()

    assert with_pace(slowed, usual=0.1) == (0.3, 0.1)


def test_processes_that_share_a_redis_share_the_pace_of_their_key_and_of_no_other(stack, redis):
    async def two(pool):
        await Pace(pool, "one key", 0).slow_down(1.2, 60, granted=0)
        return [await Pace(pool, key, 0).spacing() for key in ("one key", "another")]

    assert with_pool(stack.redis_url, two) == [1.2, 0]


def test_a_refused_function_is_remembered_for_a_day_with_the_time_of_the_next_try(stack, redis):
    async def remembered(pool):
        memory = PlanMemory(pool, "key")
        await memory.remember("TIME_SERIES_DAILY_ADJUSTED", "it is premium", NOON)
        functions = ("TIME_SERIES_DAILY_ADJUSTED", "NEWS_SENTIMENT")
        return [await memory.refused(function) for function in functions]

    said, nothing = with_pool(stack.redis_url, remembered)

    assert "it is premium; it is asked for again after 12:00 on 2025-06-12 New York" in said
    assert "ALPHA_VANTAGE_PLAN=premium" in said
    assert nothing is None
    [key] = redis.keys("insights:plan:*:refused:*")
    assert A_DAY - 5 <= redis.ttl(key) <= A_DAY


def test_requests_are_counted_by_the_day_of_new_york(stack, redis):
    async def counted(pool):
        memory = PlanMemory(pool, "key")
        days = (NOON, NOON.replace(hour=23), NOON.replace(day=12, hour=0))
        return [await memory.count(instant) for instant in days]

    assert with_pool(stack.redis_url, counted) == [1, 2, 1]


def test_without_redis_nothing_is_remembered():
    async def asked(pool):
        memory = PlanMemory(pool, "key")
        started = time.monotonic()
        remembered = [await memory.refused("NEWS_SENTIMENT"), await memory.count(NOON)]
        await memory.remember("NEWS_SENTIMENT", "it is premium", NOON)
        return remembered, time.monotonic() - started

    remembered, seconds = with_pool(f"redis://127.0.0.1:{closed_port()}/0", asked)

    assert remembered == [None, 0]
    assert seconds < 2


def test_the_scope_of_a_key_does_not_show_it_and_is_another_s_for_no_other():
    assert "SECRET" not in scope_of("https://vendor", "SECRET")
    assert scope_of("https://vendor", "SECRET") != scope_of("http://simulator", "SECRET")
    assert scope_of("https://vendor", "SECRET") != scope_of("https://vendor", "OTHER")
