"""Dagster as an operator runs it, asked through GraphQL as the UI asks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import yaml

from insights_assets.definitions import defs
from insights_assets_tests.daemon_support import dagster_dev, make_home, open_home, wait_until

BACKFILL = """
mutation($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}"""
RUN = """
mutation($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}"""
LOCATIONS = "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }"
LONGEST_SECONDS = 1200
NO_SENSORS = {"INSIGHTS_REPAIR_INTERVAL_SECONDS": "3600"}  # they are not what is measured


@dataclass(frozen=True, slots=True)
class Work:
    """What runs did: seconds since the epoch, events written, the largest worker's memory."""

    start: float
    end: float
    events: int
    peak_mib: int


class Dagster:
    """A webserver with its daemon, and the instance that both write to."""

    def __init__(self, port: int, home: Path, instance: dg.DagsterInstance) -> None:
        self.home = home
        self.instance = instance
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60)

    def loaded(self) -> bool:
        """Say whether the code location is there."""
        try:
            entries = self._ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        except (httpx.TransportError, KeyError):
            return False
        return bool(entries) and all(entry["loadStatus"] == "LOADED" for entry in entries)

    def backfill(self, first: date, days: int) -> dg.RunsFilter:
        """Backfill all assets; return the filter that finds its runs."""
        keys = [key.path for key in defs.resolve_asset_graph().get_all_asset_keys()]
        names = [str(first + timedelta(days=n)) for n in range(days)]
        params = {"assetSelection": [{"path": path} for path in keys], "partitionNames": names}
        answer = self._ask(BACKFILL, params)["launchPartitionBackfill"]
        return dg.RunsFilter(tags={"dagster/backfill": answer["backfillId"]})

    def run(self, day: date) -> str:
        """Launch the daily job for one day; return the run's id."""
        selector = {
            "repositoryLocationName": "insights_assets",
            "repositoryName": "__repository__",
            "pipelineName": "daily_snapshot",
        }
        tags = [{"key": "dagster/partition", "value": str(day)}]
        params = {
            "selector": selector,
            "executionMetadata": {"tags": tags},
            "mode": "default",
            "runConfigData": {},
        }
        answer = self._ask(RUN, params)["launchPipelineExecution"]
        if "run" not in answer:
            raise RuntimeError(f"Dagster did not launch the run: {answer}")
        return str(answer["run"]["runId"])

    def wait(self, runs: dg.RunsFilter, count: int) -> Work:
        """Wait until `count` runs have succeeded."""
        peak = 0

        def done() -> bool:
            nonlocal peak
            peak = max(peak, self._run_worker_mib())
            ended = [run for run in self.instance.get_runs(runs) if run.is_finished]
            failed = [run.run_id for run in ended if not run.is_success]
            if failed:
                raise RuntimeError(f"Run {failed[0]} failed.")
            return len(ended) == count

        wait_until(done, LONGEST_SECONDS)
        records = self.instance.get_run_records(runs)
        events = sum(len(self.instance.all_logs(each.dagster_run.run_id)) for each in records)
        starts = [each.start_time for each in records if each.start_time]
        ends = [each.end_time for each in records if each.end_time]
        return Work(min(starts), max(ends), events, peak)

    def _run_worker_mib(self) -> int:
        """Return the largest resident set that a run worker at work has had so far."""
        return max(
            [0, *[_peak_mib(path) for path in Path("/proc").glob("[0-9]*") if self._runs(path)]]
        )

    def _runs(self, process: Path) -> bool:
        try:
            ours = f"DAGSTER_HOME={self.home}".encode() in (process / "environ").read_bytes()
            return ours and b"spawn_main" in (process / "cmdline").read_bytes()
        except OSError:  # it has just ended
            return False

    def _ask(self, query: str, params: Mapping[str, Any] | None = None) -> Any:
        body = {"query": query, "variables": {"params": params}}
        return self._http.post("/graphql", json=body).json()["data"]

    def worker_times(self, day: date) -> tuple[float, float]:
        """Run one day; return the seconds from launch to start, and from there to the end."""
        run_id = self.run(day)
        work = self.wait(dg.RunsFilter(run_ids=[run_id]), count=1)
        launched = self.instance.get_run_stats(run_id).launch_time
        assert launched
        return work.start - launched, work.end - work.start


@contextmanager
def dagster_running(
    folder: Path, environment: Mapping[str, str], storage: Mapping[str, Any] | None = None
) -> Iterator[Dagster]:
    """Run `dagster dev` with the project's settings, and `storage` instead of SQLite files."""
    home = make_home(folder, yaml.safe_dump({"storage": storage}) if storage else "")
    with open_home(home) as instance, dagster_dev(home, environment) as port:
        dagster = Dagster(port, home, instance)
        wait_until(dagster.loaded)
        yield dagster


def _peak_mib(process: Path) -> int:
    try:
        status = (process / "status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) // 1024 if found else 0
