"""Dagster as an operator runs it, and what its runs take."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from insights_assets_tests.support.daemon import make_home, wait_until
from insights_assets_tests.support.dagster_ui import Dagster, running_dagster
from insights_assets_tests.support.postgres import DATABASE, PASSWORD, USER, PostgresServer

LONGEST_SECONDS = 1200
NO_SENSORS = {"INSIGHTS_REPAIR_INTERVAL_SECONDS": "3600"}  # they are not what is measured


@dataclass(frozen=True, slots=True)
class Work:
    """What runs did: seconds since the epoch, events written, the largest worker's memory."""

    planned: float
    """The first event of the first run: Dagster writes what it is going to make."""
    launched: float
    start: float
    end: float
    events: int
    peak_mib: int


@contextmanager
def dagster_running(
    folder: Path, environment: Mapping[str, str], storage: Mapping[str, Any] | None = None
) -> Iterator[Dagster]:
    """Run `dagster dev` with the project's settings, and `storage` instead of SQLite files."""
    home = make_home(folder, yaml.safe_dump({"storage": storage}) if storage else "")
    with running_dagster(home, environment) as dagster:
        yield dagster


@contextmanager
def postgres_storage() -> Iterator[Mapping[str, Any]]:
    """Start a server; yield the storage for dagster.yaml."""
    with PostgresServer() as server:
        config = {
            "username": USER,
            "password": PASSWORD,
            "hostname": "127.0.0.1",
            "port": server.port,
            "db_name": DATABASE,
        }
        yield {"postgres": {"postgres_db": config}}


def wait(dagster: Dagster, runs: dg.RunsFilter, count: int) -> Work:
    """Wait until `count` runs have succeeded."""
    instance, peak = dagster.instance, 0

    def done() -> bool:
        nonlocal peak
        workers = dagster.processes("--multiprocessing-fork")
        peak = max(peak, *map(_peak_mib, workers), 0)
        ended = [run for run in instance.get_runs(runs) if run.is_finished]
        failed = [run.run_id for run in ended if not run.is_success]
        if failed:
            raise RuntimeError(f"Run {failed[0]} failed.")
        return len(ended) == count

    wait_until(done, LONGEST_SECONDS)
    ids = [run.run_id for run in instance.get_runs(runs)]
    events = [event.timestamp for run_id in ids for event in instance.all_logs(run_id)]
    stats = [instance.get_run_stats(run_id) for run_id in ids]
    return Work(
        planned=min(events),
        launched=min(run.launch_time for run in stats if run.launch_time),
        start=min(run.start_time for run in stats if run.start_time),
        end=max(run.end_time for run in stats if run.end_time),
        events=len(events),
        peak_mib=peak,
    )


def worker_times(dagster: Dagster, day: date) -> tuple[float, float]:
    """Run one day; return the seconds from launch to start, and from there to the end."""
    work = wait(dagster, dg.RunsFilter(run_ids=[dagster.run(day)]), count=1)
    return work.start - work.launched, work.end - work.start


def _peak_mib(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:  # it has just ended
        return 0
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peaks[0]) // 1024 if peaks else 0
