"""Redis is gone, full, slow, or holds something else under our keys.

What these tests guard against: a snapshot lost for want of a cache, a reader who is shown the day
before while history knows better, and a cache that never recovers.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.serving.service import Insights, Stored
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.errors import StoreRefused
from insights_assets.storage.indexes import Retention
from insights_assets_tests.chaos.proxy_support import (
    Fault,
    RedisProxy,
    after,
    before,
    halfway,
    hiccup,
    late,
)
from insights_assets_tests.chaos.store_support import (
    CATEGORY,
    DAY,
    OF_ONE_RUN,
    PATIENT,
    contents,
    spread,
    watching,
)
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.pipeline import Pipeline, failed_checks
from insights_assets_tests.support.storage import fresh_database, snapshot

AREA = "Stores"
NOW = datetime(2025, 1, 9, 14, 30, 6, tzinfo=UTC)
LATEST = f"{CATEGORY}/latest_snapshot"
COMMANDS = {"MGET", "EVALSHA", "SCRIPT", "SET"}


@pytest.fixture(scope="module")
def proxy(stack) -> Iterator[RedisProxy]:
    with RedisProxy(stack.redis_url) as standing:
        yield standing


@pytest.fixture
def through(pipeline, proxy):
    """Run the job with Redis behind the proxy."""
    proxy.come_back()

    def run(**options):
        return pipeline.run(DAY, env=PATIENT | {"INSIGHTS_REDIS_URL": proxy.url}, **options)

    return run


@pytest.fixture
def full(stack, pipeline) -> Iterator[Redis]:
    """A Redis that takes no more: full, and told to throw nothing away."""
    pipeline.redis.config_set("maxmemory", 1)
    yield pipeline.redis
    pipeline.redis.config_set("maxmemory", 0)


def history_of(pipeline: Pipeline) -> dict:
    return {name: held for name, held in contents(pipeline).items() if name != "latest"}


MOMENTS: dict[str, Fault] = {
    "before a command": before,
    "with half of a command": halfway,
    "before the answer to a command": after,
}


def test_whenever_redis_goes_away_the_day_is_stored(pipeline, proxy, through, how_often, tried):
    assert through().success
    end, commands = contents(pipeline), len(proxy.seen)
    points = [(number, moment) for number in range(commands) for moment in MOMENTS]
    for number, moment in spread(points, how_often(1, 12)):
        pipeline.redis.flushall()
        for collection in pipeline.mongo.list_collection_names():
            pipeline.mongo[collection].delete_many({})
        proxy.come_back()
        proxy.at(number, MOMENTS[moment])
        with watching(pipeline.stack, pipeline.database):
            assert through().success

        assert history_of(pipeline) == {key: end[key] for key in history_of(pipeline)}
        proxy.come_back()
        assert through(select=LATEST).success
        assert contents(pipeline) == end
        tried(
            AREA,
            f"Redis goes away {moment} of a run",
            "the day is stored; the repair's run publishes it",
        )


@pytest.mark.long
def test_one_cut_connection_to_redis_costs_nothing(pipeline, proxy, through, tried):
    assert through().success
    end = contents(pipeline)
    for number in spread(range(len(proxy.seen)), 8):
        proxy.come_back()
        proxy.at(number, hiccup)
        assert through().success
        assert contents(pipeline) == end
        tried(AREA, "One connection to Redis is cut", "the run ends as an undisturbed one")


@pytest.mark.long
def test_a_slow_redis_is_waited_for(pipeline, proxy, through, tried):
    proxy.on(COMMANDS, late(0.01))
    result = through()

    assert result.success
    assert contents(pipeline)["latest"] is not None
    assert not any("agrees" in name for name in failed_checks(result))
    tried(AREA, "Redis answers late, but in time", "the run ends as an undisturbed one")


def test_a_full_redis_costs_the_cache_and_says_what_to_check(stack, pipeline, full, tried):
    with watching(stack, pipeline.database):
        result = pipeline.run(DAY, env=PATIENT)

    assert result.success
    assert pipeline.snapshot(DAY)
    assert failed_checks(result)[f"{LATEST}:agrees_with_history"].startswith("the newest snapshot")
    (published,) = [
        event.materialization.metadata["published"].text
        for event in result.get_asset_materialization_events()
        if event.asset_key.path[-1] == "latest_snapshot"
    ]
    assert published == (
        "Not published: Redis refused serving the latest snapshot: its memory is full; raise its"
        " maxmemory or let it evict keys."
    )
    full.config_set("maxmemory", 0)
    assert pipeline.run(DAY, select=LATEST).success
    assert contents(pipeline)["latest"]["date"] == str(DAY)
    tried(
        AREA,
        "Redis is full and may throw nothing away",
        "the day is stored; one sentence says what to check; the repair's run publishes it",
    )


def test_a_full_redis_does_not_go_on_showing_the_day_before(stack, pipeline, full, tried):
    full.config_set("maxmemory", 0)
    yesterday = snapshot(DAY - timedelta(days=1))
    with (
        open_history(stack.mongo_uri, fresh_database(), Retention()) as history,
        open_latest(stack.redis_url, "insights") as latest,
    ):
        reader = Insights(history, latest, [SYNTHETIC])
        history.write_snapshots([yesterday])
        latest.publish(yesterday, NOW)
        full.config_set("maxmemory", 1)
        assert reader.latest(SYNTHETIC) == Stored(yesterday, "redis")

        history.write_snapshots([snapshot()])
        with pytest.raises(StoreRefused, match="maxmemory"):
            latest.publish(snapshot(), NOW)

        assert reader.latest(SYNTHETIC) == Stored(snapshot(), "mongodb")
    tried(
        AREA,
        "Redis is full and holds the snapshot of the day before",
        "readers are told the newest snapshot, from MongoDB",
    )


def test_a_reader_without_rights_in_redis_is_served_by_mongodb(stack, pipeline, tried):
    pipeline.redis.execute_command("ACL SETUSER nobody on >pw ~other:* +@read")
    url = stack.redis_url.replace("//", "//nobody:pw@")
    with (
        open_history(stack.mongo_uri, fresh_database(), Retention()) as history,
        open_latest(url, "insights") as latest,
    ):
        history.write_snapshots([snapshot()])

        assert Insights(history, latest, [SYNTHETIC]).latest(SYNTHETIC) == Stored(
            snapshot(), "mongodb"
        )
    pipeline.redis.execute_command("ACL DELUSER nobody")
    tried(AREA, "Redis gives a reader no right to our keys", "MongoDB serves the reader")


def test_a_snapshot_of_another_database_under_our_key_is_neither_shown_nor_kept(
    stack, pipeline, tried
):
    assert pipeline.run(DAY, env=PATIENT).success
    ours = json.loads(pipeline.redis.get(pipeline.latest_key))
    foreign = {
        "names another database": {**ours, "database": "another"},
        "names another database, and is newer": {
            **ours,
            "database": "another",
            "date": "2099-01-01",
            "created_at": "2099-01-01T14:30:00Z",
        },
        "names no database": {name: ours[name] for name in ours if name != "database"},
    }
    with (
        open_history(stack.mongo_uri, pipeline.database, Retention()) as history,
        open_latest(stack.redis_url, pipeline.database) as latest,
    ):
        insights = Insights(history, latest, [AI_SECTOR_RISK])
        for what, value in foreign.items():
            pipeline.redis.set(pipeline.latest_key, json.dumps(value))

            shown = insights.latest(AI_SECTOR_RISK)
            assert (str(shown.snapshot.date), shown.read_from) == (str(DAY), "mongodb"), what
            assert pipeline.run(DAY, select=LATEST, env=PATIENT).success
            assert contents(pipeline)["latest"] == {
                name: ours[name] for name in ours if name not in OF_ONE_RUN
            }, what
    tried(
        AREA,
        "A snapshot of another database under our key in Redis",
        "MongoDB serves the reader, and the next run puts ours there",
        times=len(foreign),
    )


OCCUPY = {
    "a list": lambda redis, key: redis.rpush(key, "first", "second"),
    "a hash": lambda redis, key: redis.hset(key, "date", "2099-01-01"),
    "a set": lambda redis, key: redis.sadd(key, "member"),
    "a sorted set": lambda redis, key: redis.zadd(key, {"member": 1}),
    "a stream": lambda redis, key: redis.xadd(key, {"date": "2099-01-01"}),
    "a text": lambda redis, key: redis.set(key, "\x00 not ours"),
}


def test_another_type_under_each_of_our_keys_is_overcome(pipeline, simulator, how_often, tried):
    assert pipeline.run(DAY, env=PATIENT).success
    end = contents(pipeline)
    keys = list(pipeline.redis.scan_iter())
    assert len(keys) > 10
    for kind in spread(list(OCCUPY), how_often(1, len(OCCUPY))):
        pipeline.redis.flushall()
        for key in keys:
            OCCUPY[kind](pipeline.redis, key)
        simulator.reset()

        assert pipeline.run(DAY, env=PATIENT).success
        asked = simulator.stats()["total"]
        assert asked
        assert contents(pipeline) == end
        assert pipeline.run(DAY, env=PATIENT).success
        assert simulator.stats()["total"] == asked, "the cache serves again"
        foreign = {key for key in keys if pipeline.redis.type(key) != b"string"}
        assert all(b"insights:rate" in key for key in foreign), "the rate is each process' own"
        tried(
            AREA,
            "Another type of value under each of our keys in Redis",
            "the vendor is asked once more, and what is stored and cached then is ours again; each"
            " process keeps the request rate for itself",
            times=len(keys),
        )


def test_hostile_entries_in_the_cache_are_not_believed(pipeline, simulator, how_often, tried):
    """Whole entries are: who may write them may write history as well."""
    assert pipeline.run(DAY, env=PATIENT).success
    end = contents(pipeline)
    entries = {
        key: json.loads(pipeline.redis.get(key))
        for key in pipeline.redis.scan_iter()
        if key.startswith((b"market:", b"macro:", b"sentiment:"))
    }
    bodies = [
        "[" * 50_000,
        "{" + '"data":{' * 50_000,
        '{"data": NaN, "feed": 1e309}',
        '{"data": {"date": "2025-01-08"}, "feed": {}, "Time Series (Daily)": []}',
        '{"Information": "none"}',
        "\x00" * 2**20,
    ]
    texts = ["[" * 50_000, "{" * 50_000, "NaN", '{"origin": 1e309}', '{"fetched_at": -1e400}']
    for hostile in spread([*bodies, *texts], how_often(1, 11)):
        for key, entry in entries.items():
            entry_with = json.dumps(entry | {"body": hostile}) if hostile in bodies else hostile
            pipeline.redis.set(key, entry_with)
        simulator.reset()

        assert pipeline.run(DAY, env=PATIENT).success
        assert simulator.stats()["total"] >= len(entries)
        assert contents(pipeline) == end
        tried(
            AREA,
            "Hostile JSON under each key of the vendor's cached answers",
            "it is not believed: the vendor is asked, and its answer replaces it",
            times=len(entries),
        )
