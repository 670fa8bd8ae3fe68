"""The read side: Redis first, MongoDB where Redis has nothing to offer.

What these tests guard against: a reader that shows nothing, or fails, because the cache is gone
while history holds the answer, and a trend that hides the days without a snapshot.
"""

from datetime import UTC, datetime, time, timedelta

import pytest

from insights_assets.model.dates import NEW_YORK
from insights_assets.serving.latest_reader import LatestReader, Stored
from insights_assets.storage import connections
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.errors import MixedSources, StoreUnreachable
from insights_assets.storage.indexes import Retention
from insights_assets_tests.support.storage import (
    CATEGORY,
    DAY,
    closed_port,
    fresh_database,
    snapshot,
)

KEY = f"insights:{CATEGORY}:latest"
NOW = datetime(2025, 1, 9, 14, 30, 6, tzinfo=UTC)
YESTERDAY = DAY - timedelta(days=1)


@pytest.fixture
def history(stack):
    with open_history(stack.mongo_uri, fresh_database(), Retention()) as opened:
        yield opened


@pytest.fixture
def latest(stack, redis):
    with open_latest(stack.redis_url, "insights") as opened:
        yield opened


@pytest.fixture
def reader(history, latest):
    return LatestReader(history, latest, clock=lambda: NOW)


def test_redis_is_asked_first(reader, history, latest, monkeypatch):
    history.write_snapshots([snapshot()])
    latest.publish(snapshot(), NOW)
    assert reader.read(CATEGORY) == Stored(snapshot(), "redis")

    monkeypatch.setattr(history, "newest_snapshot", None)
    assert reader.read(CATEGORY) == Stored(snapshot(), "redis")


def test_redis_alone_is_enough(latest, monkeypatch):
    monkeypatch.setattr(connections, "MONGO_TIMEOUT_SECONDS", 0.1)
    real = snapshot(source="alpha_vantage")
    latest.publish(real, NOW)

    with open_history(f"mongodb://127.0.0.1:{closed_port()}", "db", Retention()) as away:
        assert LatestReader(away, latest).read(CATEGORY) == Stored(real, "redis")


# What may not be taken from Redis


def test_a_snapshot_of_another_database_is_never_shown(stack, reader, history, latest, redis):
    history.write_snapshots([snapshot()])
    with open_latest(stack.redis_url, "trial") as of_another:
        of_another.publish(snapshot(score=99.0), NOW)
        assert of_another.read(CATEGORY) == snapshot(score=99.0)

    assert reader.read(CATEGORY) == Stored(snapshot(), "mongodb")
    redis.set(KEY, redis.get(f"trial:{CATEGORY}:latest"))
    assert reader.read(CATEGORY) == Stored(snapshot(), "mongodb")
    assert latest.publish(snapshot(), NOW)
    assert reader.read(CATEGORY) == Stored(snapshot(), "redis")


@pytest.mark.parametrize("with_history", [True, False], ids=["with history", "empty"])
def test_a_simulated_score_is_never_shown_as_that_of_real_data(
    reader, history, latest, with_history
):
    """Another system shares the Redis, and its database has the same name."""
    latest.publish(snapshot(DAY, score=99.0, source="simulator"), NOW)
    stored = snapshot(YESTERDAY, source="alpha_vantage")
    if with_history:
        history.write_snapshots([stored])

    for _ in range(2):
        assert reader.read(CATEGORY) == (Stored(stored, "mongodb") if with_history else None)


def test_real_data_replace_simulated_ones_in_redis_and_never_the_other_way(latest):
    real = snapshot(YESTERDAY, source="alpha_vantage")
    latest.publish(snapshot(DAY, source="simulator"), NOW)

    assert latest.publish(real, NOW)
    with pytest.raises(MixedSources, match="set INSIGHTS_MONGO_DATABASE to another name"):
        latest.publish(snapshot(DAY, source="simulator"), NOW)
    assert latest.read(CATEGORY) == real


def test_an_old_day_in_redis_is_not_enough_once_the_next_should_exist(history, latest):
    history.write_snapshots([snapshot(YESTERDAY), snapshot()])
    latest.publish(snapshot(YESTERDAY), NOW)
    first_of = [
        LatestReader(history, latest, clock=lambda at=at: datetime.combine(DAY, at, NEW_YORK))
        for at in (time(9, 59), time(10))
    ]
    for reader in first_of:
        reader._real = False  # as after a first read of the history

    assert [reader.read(CATEGORY) for reader in first_of] == [
        Stored(snapshot(YESTERDAY), "redis"),
        Stored(snapshot(), "mongodb"),
    ]


def test_an_old_day_in_redis_is_better_than_nothing(history, latest, monkeypatch):
    history.write_snapshots([snapshot(YESTERDAY)])
    latest.publish(snapshot(YESTERDAY), NOW)
    reader = LatestReader(history, latest)
    reader.read(CATEGORY)

    def away(category_id):
        raise StoreUnreachable("MongoDB is away")

    monkeypatch.setattr(history, "newest_snapshot", away)
    assert reader.read(CATEGORY) == Stored(snapshot(YESTERDAY), "redis")


def test_mongodb_answers_once_the_key_is_gone(reader, history, latest, redis):
    history.write_snapshots([snapshot(), snapshot(YESTERDAY)])
    latest.publish(snapshot(), NOW)
    redis.delete(KEY)

    assert reader.read(CATEGORY) == Stored(snapshot(), "mongodb")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda redis: redis.set(KEY, "not JSON"),
        lambda redis: redis.set(KEY, '{"date": "2099-01-01"}'),
        lambda redis: redis.rpush(KEY, "a list"),
    ],
    ids=["garbage", "another shape", "another type"],
)
def test_mongodb_answers_where_redis_holds_something_else(reader, history, redis, spoil):
    history.write_snapshots([snapshot()])
    spoil(redis)

    assert reader.read(CATEGORY) == Stored(snapshot(), "mongodb")


def test_mongodb_answers_while_redis_is_away(history):
    history.write_snapshots([snapshot()])

    with open_latest(f"redis://127.0.0.1:{closed_port()}/0", "insights") as away:
        assert LatestReader(history, away).read(CATEGORY) == Stored(snapshot(), "mongodb")


def test_while_both_stores_are_away_the_error_is_that_of_history(monkeypatch):
    monkeypatch.setattr(connections, "MONGO_TIMEOUT_SECONDS", 0.1)

    with (
        open_history(f"mongodb://127.0.0.1:{closed_port()}", "db", Retention()) as no_history,
        open_latest(f"redis://127.0.0.1:{closed_port()}/0", "insights") as no_latest,
        pytest.raises(StoreUnreachable, match=r"MongoDB at .* does not answer"),
    ):
        LatestReader(no_history, no_latest).read(CATEGORY)
