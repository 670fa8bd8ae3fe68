"""Fifty readers at once, through the read side itself and through the API as a user starts it.

What these tests guard against: a connection pool that runs dry, a reader who gets an error while
one of the stores can answer, and connections that pile up.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from pydantic import SecretStr
from redis import Redis

from insights_assets.serving.service import open_insights
from insights_assets.serving.stores import CONNECTIONS
from insights_assets_tests.chaos.proxy_support import late
from insights_assets_tests.support.api import (
    PRODUCT,
    READ_TOKEN,
    SECRET,
    TODAY,
    days_ago,
    settings_on,
    snapshot_of,
    store,
)
from insights_assets_tests.support.category import SYNTHETIC, TWO_CATEGORIES
from insights_assets_tests.support.daemon import serving, wait_until

AREA = "Stores"
READERS = 50
LATEST = f"/api/insights/{PRODUCT.id}"
TREND = f"{LATEST}/trend?days=7"


@pytest.fixture(scope="module")
def settings(stack):
    """Stores with a week of snapshots, both behind proxies."""
    written = settings_on(stack)
    for category in (SYNTHETIC, PRODUCT):
        store(written, *[snapshot_of(days_ago(age), category=category) for age in range(7)])
    return written


@pytest.fixture
def behind(settings, mongo, cache):
    """The same stores through the proxies."""
    return settings.model_copy(
        update={"mongo_uri": SecretStr(mongo.url), "redis_url": SecretStr(cache.url)}
    )


def all_at_once(read, rounds: int) -> Counter:
    """What fifty threads get, each reading `rounds` times."""
    with ThreadPoolExecutor(READERS) as threads:
        reading = [threads.submit(lambda: [read() for _ in range(rounds)]) for _ in range(READERS)]
        return Counter(seen for done in reading for seen in done.result())


def connections_of(redis_url: str) -> int:
    with Redis.from_url(redis_url) as redis:
        return len(redis.client_list(_type="normal"))


def test_fifty_readers_at_once_read_the_same(stack, settings, how_often, tried):
    rounds = how_often(4, 200)
    others = connections_of(stack.redis_url)
    with open_insights(settings, TWO_CATEGORIES) as insights:
        category = SYNTHETIC
        seen = all_at_once(
            lambda: (
                insights.latest(category).snapshot.date,
                len(insights.trend(category, 7).points),
            ),
            rounds,
        )
        assert connections_of(stack.redis_url) - others <= CONNECTIONS

    assert seen == {(TODAY, 7): READERS * rounds}
    wait_until(lambda: connections_of(stack.redis_url) <= others, seconds=5)
    tried(
        AREA,
        "Fifty readers at once",
        "all read the same; connections stay within the pool and are closed at the end",
        times=READERS * rounds,
    )


def test_fifty_readers_do_not_notice_that_redis_goes(behind, cache, how_often, tried):
    rounds = how_often(4, 60)
    with open_insights(behind, TWO_CATEGORIES) as insights:
        category = SYNTHETIC
        gone_at = READERS * rounds // 2
        cache.fault = lambda number, _: (
            (lambda _exchange: cache.go()) if number == gone_at else None
        )
        seen = all_at_once(lambda: insights.latest(category).snapshot.date, rounds)

    assert cache.away
    assert seen == {TODAY: READERS * rounds}
    tried(
        AREA,
        "Redis goes away under fifty readers",
        "MongoDB serves every one of them",
        times=READERS * rounds,
    )


def test_fifty_readers_of_a_slow_mongodb_wait_and_are_served(behind, mongo, cache, tried):
    cache.go()
    mongo.on({"find"}, late(0.1))
    with open_insights(behind, TWO_CATEGORIES) as insights:
        category = SYNTHETIC
        seen = all_at_once(lambda: insights.latest(category).snapshot.date, 2)

    assert seen == {TODAY: READERS * 2}
    tried(
        AREA,
        "Fifty readers of a slow MongoDB, without Redis",
        "every one of them waits and is served",
        times=READERS * 2,
    )


@pytest.fixture
def api(behind, tmp_path) -> Iterator[str]:
    """The API as a user starts it, behind a read token and an admin secret."""
    environment = {
        "INSIGHTS_MONGO_URI": behind.mongo_uri.get_secret_value(),
        "INSIGHTS_MONGO_DATABASE": behind.mongo_database,
        "INSIGHTS_REDIS_URL": behind.redis_url.get_secret_value(),
        "INSIGHTS_READ_TOKEN": READ_TOKEN,
        "INSIGHTS_ADMIN_SECRET": SECRET,
    }
    with serving(tmp_path, environment, "api") as address:
        yield address


@pytest.mark.long
def test_fifty_clients_of_the_api_are_served_whatever_becomes_of_redis(
    api, cache, mongo, how_often, tried
):
    rounds = how_often(2, 60)
    limits = httpx.Limits(max_connections=READERS, max_keepalive_connections=READERS)
    headers = {"Authorization": f"Bearer {READ_TOKEN}"}
    with httpx.Client(
        base_url=api, headers=headers, limits=limits, timeout=60, trust_env=False
    ) as client:

        def read() -> tuple[int, int, str]:
            latest, trend = client.get(LATEST), client.get(TREND)
            return latest.status_code, trend.status_code, latest.json()["date"]

        seen = all_at_once(read, rounds)
        cache.go()
        seen += all_at_once(read, rounds)
        mongo.on({"find"}, late(0.05))
        seen += all_at_once(read, 1)
        cache.come_back()
        mongo.go()
        assert client.get(TREND).json()["detail"] == (
            "The snapshots cannot be read now: see /readyz and try again."
        )

    served = READERS * (2 * rounds + 1)
    assert seen == {(200, 200, str(TODAY)): served}
    tried(
        AREA,
        "Fifty clients of the API, with Redis, without it, and with a slow MongoDB",
        "each gets its snapshot and its trend",
        times=served,
    )
