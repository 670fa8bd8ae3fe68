"""The IO managers inside real Dagster runs, with the resources of the product and real stores.

What these tests guard against: a value that is loaded for another day than it was stored for, a
missing day that stops a run, a dead Redis that does, and a dead MongoDB that ends in a traceback
instead of one sentence.
"""

import os
from datetime import date, timedelta

import dagster as dg
import pytest

from insights_assets.assets.partitions import DAILY
from insights_assets.assets.resources import build_resources
from insights_assets.assets.snapshot import build_latest_snapshot
from insights_assets.model.outcomes import Unavailable
from insights_assets.settings import Settings, load_settings
from insights_assets.storage import connections
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.indexes import DATASETS, Retention
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.storage import (
    CATEGORY,
    COMPUTED,
    DAY,
    closed_port,
    dataset,
    days_from,
    fresh_database,
    reading,
    snapshot,
)

TREASURY = dg.AssetKey(["market_data", "treasury_2y"])
CURVE = dg.AssetKey([CATEGORY, "slope"])
SNAPSHOT = dg.AssetKey([CATEGORY, "snapshot"])
LATEST = dg.AssetKey([CATEGORY, "latest_snapshot"])
REDIS_KEY = "insights:synthetic:latest"
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_variable_is_set(monkeypatch):
    for name in os.environ:
        if name.upper().startswith(("INSIGHTS_", "ALPHA_VANTAGE_")):
            monkeypatch.delenv(name)


@pytest.fixture
def settings(stack, redis):
    return Settings(
        mongo_uri=stack.mongo_uri, mongo_database=fresh_database(), redis_url=stack.redis_url
    )


@pytest.fixture
def history(settings):
    with open_history(
        settings.mongo_uri.get_secret_value(), settings.mongo_database, Retention()
    ) as opened:
        yield opened


@pytest.fixture
def latest(settings):
    with open_latest(settings.redis_url.get_secret_value(), settings.mongo_database) as opened:
        yield opened


@pytest.fixture
def without_mongo(stack, monkeypatch):
    """Settings whose MongoDB is away; the wait for it is cut short."""
    monkeypatch.setattr(connections, "MONGO_TIMEOUT_SECONDS", 0.1)
    return Settings(
        mongo_uri=f"mongodb://operator:hunter2@127.0.0.1:{closed_port()}",
        redis_url=stack.redis_url,
    )


@pytest.fixture
def without_redis(settings):
    return Settings(
        mongo_uri=settings.mongo_uri,
        mongo_database=settings.mongo_database,
        redis_url=f"redis://127.0.0.1:{closed_port()}/0",
    )


def run(settings: Settings, assets, first: date, last: date | None = None):
    """Materialize the first of `assets` for the days from `first` to `last` in one run."""
    days = {
        "dagster/asset_partition_range_start": str(first),
        "dagster/asset_partition_range_end": str(last or first),
    }
    return dg.materialize(
        assets,
        selection=[assets[0]],
        resources=build_resources(settings),
        tags=days,
        raise_on_error=False,
    )


def store(settings: Settings, manager: str, key: dg.AssetKey, values):
    """Let an asset of that key return `values`, a mapping from day to value."""

    @dg.asset(key=key, io_manager_key=manager, partitions_def=DAILY)
    def producer():
        return values

    return run(settings, [producer], min(values), max(values))


def load(settings: Settings, manager: str, key: dg.AssetKey, first: date, last: date | None = None):
    """Return the run of an asset that reads `key`, and what it was given."""
    given = {}

    @dg.asset(ins={"upstream": dg.AssetIn(key, input_manager_key=manager)}, partitions_def=DAILY)
    def consumer(upstream) -> None:
        given.update(upstream)

    return run(settings, [consumer, dg.AssetSpec(key, partitions_def=DAILY)], first, last), given


def published(result) -> str:
    """Return what `latest_snapshot` says it did."""
    (materialization,) = result.asset_materializations_for_node("synthetic__latest_snapshot")
    return materialization.metadata["published"].text


def failure(result) -> str:
    """Return the sentence that a failed step ends with."""
    assert not result.success
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    assert failed.event_specific_data.error.cause is None
    sentence = failed.event_specific_data.user_failure_data.description
    assert "\n" not in sentence
    return sentence


