"""What people and programs are told: guards against a number that nobody measured.

Also against a change seen where there is none, a cache that steps back, and a store that is away
and makes every reader wait.
"""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from redis import Redis

from insights_assets.model.dates import NEW_YORK, previous_session
from insights_assets.serving import markdown, names, presenters
from insights_assets.serving.changes import arrow, compare
from insights_assets.serving.circuit_breaker import CircuitBreaker
from insights_assets.serving.comparison import present_comparison
from insights_assets.serving.service import open_insights
from insights_assets.serving.timeliness import present_timeliness
from insights_assets.storage.errors import StoreUnreachable
from insights_assets_tests.support.api import (
    CATEGORY,
    MISSING,
    days_ago,
    settings_on,
    snapshot_of,
    store,
)
from insights_assets_tests.support.category import SYNTHETIC, TWO_CATEGORIES
from insights_assets_tests.support.storage import closed_port, silent_server

DAY = date(2025, 1, 9)
EARLIER = previous_session(days_ago(2))  # the days between have no snapshot


def test_every_metric_of_the_category_is_told_once():
    view = presenters.present_snapshot(SYNTHETIC, snapshot_of(DAY), "redis")

    ids = [metric.id for metric in (*view.metrics, *view.unavailable)]
    assert sorted(ids) == sorted(metric.id for metric in SYNTHETIC.metrics)
    assert [unavailable.id for unavailable in view.unavailable] == [MISSING]
    assert view.unavailable[0].reason == "the calendar has no history for past dates"


def test_a_metric_that_is_younger_than_the_snapshot_is_told_as_missing():
    old = snapshot_of(DAY, missing=())
    del old.metrics["slope"]

    view = presenters.present_metric(names.metric_of(SYNTHETIC, "slope"), old)

    assert (view.available, view.score, view.reason) == (False, None, presenters.NOT_PART.reason)


def test_a_name_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(names.UnknownName, match="the categories are synthetic"):
        names.category_of([SYNTHETIC], "weather")
    with pytest.raises(names.UnknownName, match="slope, shift"):
        names.metric_of(SYNTHETIC, "rain")


def test_a_change_needs_both_days():
    before = snapshot_of(DAY - timedelta(days=1), 60.0, missing=("slope",))

    changes = compare(snapshot_of(DAY, 72.5), before)

    assert changes.composite == 12.5
    assert changes.since == date(2025, 1, 8)
    assert "slope" not in changes.metrics
    assert MISSING not in changes.metrics
    assert compare(snapshot_of(DAY), None) is None


@pytest.mark.parametrize(
    ("gain", "written"),
    [
        (3.1, "↑ +3.10"),
        (-2.0, "↓ -2.00"),
        (0.0, "→ +0.00"),
        (0.49, "→ +0.49"),
        (-0.5, "↓ -0.50"),
        (None, "-"),
    ],
)
def test_an_arrow_says_the_direction_and_the_number(gain, written):
    assert arrow(gain) == written


def test_the_markdown_of_a_snapshot_has_every_metric_and_says_that_data_are_simulated():
    snapshot = snapshot_of(DAY)
    changes = compare(snapshot, snapshot_of(DAY - timedelta(days=1), 60.0))

    text = markdown.snapshot_markdown(
        presenters.present_snapshot(SYNTHETIC, snapshot, "redis"), changes
    )

    assert "72.50 (elevated) ↑ +12.50 since 2025-01-08" in text
    assert all(metric.title in text for metric in SYNTHETIC.metrics)
    assert "| Offerings | - | unavailable | - | the calendar has no history" in text
    assert "simulated" in text


def test_the_markdown_of_a_trend_stays_short_however_long_the_trend():
    snapshots = [snapshot_of(DAY - timedelta(days=age), 50 + age % 7) for age in range(1000)]

    text = markdown.trend_markdown(
        presenters.present_trend(SYNTHETIC, snapshots, DAY - timedelta(days=999), DAY)
    )

    assert len(text.splitlines()) < 20
    assert "leaves out 990 earlier ones" in text


def test_the_markdown_of_an_empty_trend_says_so():
    text = markdown.trend_markdown(
        presenters.present_trend(SYNTHETIC, [], DAY - timedelta(days=6), DAY)
    )

    assert text.startswith("There is no snapshot of synthetic in the 7 days from 2025-01-03")


@pytest.mark.parametrize(
    ("age", "hour", "old"),
    [
        (0, 12, None),
        (1, 9, None),
        (1, 10, ("1 day", "2025-01-09", "2025-01-10")),
        (3, 9, ("3 days", "2025-01-08", "2025-01-09")),
    ],
)
def test_a_snapshot_that_should_have_a_successor_is_told_with_its_age(age, hour, old):
    now = datetime(2025, 1, 9, hour, tzinfo=NEW_YORK)

    timeliness = present_timeliness(DAY - timedelta(days=age), now)

    note = old and (
        f"This snapshot is {old[0]} old: that of {old[1]} should exist by now. The next one is due"
        f" on {old[2]} at 09:30 New York."
    )
    assert (timeliness.note, timeliness.is_current, timeliness.age_days) == (note, old is None, age)


