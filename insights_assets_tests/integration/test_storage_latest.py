"""The latest snapshot in Redis, on both servers that the local stack can run.

What these tests guard against: a cache that steps back (a backfill of old days, a slow run, two
runs at once), one that a foreign or damaged value blocks for a day, and a dead Redis that costs
more than its own error sentence.
"""

import itertools
import json
import random
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from redis import Redis

from insights_assets.model.dates import NEW_YORK
from insights_assets.storage.connections import open_latest
from insights_assets.storage.documents import snapshot_json
from insights_assets.storage.errors import StoreRefused, StoreUnreachable
from insights_assets_tests.support import storage as support
from insights_assets_tests.support.storage import (
    CATEGORY,
    COMPUTED,
    DAY,
    closed_port,
    days_from,
    silent_server,
    snapshot,
)

KEY = "insights:synthetic:latest"
NOW = datetime(2025, 1, 9, 14, 30, 6, tzinfo=UTC)
MILLISECOND, ONE_DAY = timedelta(milliseconds=1), timedelta(days=1)
LATER = NOW + 365 * ONE_DAY  # when the day of each snapshot here has come


@pytest.fixture
def latest(stack, redis):
    with open_latest(stack.redis_url, "insights") as opened:
        yield opened


def test_a_snapshot_is_equal_after_reading(latest):
    assert latest.publish(snapshot(), NOW)

    assert latest.read(CATEGORY) == snapshot()


@settings(deadline=None, max_examples=30)
@given(composed=support.snapshots)
def test_any_snapshot_is_equal_after_reading(stack, composed):
    with (
        open_latest(stack.redis_url, "insights") as latest,
        Redis.from_url(stack.redis_url) as redis,
    ):
        redis.flushdb()
        latest.publish(composed, NOW)

        assert latest.read(composed.category_id) == composed


def test_the_value_is_json_with_iso_dates_and_when_it_was_cached(latest, redis):
    latest.publish(snapshot(), NOW)

    held = json.loads(redis.get(KEY))
    assert held["date"] == "2025-01-09"
    assert held["created_at"] == "2025-01-09T14:30:05.250+00:00"
    assert held["cached_at"] == "2025-01-09T14:30:06.000+00:00"
    assert held["composite_score"] == 72.5
    assert redis.keys() == [KEY.encode()]


def test_the_key_lives_for_a_day(latest, redis):
    latest.publish(snapshot(), NOW)

    assert 86_390 <= redis.ttl(KEY) <= 86_400
    assert 86_390 <= latest.seconds_left(CATEGORY) <= 86_400


def test_a_key_that_is_gone_has_no_snapshot_and_no_time_left(latest):
    assert latest.read(CATEGORY) is None
    assert latest.seconds_left(CATEGORY) < 0


def test_each_category_has_a_key_of_its_own(latest):
    other = snapshot(DAY - ONE_DAY, category="macro_environment")

    latest.publish(snapshot(), NOW)
    latest.publish(other, NOW)

    assert latest.read(CATEGORY) == snapshot()
    assert latest.read("macro_environment") == other


# Forward only


@pytest.mark.parametrize(
    "older",
    [
        snapshot(DAY - ONE_DAY, COMPUTED + ONE_DAY),
        snapshot(date(2021, 1, 4), COMPUTED + ONE_DAY),
        snapshot(DAY, COMPUTED - MILLISECOND),
        snapshot(DAY, COMPUTED - ONE_DAY),
    ],
    ids=["an older day", "a much older day", "computed just before", "computed a day before"],
)
def test_what_is_older_changes_nothing_not_even_the_time_left(latest, redis, older):
    latest.publish(snapshot(), NOW)
    redis.expire(KEY, 100)

    assert not latest.publish(older, NOW + ONE_DAY)

    assert redis.get(KEY) == snapshot_json(snapshot(), database="insights", cached_at=NOW)
    assert redis.ttl(KEY) <= 100


@pytest.mark.parametrize(
    "newer",
    [
        snapshot(DAY + ONE_DAY, COMPUTED - ONE_DAY),
        snapshot(date(2025, 10, 1), COMPUTED),
        snapshot(DAY, COMPUTED + MILLISECOND),
        snapshot(DAY, COMPUTED.replace(microsecond=0) + timedelta(seconds=1)),
    ],
    ids=["the next day", "a later month", "computed just after", "computed on a whole second"],
)
def test_what_is_newer_replaces_what_is_held(latest, newer):
    latest.publish(snapshot(), NOW)

    assert latest.publish(newer, LATER)

    assert latest.read(CATEGORY) == newer


@pytest.mark.parametrize(("minutes_ahead", "stays"), [(59, True), (61, False)])
def test_what_is_held_may_be_as_far_ahead_as_clocks_differ(latest, minutes_ahead, stays):
    held, ours = (snapshot(created_at=NOW + timedelta(minutes=n)) for n in (minutes_ahead, 0))
    latest.publish(held, NOW)

    latest.publish(ours, NOW)

    assert latest.read(CATEGORY) == (held if stays else ours)


def test_the_same_computation_renews_its_time_left(latest, redis):
    latest.publish(snapshot(), NOW)
    redis.expire(KEY, 100)

    assert latest.publish(snapshot(), NOW + ONE_DAY)

    assert redis.get(KEY) == snapshot_json(snapshot(), database="insights", cached_at=NOW + ONE_DAY)
    assert redis.ttl(KEY) > 86_390


