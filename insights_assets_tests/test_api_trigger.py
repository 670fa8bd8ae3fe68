"""A trigger from end to end: HTTP in, a run in Dagster's queue, a snapshot read back over HTTP.

Dagster's webserver and daemon are the real ones, started as `insights dev` would: a stub would not
notice that a run never leaves the queue, or that it has no partition.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from insights_assets.api.app import create_app
from insights_assets.api.dagster_runs import DagsterRuns
from insights_assets.reading.insights import open_insights
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.api_support import CATEGORY, SECRET, TODAY, settings_on
from insights_assets_tests.pipeline_support import Pipeline
from insights_assets_tests.storage_support import closed_port

ROOT = Path(__file__).parents[1]
TRIGGER = "/api/admin/insights/trigger-snapshot"
RIGHT = {"X-Admin-Secret": SECRET}
INSTANCE = """
telemetry:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
"""


@contextmanager
def dagster(environment: dict[str, str], home: Path) -> Iterator[str]:
    """Run the webserver and the daemon; yield the address once the webserver answers."""
    port = closed_port()
    home.mkdir()
    (home / "dagster.yaml").write_text(INSTANCE)
    workspace = str(ROOT / "workspace.yaml")
    commands = [
        ["-m", "dagster_webserver", "-w", workspace, "-h", "127.0.0.1", "-p", str(port)],
        ["-m", "dagster._daemon", "run", "-w", workspace],
    ]
    with ExitStack() as running:
        for command in commands:
            log = running.enter_context((home / f"{command[1]}.log").open("wb"))
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, *command],
                    env={**os.environ, **environment, "DAGSTER_HOME": str(home)},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
            running.callback(process.terminate)
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{address}/server_info"))
        yield address


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.1)
    return found


@pytest.mark.xdist_group("dagster")
def test_a_trigger_ends_as_a_successful_run_whose_snapshot_is_read_back(stack, tmp_path):
    with SimulatorServer(SimulatorOptions()) as simulator, ExitStack() as opened:
        pipeline = Pipeline(stack, simulator)
        opened.callback(pipeline.close)
        environment = pipeline.environment | {"INSIGHTS_REPAIR_DAYS": "0"}  # only what we trigger
        address = opened.enter_context(dagster(environment, tmp_path / "dagster"))
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
        wait_for(lambda: seen.append(state()["status"]) or seen[-1] not in {"queued", "running"})
        ended = state()
        latest = client.get(f"/api/insights/{CATEGORY}").json()
        unknown = client.get(f"/api/admin/insights/runs/{run_id[:-1]}0", headers=RIGHT)

    assert seen[0] in {"queued", "running"}
    assert ended["status"] == "succeeded", ended
    assert ended["date"] == str(TODAY)
    assert ended["started_at"] < ended["ended_at"]
    assert (latest["date"], latest["run_id"]) == (str(TODAY), run_id)
    assert unknown.status_code == 404 or run_id.endswith("0")