def run_latest(settings: Settings, day: date = DAY):
    return run(
        settings,
        [build_latest_snapshot(SYNTHETIC), dg.AssetSpec(SNAPSHOT, partitions_def=DAILY)],
        day,
    )


# Values


@pytest.mark.parametrize(
    ("manager", "key", "value"),
    [
        ("datasets", TREASURY, dataset()),
        ("datasets", TREASURY, Unavailable("the daily limit is used up", "quota")),
        ("metrics", CURVE, reading()),
        ("metrics", CURVE, Unavailable("treasury_10y is unavailable: too old", "late")),
        ("snapshots", SNAPSHOT, snapshot()),
    ],
    ids=["dataset", "no dataset", "reading", "no reading", "snapshot"],
)
def test_what_one_run_stores_another_loads(settings, manager, key, value):
    assert store(settings, manager, key, {DAY: value}).success

    result, given = load(settings, manager, key, DAY)

    assert result.success
    assert given == {DAY: value}


@pytest.mark.parametrize(
    ("manager", "key", "values"),
    [
        ("datasets", TREASURY, {day: dataset(source="replay") for day in days_from(DAY, 3)}),
        ("metrics", CURVE, {day: reading(day.day) for day in days_from(DAY, 3)}),
        ("snapshots", SNAPSHOT, {day: snapshot(day, score=day.day) for day in days_from(DAY, 3)}),
    ],
    ids=["datasets", "metrics", "snapshots"],
)
def test_a_range_of_days_is_stored_and_loaded_day_by_day(settings, manager, key, values):
    first, last = min(values), max(values)
    assert store(settings, manager, key, values).success

    assert load(settings, manager, key, first, last)[1] == values
    assert load(settings, manager, key, last)[1] == {last: values[last]}


@pytest.mark.parametrize(
    ("manager", "key", "reason"),
    [
        ("datasets", TREASURY, "not fetched for 2025-01-09"),
        ("metrics", CURVE, "not computed for 2025-01-09"),
    ],
)
def test_a_day_that_was_never_stored_is_unavailable(settings, manager, key, reason):
    result, given = load(settings, manager, key, DAY)

    assert result.success
    assert given == {DAY: Unavailable(reason, "absent")}


@pytest.mark.parametrize(
    ("manager", "key", "value", "reason"),
    [
        ("datasets", TREASURY, dataset(), "not fetched for"),
        ("metrics", CURVE, reading(), "not computed for"),
    ],
)
def test_a_range_with_gaps_is_unavailable_on_the_days_that_lack(
    settings, manager, key, value, reason
):
    first, second, third = days_from(DAY, 3)
    store(settings, manager, key, {second: value})

    _, given = load(settings, manager, key, first, third)

    assert given == {
        first: Unavailable(f"{reason} {first}", "absent"),
        second: value,
        third: Unavailable(f"{reason} {third}", "absent"),
    }


def test_a_range_with_gaps_has_the_snapshots_that_are_stored(settings):
    first, second, third = days_from(DAY, 3)
    store(settings, "snapshots", SNAPSHOT, {second: snapshot(second)})

    result, given = load(settings, "snapshots", SNAPSHOT, first, third)

    assert result.success
    assert given == {second: snapshot(second)}


def test_a_stored_value_names_its_asset_and_its_run(settings, history):
    result = store(settings, "datasets", TREASURY, {DAY: dataset()})

    (stored,) = history._database[DATASETS].find()
    assert stored["asset_key"] == "market_data/treasury_2y"
    assert stored["run_id"] == result.run_id


def test_a_run_again_leaves_one_document_for_each_day(settings, history):
    for _ in range(2):
        store(settings, "datasets", TREASURY, dict.fromkeys(days_from(DAY, 2), dataset()))

    assert history._database[DATASETS].count_documents({}) == 2


def test_the_stores_are_found_through_the_environment(stack, monkeypatch):
    monkeypatch.setenv("INSIGHTS_MONGO_URI", stack.mongo_uri)
    monkeypatch.setenv("INSIGHTS_REDIS_URL", stack.redis_url)
    monkeypatch.setenv("INSIGHTS_MONGO_DATABASE", fresh_database())

    assert store(load_settings(), "datasets", TREASURY, {DAY: dataset()}).success

    assert load(load_settings(), "datasets", TREASURY, DAY)[1] == {DAY: dataset()}


# The latest snapshot


