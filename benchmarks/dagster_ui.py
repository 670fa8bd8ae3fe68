"""Dagster as an operator runs it, and what its runs take."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from insights_assets_tests.daemon_support import make_home, wait_until
from insights_assets_tests.dagster_support import Dagster, running_dagster

LONGEST_SECONDS = 1200
NO_SENSORS = {"INSIGHTS_REPAIR_INTERVAL_SECONDS": "3600"}  # they are not what is measured


@dataclass(frozen=True, slots=True)
class Work:
    """What runs did: seconds since the epoch, events written, the largest worker's memory."""

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
    records = instance.get_run_records(runs)
    events = sum(len(instance.all_logs(each.dagster_run.run_id)) for each in records)
    starts = [each.start_time for each in records if each.start_time]
    ends = [each.end_time for each in records if each.end_time]
    return Work(min(starts), max(ends), events, peak)


def worker_times(dagster: Dagster, day: date) -> tuple[float, float]:
    """Run one day; return the seconds from launch to start, and from there to the end."""
    run_id = dagster.run(day)
    work = wait(dagster, dg.RunsFilter(run_ids=[run_id]), count=1)
    launched = dagster.instance.get_run_stats(run_id).launch_time
    assert launched
    return work.start - launched, work.end - work.start


def _peak_mib(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:  # it has just ended
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) // 1024 if found else 0