def test_an_instant_is_compared_as_an_instant_whatever_its_time_zone(latest):
    new_york = COMPUTED.astimezone(NEW_YORK)

    latest.publish(snapshot(created_at=COMPUTED - MILLISECOND), NOW)

    assert latest.publish(snapshot(created_at=new_york), NOW)
    assert latest.read(CATEGORY) == snapshot(created_at=COMPUTED)


def test_in_every_order_the_newest_stays(latest, redis):
    published = [
        snapshot(DAY, COMPUTED),
        snapshot(DAY, COMPUTED + MILLISECOND),
        snapshot(DAY - ONE_DAY, COMPUTED + ONE_DAY),
        snapshot(DAY + ONE_DAY, COMPUTED - ONE_DAY),
    ]
    for order in itertools.permutations(published):
        redis.delete(KEY)
        for turn in order:
            latest.publish(turn, LATER)

        assert latest.read(CATEGORY) == published[-1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_publishers_at_once_leave_the_newest_of_all(stack, redis, seed):
    dice = random.Random(seed)  # noqa: S311 - a shuffle, no secret
    days = days_from(DAY, 10)
    published = [
        snapshot(dice.choice(days), COMPUTED + dice.randrange(1000) * MILLISECOND)
        for _ in range(200)
    ]
    start = threading.Barrier(2)

    def publish(share) -> None:
        with open_latest(stack.redis_url, "insights") as latest:
            start.wait()
            for snapshot in share:
                latest.publish(snapshot, LATER)

    publishers = [
        threading.Thread(target=publish, args=(share,))
        for share in (published[::2], published[1::2])
    ]
    for publisher in publishers:
        publisher.start()
    for publisher in publishers:
        publisher.join()

    newest = max(published, key=lambda share: (share.date, share.created_at))
    with open_latest(stack.redis_url, "insights") as latest:
        assert latest.read(CATEGORY) == newest


# What is not a snapshot


@pytest.mark.parametrize(
    "foreign",
    [
        b"",
        b"not JSON",
        b"\xff\xfe",
        b"null",
        b"7",
        b'"2099-01-01"',
        b"[]",
        b"[" * 2000,
        b"{}",
        b'{"date": "2099-01-01"}',
        b'{"date": 2099, "created_at": 1}',
        b'{"date": null, "created_at": null}',
        b'{"date": "tomorrow", "created_at": "2099-01-01T00:00:00.000+00:00"}',
        b'{"date": "2025-01-09", "created_at": "tomorrow"}',
    ],
    ids=lambda text: text.decode(errors="ignore")[:40],
)
def test_a_foreign_text_under_our_key_reads_as_nothing_and_is_replaced(latest, redis, foreign):
    redis.set(KEY, foreign)

    assert latest.read(CATEGORY) is None
    assert latest.publish(snapshot(), NOW)
    assert latest.read(CATEGORY) == snapshot()


@pytest.mark.parametrize(
    "occupy",
    [
        lambda redis: redis.rpush(KEY, "first", "second"),
        lambda redis: redis.hset(KEY, "date", "2099-01-01"),
        lambda redis: redis.sadd(KEY, "member"),
    ],
    ids=["list", "hash", "set"],
)
def test_another_type_under_our_key_reads_as_nothing_and_is_replaced(latest, redis, occupy):
    occupy(redis)

    assert latest.read(CATEGORY) is None
    assert latest.publish(snapshot(), NOW)
    assert latest.read(CATEGORY) == snapshot()
    assert redis.ttl(KEY) > 86_390


def test_a_server_that_forgot_its_scripts_is_told_them_again(latest, redis):
    latest.publish(snapshot(), NOW)
    redis.script_flush()

    assert latest.publish(snapshot(DAY + ONE_DAY), NOW)


# Redis is away: no server needed


@pytest.mark.parametrize(
    "use",
    [
        lambda latest: latest.read(CATEGORY),
        lambda latest: latest.publish(snapshot(), NOW),
        lambda latest: latest.seconds_left(CATEGORY),
    ],
    ids=["read", "publish", "seconds left"],
)
def test_a_server_that_is_away_is_told_in_one_sentence_without_credentials_in_time(use):
    began = time.monotonic()

    with (
        open_latest(f"redis://operator:hunter2@127.0.0.1:{closed_port()}/0", "insights") as latest,
        pytest.raises(StoreUnreachable) as away,
    ):
        use(latest)

    assert time.monotonic() - began < 5
    assert str(away.value) == (
        "Redis does not answer while serving the latest snapshot (nothing listens there): start it"
        " (insights stack) or correct INSIGHTS_REDIS_URL."
    )


def test_a_server_that_accepts_and_is_silent_is_given_up_in_time():
    began = time.monotonic()

    with (
        silent_server() as port,
        open_latest(f"redis://127.0.0.1:{port}/0", "insights") as latest,
        pytest.raises(StoreUnreachable, match="there is no answer in time"),
    ):
        latest.publish(snapshot(), NOW)

    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hunter2@cache.example.com:port/0",
        "redis://:hunter2@cache.example.com:99999/0",
        "redis://:hunt/er2@cache.example.com:6379/0",
        "redis://:hunter2@[cache.example.com:6379/0",
    ],
)
def test_a_malformed_url_is_refused_with_its_variable_and_without_its_secret(url):
    with pytest.raises(StoreRefused) as refused, open_latest(url, "insights"):
        pass

    assert str(refused.value).startswith("INSIGHTS_REDIS_URL cannot be used: its ")
    assert "hunt" not in str(refused.value)