def test_latest_snapshot_publishes_the_newest_whichever_day_is_materialized(
    settings, history, latest
):
    history.write_snapshots([snapshot(DAY), snapshot(NEXT_DAY)])

    result = run_latest(settings, DAY - timedelta(days=1))

    assert published(result) == "Redis holds the snapshot of 2025-01-10 for 86400 s."
    assert latest.read(CATEGORY) == snapshot(NEXT_DAY)


def test_latest_snapshot_leaves_what_is_newer(settings, history, latest):
    history.write_snapshots([snapshot(DAY)])
    latest.publish(snapshot(NEXT_DAY), COMPUTED)

    result = run_latest(settings)

    assert published(result) == (
        "Redis holds a newer snapshot than that of 2025-01-09, which stays."
    )
    assert latest.read(CATEGORY) == snapshot(NEXT_DAY)


def test_a_dead_redis_does_not_fail_latest_snapshot(without_redis, history):
    history.write_snapshots([snapshot()])

    result = run_latest(without_redis)

    assert result.success
    assert published(result) == (
        "Not published: Redis does not answer while serving the latest snapshot (nothing listens"
        " there): start it (insights stack) or correct INSIGHTS_REDIS_URL."
    )


def test_latest_snapshot_of_an_empty_history_publishes_nothing(settings, redis):
    assert run_latest(settings).success
    assert redis.keys() == []


def test_the_published_snapshot_can_be_loaded(settings, latest):
    latest.publish(snapshot(), COMPUTED)

    assert load(settings, "latest_snapshots", LATEST, DAY)[1] == {DAY: snapshot()}


def test_where_nothing_is_published_nothing_is_loaded(settings):
    result, given = load(settings, "latest_snapshots", LATEST, DAY)

    assert result.success
    assert given == {}


# What fails a step


@pytest.mark.parametrize(
    ("use", "doing"),
    [
        (
            lambda away: store(away, "datasets", TREASURY, {DAY: dataset()}),
            "reading the stored sources",
        ),
        (
            lambda away: store(away, "datasets", TREASURY, {DAY: Unavailable("late", "late")}),
            "creating its indexes",
        ),
        (lambda away: store(away, "metrics", CURVE, {DAY: reading()}), "creating its indexes"),
        (
            lambda away: store(away, "snapshots", SNAPSHOT, {DAY: snapshot()}),
            "reading the stored sources",
        ),
        (
            lambda away: load(away, "datasets", TREASURY, DAY)[0],
            "reading market_data/treasury_2y",
        ),
        (
            lambda away: load(away, "metrics", CURVE, DAY)[0],
            "reading synthetic/slope",
        ),
        (lambda away: load(away, "snapshots", SNAPSHOT, DAY)[0], "reading snapshots"),
        (run_latest, "reading the newest snapshot"),
    ],
    ids=[
        "store a dataset",
        "store no dataset",
        "store a metric",
        "store a snapshot",
        "load a dataset",
        "load a metric",
        "load a snapshot",
        "latest_snapshot",
    ],
)
def test_a_dead_mongodb_fails_the_step_with_one_sentence(without_mongo, use, doing):
    sentence = failure(use(without_mongo))

    assert sentence.startswith("MongoDB at 127.0.0.1:")
    assert f" does not answer while {doing} (" in sentence
    assert "hunter2" not in sentence


def test_a_dead_redis_fails_the_step_that_needs_to_read_it(without_redis):
    result, _ = load(without_redis, "latest_snapshots", LATEST, DAY)

    assert failure(result).startswith("Redis does not answer while serving")


@pytest.mark.parametrize(
    ("manager", "key", "value"),
    [
        ("datasets", TREASURY, dataset(source="simulator")),
        ("snapshots", SNAPSHOT, snapshot(source="simulator")),
    ],
    ids=["datasets", "snapshots"],
)
def test_simulated_data_fail_the_step_in_a_database_of_real_ones(
    settings, history, manager, key, value
):
    history.write_snapshots([snapshot(source="alpha_vantage")])

    sentence = failure(store(settings, manager, key, {DAY: value}))

    assert "holds snapshots of alpha_vantage; data of simulator may not be added" in sentence
    assert sentence.endswith("set INSIGHTS_MONGO_DATABASE to another database.")
    assert history.newest_snapshot(CATEGORY) == snapshot(source="alpha_vantage")
    assert history._database[DATASETS].count_documents({}) == 0
