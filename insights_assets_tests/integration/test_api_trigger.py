"""A trigger from end to end: HTTP in, a run in Dagster's queue, a snapshot read back over HTTP.

Dagster's webserver and daemon are the real ones, started as `insights dev` would: a stub would not
notice that a run never leaves the queue, or that it has no partition.
"""

from contextlib import ExitStack
from datetime import date

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from pydantic import SecretStr

from insights_assets.api.app import create_app
from insights_assets.api.dagster_runs import DagsterRuns
from insights_assets.automation.reconciler import days_of_run
from insights_assets.cli import main
from insights_assets.model.dates import days_between
from insights_assets.serving.service import open_insights
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.api import SECRET, TODAY, settings_on
from insights_assets_tests.support.daemon import make_home, open_home, wait_until
from insights_assets_tests.support.dagster_ui import running_dagster
from insights_assets_tests.support.pipeline import Pipeline

TRIGGER = "/api/admin/insights/trigger-snapshot"
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 4)
RIGHT = {"X-Admin-Secret": SECRET}


@pytest.mark.xdist_group("dagster")
def test_a_trigger_ends_as_a_successful_run_whose_snapshot_is_read_back(stack, tmp_path):
    with SimulatorServer(SimulatorOptions()) as simulator, ExitStack() as opened:
        pipeline = Pipeline(stack, simulator)
        opened.callback(pipeline.close)
        environment = pipeline.environment | {"INSIGHTS_REPAIR_DAYS": "0"}  # only what we trigger
        home = make_home(tmp_path / "dagster")
        address = opened.enter_context(running_dagster(home, environment)).address
        settings = settings_on(
            stack, mongo_database=pipeline.database, admin_secret=SecretStr(SECRET)
        )
        insights = opened.enter_context(open_insights(settings))
        client = TestClient(create_app(settings, insights, DagsterRuns(address)))

        first = client.post(TRIGGER, headers=RIGHT, json={"date": str(TODAY)})
        second = client.post(TRIGGER, headers=RIGHT, json={"date": str(TODAY)})
        assert first.status_code == second.status_code == 202, (first.text, second.text)
        run_id = first.json()["run_id"]
        assert second.json()["run_id"] == run_id
        assert "already" in second.json()["message"]

        def state():
            return client.get(f"/api/admin/insights/runs/{run_id}", headers=RIGHT).json()

        seen = [state()["status"]]
        wait_until(lambda: seen.append(state()["status"]) or seen[-1] not in {"queued", "running"})
        ended = state()
        latest = [
            client.get(f"/api/insights/{category.id}").json() for category in pipeline.categories
        ]
        launched = CliRunner().invoke(
            main,
            ["backfill", "--from", str(FIRST), "--to", str(LAST), "--through-dagster"],
            env={"INSIGHTS_DAGSTER_URL": address},
        )
        days = len(days_between(FIRST, LAST))
        snapshots = pipeline.mongo.insight_snapshots
        wait_until(lambda: len(snapshots.distinct("date")) == 1 + days)
        with open_home(home) as instance:
            ranges = [days_of_run(run.tags) for run in instance.get_runs()]
        unknown = client.get(f"/api/admin/insights/runs/{run_id[:-1]}0", headers=RIGHT)

    assert seen[0] in {"queued", "running"}
    assert ended["status"] == "succeeded", ended
    assert ended["date"] == str(TODAY)
    assert ended["started_at"] < ended["ended_at"]
    for snapshot in latest:
        assert (snapshot["date"], snapshot["run_id"]) == (str(TODAY), run_id)
    assert launched.output.startswith(f"Dagster backfills {days} days in 1 run: {address}/runs/b/")
    assert ranges.count((str(FIRST), str(LAST))) == 1
    assert unknown.status_code == 404 or run_id.endswith("0")
