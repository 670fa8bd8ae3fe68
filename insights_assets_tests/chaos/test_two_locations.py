"""Guards against a repair that another project's runs hold up: a Dagster is often shared.

Another code location has runs of the very days that are damaged: one that does not end, one that
waits behind it, and one that failed.
"""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster_graphql import DagsterGraphQLClient

from insights_assets.assets.partitions import PARTITION_TAG
from insights_assets.model.dates import days_between, now
from insights_assets_tests.support.daemon import make_home, wait_until
from insights_assets_tests.support.dagster_ui import running_dagster
from insights_assets_tests.support.pipeline import Pipeline

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("daemon")]

TODAY = now().date()
BEGAN, *GAP, _, _, MISSING, _ = days_between(TODAY - timedelta(days=6), TODAY)

THEIRS = """
import time
import dagster as dg

DAILY = dg.DailyPartitionsDefinition("2025-01-01", timezone="America/New_York", end_offset=1)

@dg.asset(partitions_def=DAILY)
def endless():
    time.sleep(3600)

@dg.asset(partitions_def=DAILY)
def broken():
    raise ValueError("theirs")

defs = dg.Definitions(
    [endless, broken],
    jobs=[dg.define_asset_job(f"make_{name}", name) for name in ("endless", "broken")],
)
"""
BOTH = """
load_from:
  - python_module:
      module_name: insights_assets.definitions
      location_name: insights_assets
  - python_file:
      relative_path: theirs.py
      location_name: theirs
"""
EAGER = {"INSIGHTS_REPAIR_INTERVAL_SECONDS": "1", "INSIGHTS_FETCH_DEADLINE_SECONDS": "20"}
# Of runs with this tag one goes at a time, by the project's own dagster.yaml.
ONE_AT_A_TIME = {"dagster/backfill": "theirs"}


def workspace(folder: Path) -> str:
    (folder / "theirs.py").write_text(THEIRS)
    (folder / "both.yaml").write_text(BOTH)
    return str(folder / "both.yaml")


def test_the_repair_keeps_its_times_beside_runs_of_another_project(pipeline, tmp_path, tried):
    assert pipeline.run(BEGAN, TODAY).success
    home = make_home(tmp_path / "home")
    environment = {**pipeline.environment, **EAGER}
    with running_dagster(home, environment, workspace(tmp_path)) as dagster:
        client = DagsterGraphQLClient(dagster.address.removeprefix("http://"))

        def start(name: str, **tags: str) -> str:
            return client.submit_job_execution(
                f"make_{name}",
                repository_location_name="theirs",
                repository_name="__repository__",
                tags={PARTITION_TAG: str(MISSING), **tags},
            )

        theirs = [start("broken"), start("endless", **ONE_AT_A_TIME)]
        wait_until(lambda: statuses(dagster.instance, theirs) == ["FAILURE", "STARTED"])
        theirs.append(start("endless", **ONE_AT_A_TIME))

        damage(pipeline)
        wait_until(lambda: pipeline.redis.exists(pipeline.latest_key), seconds=120)
        wait_until(lambda: pipeline.snapshot(MISSING))
        wait_until(lambda: all(pipeline.snapshot(day) for day in GAP), seconds=300)

        assert statuses(dagster.instance, theirs) == ["FAILURE", "STARTED", "QUEUED"]
    tried(
        "Time",
        "another code location with a failed, a running and a queued run of the day to repair",
        "Redis filled within two minutes, the missing day and the gap made up as ever",
    )


def damage(pipeline: Pipeline) -> None:
    """Lose a day that is looked after one by one, two days before those, and what Redis holds."""
    for day in (*GAP, MISSING):
        date = pipeline.snapshot(day)["date"]
        for name in ("insight_datasets", "insight_metrics", "insight_snapshots"):
            pipeline.mongo[name].delete_many({"date": date})
    pipeline.redis.flushall()


def statuses(instance: dg.DagsterInstance, run_ids: list[str]) -> list[str]:
    runs = [instance.get_run_by_id(run_id) for run_id in run_ids]
    return [run.status.value for run in runs if run]
