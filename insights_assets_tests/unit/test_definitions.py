"""Guards against a graph or a schedule that is not what operators rely on.

The code location is loaded as the webserver loads it: a warning at load is an error here.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from insights_assets import defs as own
from insights_assets.automation.daily import build_daily_schedule
from insights_assets.categories import CATEGORIES
from insights_assets.definitions import build_definitions, defs
from insights_assets.model.dates import NEW_YORK, now
from insights_assets.settings import Settings
from insights_assets_tests.support.category import NARROW, TWO_CATEGORIES
from insights_assets_tests.support.graph import GRAPH, graph_text
from insights_assets_tests.support.pipeline import failure_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def graph():
    return defs.resolve_asset_graph()


def key(text: str) -> dg.AssetKey:
    return dg.AssetKey.from_user_string(text)


def parents(graph, text: str) -> set[str]:
    return {parent.to_user_string() for parent in graph.get(key(text)).parent_keys}


def test_the_graph_is_the_one_that_was_last_looked_at():
    assert graph_text() == GRAPH.read_text(encoding="utf-8"), "look at it, then run `make graph`"


def test_a_metric_hangs_from_its_datasets_and_a_snapshot_from_its_metrics():
    graph = build_definitions(Settings(), categories=TWO_CATEGORIES).resolve_asset_graph()

    assert parents(graph, "synthetic/slope") == {
        "market_data/treasury_10y",
        "market_data/treasury_2y",
    }
    assert parents(graph, "narrow/snapshot") == {"narrow/rates", "narrow/calendar"}
    assert parents(graph, "narrow/latest_snapshot") == {"narrow/snapshot"}


def test_categories_share_datasets_and_a_dataset_that_none_reads_is_not_fetched():
    graph = build_definitions(Settings(), categories=TWO_CATEGORIES).resolve_asset_graph()
    narrow = build_definitions(Settings(), categories=[NARROW]).resolve_asset_graph()

    children = graph.get(key("market_data/treasury_2y")).child_keys
    assert {child.to_user_string() for child in children} == {
        "synthetic/slope",
        "synthetic/shift",
        "narrow/rates",
    }
    fetched = {k.to_user_string() for k in narrow.get_all_asset_keys() if k.path[0] != "narrow"}
    assert fetched == {"market_data/treasury_2y", "market_data/ipo_calendar"}


def test_every_asset_is_described_and_partitioned(graph):
    for keys in graph.get_all_asset_keys():
        node = graph.get(keys)
        assert node.description, keys
        assert node.tags, keys
        assert node.kinds, keys
        assert node.code_version, keys
        assert node.group_name == keys.path[0]
        assert node.partitions_def.timezone == "America/New_York"
        assert node.backfill_policy.max_partitions_per_run == 92


def test_metric_descriptions_carry_the_formula(graph):
    for category in CATEGORIES:
        for metric in category.metrics:
            node = graph.get(key(f"{category.id}/{metric.id}"))
            assert metric.explanation.formula in node.description


def test_the_job_runs_in_this_process_if_nothing_is_said():
    job = defs.resolve_job_def("daily_snapshot")

    assert job.executor_def.name == "in_process_or_k8s"  # the first


def test_a_category_adds_two_steps_to_those_that_fetch_and_compute_for_all():
    defs_of_two = build_definitions(Settings(), categories=TWO_CATEGORIES)

    assert {node.name for node in defs_of_two.resolve_job_def("daily_snapshot").nodes} == {
        "prefetch",
        "metrics",
        *(
            f"{category.id}__{step}"
            for category in TWO_CATEGORIES
            for step in ("snapshot", "latest_snapshot")
        ),
    }


def test_all_requests_to_the_vendor_share_a_pool():
    pools = {op.name: op.pool for op in defs.resolve_job_def("daily_snapshot").all_node_defs}

    assert {name for name, pool in pools.items() if pool == "vendors"} == {"prefetch"}


def test_the_scheduled_run_goes_before_backfills_and_holds_its_slot_for_twenty_minutes_at_most(
    monkeypatch,
):
    tick = datetime(2026, 3, 12, 9, 30, tzinfo=NEW_YORK)
    monkeypatch.setattr("insights_assets.automation.daily.now", lambda: tick)
    context = dg.build_schedule_context(
        scheduled_execution_time=tick, repository_def=defs.get_repository_def()
    )

    data = defs.resolve_schedule_def("daily_snapshot_schedule").evaluate_tick(context)

    tags = data.run_requests[0].tags
    assert (tags["dagster/priority"], tags["dagster/max_runtime"]) == ("10", "1200")


def test_every_sensor_runs_by_itself():
    sensors = defs.get_repository_def().sensor_defs

    assert {sensor.name for sensor in sensors} == {
        "snapshot_repair_sensor",
        "status_change_alerts",
        "trouble_alerts",
        "run_failure_alerts",
    }
    assert {sensor.default_status for sensor in sensors} == {dg.DefaultSensorStatus.RUNNING}


def test_partitions_begin_in_2021_and_end_today():
    keys = defs.resolve_job_def("daily_snapshot").partitions_def.get_partition_keys()

    assert keys[0] == "2021-01-04"
    assert keys[-1] == now().date().isoformat()


def test_the_schedule_runs_by_itself_at_half_past_nine_new_york():
    schedule = defs.resolve_schedule_def("daily_snapshot_schedule")

    assert schedule.cron_schedule == "30 9 * * *"
    assert schedule.execution_timezone == "America/New_York"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


@pytest.mark.parametrize("day", ["2026-10-31", "2026-11-01", "2027-03-14", "2027-03-15"])
def test_the_schedule_requests_the_partition_of_the_same_day(day, monkeypatch):
    # The clocks are put back on 2026-11-01 and forward on 2027-03-14.
    tick = datetime.fromisoformat(f"{day}T09:30").replace(tzinfo=NEW_YORK)
    monkeypatch.setattr("insights_assets.automation.daily.now", lambda: tick)
    context = dg.build_schedule_context(
        scheduled_execution_time=tick.astimezone(UTC), repository_def=defs.get_repository_def()
    )

    data = defs.resolve_schedule_def("daily_snapshot_schedule").evaluate_tick(context)

    (request,) = data.run_requests
    assert request.partition_key == day


def test_a_tick_after_a_downtime_leaves_the_day_to_the_repair(monkeypatch):
    tick = datetime(2026, 3, 12, 9, 30, tzinfo=NEW_YORK)
    monkeypatch.setattr("insights_assets.automation.daily.now", lambda: tick + timedelta(hours=2))
    context = dg.build_schedule_context(
        scheduled_execution_time=tick, repository_def=defs.get_repository_def()
    )

    data = defs.resolve_schedule_def("daily_snapshot_schedule").evaluate_tick(context)

    assert not data.run_requests
    assert "snapshot_repair_sensor makes up for it" in data.skip_message


def test_where_the_repair_waits_for_nothing_a_tick_on_time_is_still_one(monkeypatch):
    tick = datetime(2026, 3, 12, 9, 30, tzinfo=NEW_YORK)
    seconds = timedelta(seconds=8)  # a busy daemon takes them
    monkeypatch.setattr("insights_assets.automation.daily.now", lambda: tick + seconds)
    context = dg.build_schedule_context(
        scheduled_execution_time=tick, repository_def=defs.get_repository_def()
    )

    data = build_daily_schedule(Settings(repair_grace_minutes=0)).evaluate_tick(context)

    assert [request.partition_key for request in data.run_requests] == ["2026-03-12"]


def test_the_launchpad_asks_for_no_connection():
    job = defs.resolve_job_def("daily_snapshot")

    resources = dg.validate_run_config(job, {})["resources"]

    assert not [name for name, resource in resources.items() if resource["config"]]
    with pytest.raises(dg.DagsterInvalidConfigError, match="unexpected config entry"):
        dg.validate_run_config(job, {"resources": {"history": {"config": {"database": "another"}}}})


def test_a_run_without_a_day_says_how_to_name_one():
    result = defs.resolve_job_def("daily_snapshot").execute_in_process(raise_on_error=False)

    assert failure_of(result) == (
        "The run names no day. Give it a partition, as `dg launch --job daily_snapshot --partition"
        " 2026-03-12` does."
    )


def test_what_dg_scaffolds_is_loaded_and_no_part_of_the_daily_job(tmp_path, monkeypatch):
    folder = tmp_path / "theirs" / "defs"
    folder.mkdir(parents=True)
    for init in (folder, folder.parent):
        (init / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(own, "FOLDER", folder)
    monkeypatch.setattr(own, "PROJECT", tmp_path)
    assert not own.load_own().assets  # the folder is empty, and a wheel has no project

    settings = (ROOT / "pyproject.toml").read_text()
    theirs = settings.replace('root_module = "insights_assets"', 'root_module = "theirs"')
    (tmp_path / "pyproject.toml").write_text(theirs)
    (folder / "mine.py").write_text("import dagster as dg\n\n\n@dg.asset\ndef mine(): ...\n")
    together = dg.Definitions.merge(build_definitions(Settings()), own.load_own())

    assert dg.AssetKey("mine") in together.resolve_asset_graph().get_all_asset_keys()
    nodes = together.resolve_job_def("daily_snapshot").nodes
    assert "mine" not in {node.name for node in nodes}
