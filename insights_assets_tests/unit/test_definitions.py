"""Guards against a graph or a schedule that is not what operators rely on.

The code location is loaded as the webserver loads it: a warning at load is an error here.
"""

from dataclasses import replace
from datetime import UTC, datetime

import dagster as dg
import pytest

from insights_assets.categories import CATEGORIES
from insights_assets.definitions import build_definitions, defs
from insights_assets.model.category import Category
from insights_assets.model.dates import NEW_YORK, now
from insights_assets.settings import Settings

DATASETS = [
    "daily_bars",
    "intraday_bars",
    "treasury_10y",
    "treasury_2y",
    "news_sentiment_feed",
    "ipo_calendar",
]
METRICS = [
    "ai_price_anomaly",
    "news_sentiment",
    "smart_money_flow",
    "ipo_heat",
    "yield_curve",
    "fed_expectations",
]


@pytest.fixture(scope="module")
def graph():
    return defs.resolve_asset_graph()


def key(text: str) -> dg.AssetKey:
    return dg.AssetKey.from_user_string(text)


def parents(graph, text: str) -> set[str]:
    return {parent.to_user_string() for parent in graph.get(key(text)).parent_keys}


def test_the_graph_has_the_fourteen_assets_of_the_specification(graph):
    expected = {f"market_data/{name}" for name in DATASETS}
    expected |= {f"ai_sector_risk/{name}" for name in (*METRICS, "snapshot", "latest_snapshot")}

    assert {found.to_user_string() for found in graph.get_all_asset_keys()} == expected


def test_lineage_is_that_of_the_specification(graph):
    assert parents(graph, "ai_sector_risk/yield_curve") == {
        "market_data/treasury_10y",
        "market_data/treasury_2y",
    }
    assert parents(graph, "ai_sector_risk/fed_expectations") == {"market_data/treasury_2y"}
    assert parents(graph, "ai_sector_risk/ai_price_anomaly") == {"market_data/daily_bars"}
    assert parents(graph, "ai_sector_risk/snapshot") == {f"ai_sector_risk/{m}" for m in METRICS}
    assert parents(graph, "ai_sector_risk/latest_snapshot") == {"ai_sector_risk/snapshot"}


def test_the_two_year_yield_has_two_consumers(graph):
    children = graph.get(key("market_data/treasury_2y")).child_keys

    assert {child.to_user_string() for child in children} == {
        "ai_sector_risk/yield_curve",
        "ai_sector_risk/fed_expectations",
    }


def test_every_asset_is_described_owned_and_partitioned(graph):
    for found in graph.get_all_asset_keys():
        node = graph.get(found)
        assert node.description, found
        assert node.owners, found
        assert node.tags, found
        assert node.kinds, found
        assert node.code_version, found
        assert node.group_name == found.path[0]
        assert node.partitions_def.timezone == "America/New_York"
        assert node.backfill_policy.max_partitions_per_run == 92


def test_metric_descriptions_carry_the_formula(graph):
    for metric in CATEGORIES[0].metrics:
        assert (
            metric.explanation.formula in graph.get(key(f"ai_sector_risk/{metric.id}")).description
        )


def test_the_checks_are_those_of_the_specification(graph):
    checks = {f"{c.asset_key.to_user_string()}:{c.name}" for c in graph.asset_check_keys}

    assert checks == {f"market_data/{name}:available" for name in DATASETS} | {
        "ai_sector_risk/snapshot:coverage_complete",
        "ai_sector_risk/snapshot:coherent",
        "ai_sector_risk/snapshot:no_jump",
        "ai_sector_risk/snapshot:today_exists",
        "ai_sector_risk/latest_snapshot:agrees_with_history",
    }


def test_the_job_has_four_steps_in_this_process():
    job = defs.resolve_job_def("daily_snapshot")

    assert {node.name for node in job.nodes} == {
        "prefetch",
        "ai_sector_risk__metrics",
        "ai_sector_risk__snapshot",
        "ai_sector_risk__latest_snapshot",
    }
    assert job.executor_def.name == "in_process_or_k8s"  # the first, if nothing is said


def test_a_repair_may_select_any_of_the_assets():
    job = defs.resolve_job_def("snapshot_repair")

    assert {node.name for node in job.nodes} == {
        *(node.name for node in defs.resolve_job_def("daily_snapshot").nodes),
        "ai_sector_risk__snapshot_today_exists",
    }


def test_all_requests_to_the_vendor_share_a_pool():
    pools = {op.name: op.pool for op in defs.resolve_job_def("daily_snapshot").all_node_defs}

    assert {name for name, pool in pools.items() if pool == "alpha_vantage"} == {"prefetch"}


def test_the_scheduled_run_goes_before_backfills_and_holds_its_slot_for_twenty_minutes_at_most():
    tick = datetime(2026, 3, 12, 9, 30, tzinfo=NEW_YORK)
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
def test_the_schedule_requests_the_partition_of_the_same_day(day):
    # The clocks are put back on 2026-11-01 and forward on 2027-03-14.
    tick = datetime.fromisoformat(f"{day}T09:30").replace(tzinfo=NEW_YORK)
    context = dg.build_schedule_context(
        scheduled_execution_time=tick.astimezone(UTC), repository_def=defs.get_repository_def()
    )

    data = defs.resolve_schedule_def("daily_snapshot_schedule").evaluate_tick(context)

    (request,) = data.run_requests
    assert request.partition_key == day


def test_a_second_category_shares_the_datasets():
    (shared,) = [metric for metric in CATEGORIES[0].metrics if metric.id == "yield_curve"]
    second = Category(
        id="macro_environment",
        title="Macro environment",
        description="What the economy is up to.",
        metrics=(replace(shared, weight=1.0),),
        bands=CATEGORIES[0].bands,
    )
    both = (*CATEGORIES, second)

    graph = build_definitions(Settings(), categories=both).resolve_asset_graph()

    assert parents(graph, "macro_environment/snapshot") == {"macro_environment/yield_curve"}
    assert len(graph.get(key("market_data/treasury_2y")).child_keys) == 3
