"""Guards against a day that stays broken although nothing but waiting was needed.

Everything here goes through `dagster dev`: the daemon looks, decides, queues and launches. The
clock is compressed by the settings only; the vendor's trouble is the simulator's, and ends.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from insights_assets.model.dates import now
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.alerts import Receiver, receiver
from insights_assets_tests.support.daemon import (
    dagster_dev,
    make_home,
    open_home,
    run_daemon_that_dies_at,
    wait_until,
)
from insights_assets_tests.support.pipeline import Pipeline

pytestmark = pytest.mark.xdist_group("daemon")

TODAY = now().date()
PARTIAL, MADE_UP, KILLED = (TODAY - timedelta(days=n) for n in (1, 2, 3))
ATTEMPTS = 5
COMPRESSED = {
    "INSIGHTS_REPAIR_INTERVAL_SECONDS": "1",
    "INSIGHTS_FETCH_DEADLINE_SECONDS": "5",  # on a busy machine a healthy answer may take two
    "INSIGHTS_REPAIR_BACKOFF_MINUTES": ",".join(["0.02"] * ATTEMPTS),
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorOptions()) as server:
        yield server


@pytest.fixture(scope="module")
def pipeline(stack, simulator) -> Iterator[Pipeline]:
    """Four days of history; two of them are partial, for the vendor had trouble."""
    built = Pipeline(stack, simulator)
    assert built.run(TODAY).success
    assert built.run(MADE_UP).success
    simulator.set_faults(["NEWS_SENTIMENT=http500"])
    built.redis.flushall()
    built.run(KILLED)
    simulator.set_faults(["TREASURY_YIELD:2year=http500", "TIME_SERIES_INTRADAY=http500"])
    built.redis.flushall()
    built.run(PARTIAL)
    assert built.mongo.insight_snapshots.count_documents({}) == 4
    yield built
    built.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return make_home(tmp_path_factory.mktemp("daemon") / "home")


@pytest.fixture(scope="module")
def webhook() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture(scope="module")
def environment(pipeline, webhook) -> Mapping[str, str]:
    return {**pipeline.environment, **COMPRESSED, "INSIGHTS_ALERT_WEBHOOK_URL": webhook.url}


@pytest.fixture(scope="module")
def daemons_that_died(home, environment) -> list[int]:
    return [
        run_daemon_that_dies_at(method, home, environment)
        for method in ("create_run", "submit_run")
    ]


@pytest.fixture(scope="module")
def dev(home, environment, daemons_that_died) -> Iterator[dg.DagsterInstance]:
    with dagster_dev(home, environment), open_home(home) as instance:
        yield instance


@pytest.fixture(scope="module")
def mended(pipeline, simulator, dev) -> Mapping[str, Any]:
    """End the vendor's trouble after the first attempt; return the snapshot as it was till then."""
    wait_until(lambda: any(run.is_finished for run in repairs(dev, "incomplete", PARTIAL)))
    wait_until(lambda: coverage(pipeline, KILLED) == 0.9)  # its repair asks the vendor as well
    before = pipeline.snapshot(PARTIAL)
    simulator.set_faults([])
    simulator.reset()
    wait_until(lambda: coverage(pipeline, PARTIAL) == 0.9)
    wait_until(lambda: finished(dev, "incomplete", PARTIAL))
    return {"before": before, "asked": simulator.stats()["requests"]}


def repairs(instance: dg.DagsterInstance, reason: str, day) -> list[dg.DagsterRun]:
    tags = {"insights/repair": reason, "insights/date": str(day)}
    return instance.get_runs(dg.RunsFilter(tags=tags))


def finished(instance: dg.DagsterInstance, reason: str, day) -> bool:
    return all(run.is_finished for run in repairs(instance, reason, day))


def materialized_by(instance: dg.DagsterInstance, run: dg.DagsterRun) -> set[str]:
    return {
        record.dagster_event.asset_key.to_user_string()
        for record in instance.all_logs(
            run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
        )
    }


