"""Guards against a sensor that asks the vendor, or asks for a run that is on its way.

Its records are Dagster's own, on disk: what it decides must survive a lost cursor.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import dagster as dg
import pytest

from insights_assets.automation.reconciler import UNFINISHED
from insights_assets.automation.repair import build_repair_sensor, evaluate
from insights_assets.automation.stores import open_stores
from insights_assets.definitions import defs
from insights_assets.model.dates import NEW_YORK, days_between
from insights_assets.settings import load_settings
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets.storage.publishing import publish_newest
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.pipeline import Pipeline, failure_of

DAY = date(2026, 3, 12)  # a Thursday
NOW = datetime(2026, 3, 12, 12, tzinfo=NEW_YORK)
YEAR = days_between(DAY - timedelta(days=364), DAY)
NEWS = "market_data/news_sentiment_feed"
COLLECTIONS = ("insight_datasets", "insight_metrics", "insight_snapshots")


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorOptions()) as server:
        yield server


@pytest.fixture
def instance(tmp_path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster.yaml").touch()
    with dg.DagsterInstance.from_config(str(tmp_path)) as opened:
        yield opened


@pytest.fixture(scope="module")
def documents(stack, simulator) -> dict[str, list[dict]]:
    """What is stored for the days that the sensor looks after: all but the news of DAY."""
    pipeline = Pipeline(stack, simulator, categories=[SYNTHETIC])
    assert pipeline.run(DAY - timedelta(days=3), DAY).success
    documents_by_name = {name: list(pipeline.mongo[name].find()) for name in COLLECTIONS}
    pipeline.close()
    for document in documents_by_name["insight_datasets"]:
        document["written_at"] = (NOW - timedelta(hours=1)).astimezone(UTC)
        if document["asset_key"] == NEWS and document["date"] == midnight(DAY):
            document |= {"status": "unavailable", "cause": "outage", "reason": "no answer"}
    for document in documents_by_name["insight_snapshots"]:
        document["created_at"] = (NOW - timedelta(minutes=59)).astimezone(UTC)
        if document["date"] == midnight(DAY):
            del document["metrics"]["headlines"]
            document["unavailable"]["headlines"] = {"reason": "no answer", "cause": "outage"}
    return documents_by_name


@pytest.fixture
def pipeline(stack, simulator, documents, monkeypatch) -> Iterator[Pipeline]:
    built = Pipeline(stack, simulator, categories=[SYNTHETIC])
    for name, value in built.environment.items():
        monkeypatch.setenv(name, value)
    for name, held in documents.items():
        built.mongo[name].insert_many([dict(document) for document in held])
    with open_stores(load_settings()) as (history, latest):
        publish_newest("synthetic", history, latest)
    yield built
    built.close()


def refuse_the_news(pipeline: Pipeline) -> None:
    """Let the news be missing for a reason that waiting cannot mend."""
    pipeline.mongo.insight_datasets.update_many({}, {"$set": {"cause": "refused"}})


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def origin(location: str) -> object:
    """Where a run comes from, read from what Dagster writes down of it."""
    written = {
        "__class__": "ExternalPipelineOrigin",
        "external_repository_origin": {
            "__class__": "ExternalRepositoryOrigin",
            "repository_location_origin": {
                "__class__": "RegisteredRepositoryLocationOrigin",
                "location_name": location,
            },
            "repository_name": "__repository__",
        },
        "pipeline_name": "daily_snapshot",
    }
    return dg.deserialize_value(json.dumps(written))


def add_run(
    instance: dg.DagsterInstance, status: str, *, location: str | None = None, **tags: str
) -> dg.DagsterRun:
    """Add a run; in the names of tags, two underscores stand for a slash."""
    return instance.add_run(
        dg.DagsterRun(
            job_name="daily_snapshot",
            run_id=str(uuid4()),
            status=dg.DagsterRunStatus[status],
            tags={name.replace("__", "/"): value for name, value in tags.items()},
            remote_job_origin=origin(location) if location else None,
        )
    )


def evaluated(instance: dg.DagsterInstance, now: datetime = NOW) -> dg.SensorResult | dg.SkipReason:
    return evaluate(load_settings(), instance, now, [SYNTHETIC])


def test_it_requests_the_smallest_run_that_helps(pipeline, instance):
    (request,) = evaluated(instance).run_requests

    assert request.run_key == "2026-03-12/incomplete/1"
    assert request.partition_key == "2026-03-12"
    assert {key.to_user_string() for key in request.asset_selection} == {
        "market_data/news_sentiment_feed",
        "synthetic/headlines",
        "synthetic/snapshot",
        "synthetic/latest_snapshot",
    }
    assert request.tags["insights/repair"] == "incomplete"
    assert request.tags["insights/date"] == "2026-03-12"


def test_the_requested_run_completes_the_day(pipeline, simulator, instance):
    (request,) = evaluated(instance).run_requests
    pipeline.redis.flushall()

    selected = " ".join(key.to_user_string() for key in request.asset_selection)
    result = pipeline.run(DAY, select=selected)
    assert result.success, failure_of(result)

    assert simulator.stats()["by_function"] == {"NEWS_SENTIMENT": 1}
    assert pipeline.snapshot(DAY)["coverage"] == 0.9
    assert isinstance(evaluated(instance), dg.SkipReason)


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
@pytest.mark.parametrize(
    "tags",
    [
        {"dagster__partition": "2026-03-12"},
        {
            "dagster__asset_partition_range_start": "2026-03-01",
            "dagster__asset_partition_range_end": "2026-03-31",
        },
    ],
    ids=["day", "range"],
)
def test_it_waits_for_any_run_that_covers_the_day(pipeline, instance, status, tags):
    run = add_run(instance, status, **tags)

    evaluation = evaluated(instance)

    assert isinstance(evaluation, dg.SkipReason)
    assert (
        f"the run {run.run_id[:8]} of daily_snapshot ({status.lower()})" in evaluation.skip_message
    )


def test_a_queued_run_is_on_its_way_too():
    assert dg.DagsterRunStatus.QUEUED in UNFINISHED


def test_runs_of_other_days_and_finished_ones_do_not_hold_it_up(pipeline, instance):
    add_run(instance, "STARTED", dagster__partition="2026-03-11")
    add_run(instance, "FAILURE", dagster__partition="2026-03-12")

    assert len(evaluated(instance).run_requests) == 1


@pytest.mark.parametrize(("location", "starved"), [("elsewhere", False), ("insights", True)])
def test_runs_of_another_code_location_neither_hold_it_up_nor_count_as_attempts(
    pipeline, instance, location, starved
):
    tags = {"dagster__partition": str(DAY)}
    add_run(instance, "STARTED", location=location, **tags)
    for _ in range(8):
        attempt = {"insights__repair": "incomplete", "insights__date": str(DAY)}
        add_run(instance, "FAILURE", location=location, **tags, **attempt)

    evaluation = evaluate(load_settings(), instance, NOW, [SYNTHETIC], location="insights")

    assert isinstance(evaluation, dg.SkipReason) is starved
    if not starved:
        (request,) = evaluation.run_requests
        assert request.run_key == f"{DAY}/incomplete/1"


def test_attempts_are_counted_from_the_runs_and_not_from_a_cursor(pipeline, instance):
    tags = {"dagster__partition": "2026-03-12", "insights__repair": "incomplete"}
    for _ in range(7):
        add_run(instance, "FAILURE", **tags, insights__date="2026-03-12")
    tomorrow = NOW + timedelta(days=1)

    requests = evaluated(instance, tomorrow).run_requests
    assert "2026-03-12/incomplete/8" in {request.run_key for request in requests}

    add_run(instance, "FAILURE", **tags, insights__date="2026-03-12")
    keys = {request.run_key for request in evaluated(instance, tomorrow).run_requests}
    assert not any(key.startswith("2026-03-12") for key in keys)


def test_a_day_that_was_given_up_is_told(pipeline, instance):
    for _ in range(8):
        add_run(instance, "FAILURE", insights__repair="incomplete", insights__date="2026-03-12")

    evaluation = evaluated(instance)

    assert "8 attempts did not help" in evaluation.skip_message


def test_only_the_latest_snapshot_is_requested_for_a_flushed_redis(pipeline, instance):
    add_run(instance, "STARTED", dagster__partition="2026-03-11")
    refuse_the_news(pipeline)
    pipeline.redis.flushall()

    (request,) = evaluated(instance).run_requests

    assert request.run_key == "2026-03-12/behind/1"
    assert [key.to_user_string() for key in request.asset_selection] == [
        "synthetic/latest_snapshot"
    ]


def test_a_dead_redis_is_told_and_not_repaired(pipeline, instance, monkeypatch):
    monkeypatch.setenv("INSIGHTS_REDIS_URL", "redis://127.0.0.1:1/0")
    refuse_the_news(pipeline)

    assert "Redis does not answer" in evaluated(instance).skip_message


def test_a_dead_mongodb_is_told_in_one_sentence(pipeline, instance, monkeypatch):
    monkeypatch.setattr("insights_assets.storage.connections.MONGO_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setenv("INSIGHTS_MONGO_URI", "mongodb://user:s3cret@127.0.0.1:1")

    data = build_repair_sensor(load_settings()).evaluate_tick(
        dg.build_sensor_context(instance, definitions=defs)
    )

    assert data.skip_message.startswith("MongoDB at 127.0.0.1:1 does not answer")
    assert "s3cret" not in data.skip_message


def test_a_year_of_history_asks_for_one_run_and_the_vendor_for_nothing(
    pipeline, simulator, instance
):
    fill_a_year(pipeline, instance)
    assert pipeline.mongo.insight_datasets.count_documents({}) == 365 * 6

    assert len(evaluated(instance).run_requests) == 1

    assert simulator.stats()["total"] == 0


BEFORE = DAY - timedelta(days=10)


def add_snapshots(pipeline: Pipeline, *days: date) -> None:
    """Copy the whole snapshot of a day to others."""
    whole = pipeline.mongo.insight_snapshots.find_one({"date": midnight(DAY - timedelta(days=1))})
    pipeline.mongo.insight_snapshots.insert_many(
        {**whole, "_id": f"synthetic:{day}", "date": midnight(day)} for day in days
    )


def test_a_gap_is_filled_by_a_run_of_its_range_once_nothing_else_is_due(
    pipeline, simulator, instance
):
    add_snapshots(pipeline, BEFORE)
    refuse_the_news(pipeline)

    (request,) = evaluated(instance).run_requests

    assert request.partition_key is None
    assert request.tags["dagster/asset_partition_range_start"] == "2026-03-03"
    assert request.tags["dagster/asset_partition_range_end"] == "2026-03-08"
    selected = " ".join(key.to_user_string() for key in request.asset_selection)
    result = pipeline.run(date(2026, 3, 3), date(2026, 3, 8), select=selected)
    assert result.success, failure_of(result)
    assert isinstance(evaluated(instance), dg.SkipReason)


def test_the_last_days_go_before_a_gap(pipeline, instance):
    add_snapshots(pipeline, BEFORE)

    (request,) = evaluated(instance).run_requests

    assert request.partition_key == str(DAY)


def test_a_gap_waits_for_any_run_of_ours(pipeline, instance):
    add_snapshots(pipeline, BEFORE)
    refuse_the_news(pipeline)
    add_run(instance, "STARTED", dagster__partition="2026-03-12")

    evaluation = evaluated(instance)

    assert (
        "earlier days are missing: synthetic: 2026-03-03 to 2026-03-08" in evaluation.skip_message
    )


def test_a_longer_gap_is_named_with_its_command_and_not_filled(pipeline, instance, monkeypatch):
    monkeypatch.setenv("INSIGHTS_REPAIR_GAP_DAYS", "5")
    add_snapshots(pipeline, BEFORE)
    refuse_the_news(pipeline)

    evaluation = evaluated(instance)

    command = "insights backfill --from 2026-03-03 --to 2026-03-08 --category synthetic"
    assert f"`{command}` fills it" in evaluation.skip_message


def test_a_gap_that_was_tried_in_vain_is_left_to_people(pipeline, instance):
    add_snapshots(pipeline, BEFORE)
    refuse_the_news(pipeline)
    for _ in range(3):
        add_run(
            instance,
            "FAILURE",
            insights__repair="gap",
            dagster__asset_partition_range_start="2026-03-03",
            dagster__asset_partition_range_end="2026-03-08",
        )

    assert "3 attempts did not fill it" in evaluated(instance).skip_message


def test_history_that_was_asked_for_is_a_gap_until_it_is_there(pipeline, instance, monkeypatch):
    monkeypatch.setenv("INSIGHTS_START_DATE", "2026-03-05")
    refuse_the_news(pipeline)

    (request,) = evaluated(instance).run_requests

    assert request.tags["dagster/asset_partition_range_start"] == "2026-03-05"


def test_days_that_are_only_shown_are_no_gap(pipeline, instance, monkeypatch):
    monkeypatch.setenv("INSIGHTS_FIRST_PARTITION", "2026-03-05")  # as `insights dev` does
    refuse_the_news(pipeline)

    assert "missing" not in evaluated(instance).skip_message


def test_a_first_partition_that_is_to_come_is_told(pipeline, instance, monkeypatch):
    monkeypatch.setenv("INSIGHTS_START_DATE", "2026-03-13")

    assert "2026-03-13, to come" in evaluated(instance).skip_message


def fill_a_year(pipeline: Pipeline, instance: dg.DagsterInstance) -> None:
    """Copy the documents of a day, columns and all, and add a run, to each day of a year."""
    for name, key in (("insight_datasets", "asset_key"), ("insight_snapshots", "category_id")):
        of_a_day = list(pipeline.mongo[name].find({"date": midnight(YEAR[-2])}))
        pipeline.mongo[name].insert_many(
            {**document, "_id": f"{document[key]}:{day}", "date": midnight(day)}
            for day in YEAR[:-4]
            for document in of_a_day
        )
    for day in YEAR:
        add_run(instance, "SUCCESS", dagster__partition=str(day))


def test_the_sensor_runs_by_itself_every_minute():
    sensor = defs.resolve_sensor_def("snapshot_repair_sensor")

    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 60
