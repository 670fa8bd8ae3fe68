"""Dagster on the project's own settings, and its processes, which can be found and killed."""

import os
import re
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
from dagster_graphql import DagsterGraphQLClient

from insights_assets.api.dagster_runs import DagsterRefused, DagsterRuns, DagsterUnavailable
from insights_assets.assets.partitions import PARTITION_TAG
from insights_assets.automation.daily import DAILY_SNAPSHOT
from insights_assets.automation.reconciler import UNFINISHED
from insights_assets.categories import CATEGORIES
from insights_assets.definitions import build_definitions
from insights_assets.settings import Settings
from insights_assets_tests.support.daemon import WORKSPACE, dagster_dev, open_home, wait_until

_BACKFILL = """
mutation ($asked: LaunchBackfillParams!) {
  said: launchPartitionBackfill(backfillParams: $asked) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
_RUN_AGAIN = """
mutation ($asked: ReexecutionParams!) {
  said: launchRunReexecution(reexecutionParams: $asked) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
_BACKFILL_AGAIN = """
mutation ($asked: ReexecutionParams!) {
  said: reexecutePartitionBackfill(reexecutionParams: $asked) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
_GOING_ON = """
{ partitionBackfillsOrError(status: REQUESTED) { ... on PartitionBackfills { results { id } } } }
"""
_COLOURS = """
{
  assetNodes {
    assetKey { path }
    partitionStats { numMaterialized numFailed }
  }
}
"""


@dataclass
class Dagster:
    """A running webserver and daemon."""

    home: Path
    address: str
    instance: dg.DagsterInstance

    def trigger(self, day: date) -> str:
        """Submit the run of a day as the API does."""
        return DagsterRuns(self.address).trigger(day, None)[0]

    def run(self, day: date) -> str:
        """Launch the daily job for one day; return the run's id."""
        client = DagsterGraphQLClient(self.address.removeprefix("http://"))
        return client.submit_job_execution(DAILY_SNAPSHOT, tags={PARTITION_TAG: str(day)})

    def backfill(self, days: Iterable[date], assets: Iterable[str] = ()) -> str:
        """Launch a backfill as the UI does, of these assets or of all of the first category."""
        keys = sorted(assets) or _assets_of_the_first_category()
        asked = {
            "assetSelection": [{"path": key.split("/")} for key in keys],
            "partitionNames": [str(day) for day in days],
        }
        return str(self.ask(_BACKFILL, asked=asked)["said"]["backfillId"])

    def run_from_failure(self, run_id: str) -> None:
        """Press "Re-execute from failure" on a run."""
        asked = {"parentRunId": run_id, "strategy": "FROM_FAILURE", "useParentRunTags": True}
        said = self.ask(_RUN_AGAIN, asked=asked)["said"]
        assert said["__typename"] == "LaunchRunSuccess", said

    def backfill_from_failure(self, backfill_id: str) -> None:
        """Press "Re-execute from failure" on a backfill."""
        asked = {"parentRunId": backfill_id, "strategy": "FROM_FAILURE"}
        said = self.ask(_BACKFILL_AGAIN, asked=asked)["said"]
        assert said["__typename"] == "LaunchBackfillSuccess", said

    def colours(self) -> dict[str, tuple[int, int]]:
        """How many days of each asset the UI shows green, and how many red."""
        return {
            "/".join(node["assetKey"]["path"]): (stats["numMaterialized"], stats["numFailed"])
            for node in self.ask(_COLOURS)["assetNodes"]
            if (stats := node["partitionStats"])
        }

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask the webserver as the UI does."""
        response = httpx.post(
            f"{self.address}/graphql",
            json={"query": query, "variables": variables},
            timeout=60,
            trust_env=False,
        )
        answer = response.raise_for_status().json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def is_over(self) -> bool:
        """Whether no run is left and no backfill has anything to launch."""
        unfinished = dg.RunsFilter(statuses=UNFINISHED)
        going_on = self.ask(_GOING_ON)["partitionBackfillsOrError"]["results"]
        return not going_on and not self.instance.get_runs_count(unfinished)

    def status(self, run_id: str) -> str:
        run = self.instance.get_run_by_id(run_id)
        assert run, f"there is no run {run_id}"
        return run.status.value

    def backfill_status(self, backfill_id: str) -> str:
        backfill = self.instance.get_backfill(backfill_id)
        assert backfill, f"there is no backfill {backfill_id}"
        return backfill.status.value

    def succeeded(self) -> set[str]:
        """The runs that succeeded, themselves or by their retries."""
        runs = self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))
        return {run.root_run_id or run.run_id for run in runs}

    def kill_worker(self, run_id: str) -> None:
        """Kill the process of a run."""
        events = self.instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        messages = [entry.dagster_event.message or "" for entry in events if entry.dagster_event]
        [started] = re.findall(r"Started process .*pid: (\d+)", "\n".join(messages))
        os.kill(int(started), signal.SIGKILL)

    def processes(self, *words: str) -> list[int]:
        """The processes of this home whose command line has these words."""
        return [pid for pid, line in processes_of(self.home).items() if set(words) <= set(line)]

    def kill_processes(self, *words: str) -> int:
        """Kill those processes; return how many there were."""
        processes = self.processes(*words)
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        return len(processes)

    def answers(self) -> bool:
        """Whether the webserver answers, which it does only after it has tried to load the jobs."""
        try:
            DagsterRuns(self.address).find("no run")
        except (DagsterUnavailable, DagsterRefused):
            return False
        return True


def _assets_of_the_first_category() -> list[str]:
    definitions = build_definitions(Settings(), categories=CATEGORIES[:1])
    keys = definitions.get_repository_def().asset_graph.materializable_asset_keys
    return sorted(key.to_user_string() for key in keys)


@contextmanager
def running_dagster(
    home: Path, environment: Mapping[str, str], workspace: str = WORKSPACE
) -> Iterator[Dagster]:
    """Run the webserver and the daemon until they are killed, all at once."""
    with (
        dagster_dev(home, environment, workspace) as port,
        open_home(home) as instance,
    ):
        dagster = Dagster(home, f"http://127.0.0.1:{port}", instance)
        wait_until(dagster.answers)
        yield dagster


def processes_of(home: Path) -> dict[int, list[str]]:
    """The command lines of all processes that were started for a home, by their ids."""
    commands = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            line = (folder / "cmdline").read_text().split("\0")
        except OSError:  # it has just ended
            continue
        if f"DAGSTER_HOME={home}".encode() in environment:
            commands[int(folder.name)] = line
    return commands