def coverage(pipeline: Pipeline, day) -> float:
    return (pipeline.snapshot(day) or {}).get("coverage", 0)


def test_a_daemon_killed_between_decision_and_launch_neither_loses_nor_doubles_a_repair(
    pipeline, dev, daemons_that_died
):
    assert daemons_that_died == [-9, -9]

    wait_until(lambda: coverage(pipeline, KILLED) == 0.9)  # the calendar has no history
    wait_until(lambda: finished(dev, "incomplete", KILLED))

    (run,) = dev.get_runs(dg.RunsFilter(tags={"dagster/partition": str(KILLED)}))
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert run.tags["insights/attempt"] == "1"


def test_a_partial_snapshot_becomes_complete_and_fresh_by_itself(pipeline, dev, mended):
    assert mended["before"]["coverage"] == 0.7
    assert mended["before"]["metrics"]["fed_expectations"]["quality"] == "stale"
    qualities = {metric["quality"] for metric in pipeline.snapshot(PARTIAL)["metrics"].values()}
    assert qualities == {"fresh"}
    asked = {
        (request["function"], request.get("maturity") or request.get("symbol"))
        for request in mended["asked"]
    }
    assert asked == {
        ("TREASURY_YIELD", "2year"),
        *(("TIME_SERIES_INTRADAY", symbol) for symbol in ("NVDA", "MSFT", "AMD")),
    }
    runs = repairs(dev, "incomplete", PARTIAL)
    assert 2 <= len(runs) <= ATTEMPTS
    assert materialized_by(dev, runs[0]) == {
        "market_data/intraday_bars",
        "market_data/treasury_2y",
        "ai_sector_risk/smart_money_flow",
        "ai_sector_risk/yield_curve",
        "ai_sector_risk/fed_expectations",
        "ai_sector_risk/snapshot",
        "ai_sector_risk/latest_snapshot",
    }


def test_a_missing_day_is_made_up(pipeline, dev, mended):
    date = pipeline.snapshot(MADE_UP)["date"]
    for name in ("insight_datasets", "insight_metrics", "insight_snapshots"):
        pipeline.mongo[name].delete_many({"date": date})

    wait_until(lambda: coverage(pipeline, MADE_UP) == 0.9)

    wait_until(lambda: finished(dev, "missing", MADE_UP))
    assert len(repairs(dev, "missing", MADE_UP)) == 1
    assert repairs(dev, "incomplete", MADE_UP) == []


def test_a_flushed_redis_is_filled_within_two_minutes(pipeline, simulator, dev, mended):
    wait_until(lambda: all(run.is_finished for run in dev.get_runs()))  # each of them publishes
    simulator.reset()
    pipeline.redis.flushall()

    took = wait_until(lambda: pipeline.redis.exists(pipeline.latest_key), seconds=120)

    assert took < 120
    assert f'"date": "{TODAY}"'.encode() in pipeline.redis.get(pipeline.latest_key)
    assert simulator.stats()["total"] == 0
    assert len(repairs(dev, "behind", TODAY)) == 1


def test_nothing_is_requested_where_nothing_is_missing(dev):
    wait_until(lambda: all(run.is_finished for run in dev.get_runs()))

    assert {run.job_name for run in dev.get_runs()} == {"snapshot_repair"}
    assert len(repairs(dev, "incomplete", TODAY) + repairs(dev, "missing", TODAY)) == 0


def test_each_alert_is_sent_once_whatever_was_killed_and_computed_again(dev, webhook, mended):
    low_coverage = f"ai_sector_risk/{PARTIAL}/low_coverage"
    wait_until(lambda: low_coverage in webhook.keys_taken())

    assert len(webhook.keys_taken()) == len(set(webhook.keys_taken()))
    assert not any("run/" in key for key in webhook.keys_taken())