def test_two_days_are_compared_metric_by_metric_and_the_points_add_up():
    before = snapshot_of(DAY - timedelta(days=9), 60.0, missing=("slope",))
    after = snapshot_of(DAY, 72.5)

    comparison = present_comparison(SYNTHETIC, before, after)

    assert comparison.change == 12.5
    assert sum(metric.points for metric in comparison.metrics) == pytest.approx(12.5)
    by_id = {metric.id: metric for metric in comparison.metrics}
    assert (by_id["slope"].before, by_id["slope"].after) == (None, 72.5)
    assert (by_id[MISSING].before, by_id[MISSING].after) == (60.0, None)
    assert by_id[MISSING].points < 0
    assert by_id[MISSING].quality == "unavailable"
    assert (
        comparison.metrics[0].id
        == max(comparison.metrics, key=lambda change: abs(change.points)).id
    )


def test_the_notes_of_several_sources_are_each_said_once():
    note = presenters.source_note(["simulator", "alpha_vantage", "replay", "simulator"])

    assert note.count("simulated") == note.count("replay of recorded history") == 1
    assert presenters.source_note(["alpha_vantage"]) is None


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.time = 100.0

    def __call__(self):
        return self.time


def ask(breaker, *, away):
    with breaker.guard():
        if away:
            raise StoreUnreachable("Redis does not answer")
        return True


def test_a_store_that_is_away_is_left_alone_for_a_while():
    clock = Clock()
    breaker = CircuitBreaker(cooldown_seconds=3, clock=clock)
    with pytest.raises(StoreUnreachable):
        ask(breaker, away=True)

    with pytest.raises(StoreUnreachable, match="Redis does not answer"):
        ask(breaker, away=False)  # not even asked
    clock.time += 3
    assert ask(breaker, away=False)
    assert ask(breaker, away=False)


def test_one_caller_asks_again_and_the_others_do_not_wait_for_it():
    clock = Clock()
    breaker = CircuitBreaker(cooldown_seconds=3, clock=clock)
    with pytest.raises(StoreUnreachable):
        ask(breaker, away=True)
    clock.time += 3

    with breaker.guard(), pytest.raises(StoreUnreachable):
        ask(breaker, away=False)


@pytest.fixture(scope="module")
def settings(stack):
    return settings_on(stack)


@pytest.fixture
def redis(stack):
    with Redis.from_url(stack.redis_url) as client:
        client.flushdb()
        yield client


@pytest.fixture
def insights(settings):
    store(settings, snapshot_of(days_ago(0)), snapshot_of(EARLIER, 60.0))
    with open_insights(settings, TWO_CATEGORIES) as opened:
        yield opened


def test_what_only_mongodb_had_is_in_redis_for_the_next_reader(insights):
    assert [insights.latest(SYNTHETIC).read_from for _ in range(2)] == ["mongodb", "redis"]


def test_filling_the_cache_never_replaces_a_newer_snapshot(settings, insights, redis, monkeypatch):
    newer = snapshot_of(days_ago(0))

    def publish_meanwhile(category_id):
        insights._latest.publish(newer, datetime.now(UTC))
        return snapshot_of(days_ago(1))

    monkeypatch.setattr(insights._history, "newest_snapshot", publish_meanwhile)

    insights.latest(SYNTHETIC)

    key = f"{settings.mongo_database}:{CATEGORY}:latest"
    assert json.loads(redis.get(key))["date"] == newer.date.isoformat()


def test_the_snapshot_before_may_be_some_days_older(insights):
    assert insights.before(snapshot_of(days_ago(0))).date == EARLIER
    assert insights.before(snapshot_of(EARLIER)) is None


@pytest.mark.parametrize("silent", [False, True], ids=["closed", "silent"])
def test_a_redis_that_is_away_costs_one_reader_its_timeout(settings, silent, redis):
    store(settings, snapshot_of(days_ago(0)))
    with silent_server() as silent_port:
        port = silent_port if silent else closed_port()
        away = settings.model_copy(
            update={"redis_url": type(settings.redis_url)(f"redis://127.0.0.1:{port}/0")}
        )
        with open_insights(away, TWO_CATEGORIES) as insights:
            began = datetime.now(UTC)
            stores = [insights.latest(SYNTHETIC).read_from for _ in range(50)]
            took = (datetime.now(UTC) - began).total_seconds()

    assert set(stores) == {"mongodb"}
    assert took < 2  # fifty timeouts would be more than twelve seconds


def test_the_health_of_each_store_is_told_apart(settings, insights):
    assert insights.health().redis == "ok"
    assert insights.health().mongodb
    away = settings.model_copy(
        update={"redis_url": type(settings.redis_url)(f"redis://127.0.0.1:{closed_port()}/0")}
    )
    with open_insights(away, TWO_CATEGORIES) as degraded:
        assert degraded.health().redis == "unavailable"
        assert degraded.health().mongodb
