"""The whole system on a moved clock, each part a process, and what they take of the machine."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
from redis import Redis

from insights_assets.assets.partitions import PARTITION_TAG
from insights_assets.automation.reconciler import UNFINISHED
from insights_assets.categories import CATEGORIES
from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import as_of
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets.storage.documents import midnight
from insights_assets_tests.chaos.clock_support import MovedClock
from insights_assets_tests.support.daemon import make_home, open_home, running
from insights_assets_tests.support.pipeline import Pipeline
from insights_assets_tests.support.storage import closed_port

TWO = CATEGORIES[:2]  # of two vendors
SCHEDULES_AND_SENSORS = 6
FASTER = 5  # times: what happens within minutes of a run need not be waited for

_WORKSPACE = """
load_from:
  - grpc_server: {{socket: {socket}, location_name: insights_assets}}
"""
_RUNS = "{ runsOrError(limit: 25) { ... on Runs { results { runId status } } } }"


@dataclass
class System:
    """Stores, vendor, code server, daemon, webserver and API, which all live on the same clock."""

    clock: MovedClock
    pipeline: Pipeline
    instance: dg.DagsterInstance
    folder: Path
    api: httpx.Client
    webserver: httpx.Client
    processes: Mapping[str, int]
    environment: Mapping[str, str]

    def live_through(self, day: date) -> None:
        """Let it be 09:30 of `day`, and wait until the schedule's run and all others have ended."""
        opening = as_of(day)
        self.pipeline.simulator.reset()
        _let_time_pass(self.pipeline.redis, opening - self.clock.now())
        self.clock.set_to(opening)
        self.clock.wait_until(lambda: self._is_over(day), times_faster=FASTER)

    def read(self, days: int) -> dict[str, tuple[str, int]]:
        """Read as people do: of each category today's date and the length of the trend; the UI."""
        self.api.get("/metrics").raise_for_status()
        runs = self.webserver.post("/graphql", json={"query": _RUNS}).raise_for_status().json()
        assert runs["data"]["runsOrError"]["results"]
        return {category.id: self._read(category.id, days) for category in TWO}

    def _read(self, category_id: str, days: int) -> tuple[str, int]:
        address = f"/api/insights/{category_id}"
        latest = self.api.get(address).raise_for_status().json()
        trend = self.api.get(f"{address}/trend", params={"days": days}).raise_for_status().json()
        return latest["date"], len(trend["points"])

    def snapshots(self, day: date) -> dict[str, dict[str, Any]]:
        """The stored documents of a day by category."""
        documents = self.pipeline.mongo.insight_snapshots.find({"date": midnight(day)})
        return {document["category_id"]: document for document in documents}

    def look(self) -> dict[str, float]:
        """What is taken now, as `whose: kind`."""
        taken = {
            f"{name}: {kind}": amount
            for name, pid in self.processes.items()
            for kind, amount in _usage(pid).items()
        }
        clients = self.pipeline.redis.info("clients")["connected_clients"]
        return {
            **taken,
            "redis: connections": clients,
            "redis: keys": self.pipeline.redis.dbsize(),
            **{f"{name}: bytes": _size(*folders) for name, folders in self._kept.items()},
        }

    @property
    def _kept(self) -> Mapping[str, list[Path]]:
        home = self.folder / "home"
        return {
            "Dagster": [home / "history", home / "schedules", home / "storage"],
            "MongoDB": [self.folder / "stack" / "mongo"],
        }

    @contextmanager
    def another_database(self) -> Iterator[Pipeline]:
        """A database of its own on the same stores; it empties Redis, which the days need not."""
        other = Pipeline(self.pipeline.stack, self.pipeline.simulator, TWO)
        yield other
        other.close()

    def command(self, *arguments: str, into: Pipeline) -> None:
        """Run `insights` on the moved clock."""
        command = ["-m", "insights_assets.cli", *arguments]
        environment = {**self.environment, "INSIGHTS_MONGO_DATABASE": into.database}
        with running(command, self.folder / "home", environment) as process:
            assert process.wait(600) == 0

    def _is_over(self, day: date) -> bool:
        of_day = dg.RunsFilter(tags={PARTITION_TAG: str(day)})
        unfinished = dg.RunsFilter(statuses=UNFINISHED)
        return bool(
            self.instance.get_runs_count(of_day)
            and not self.instance.get_runs_count(unfinished)
            and self.snapshots(day).keys() == {category.id for category in TWO}
        )


@contextmanager
def running_system(folder: Path, first: date) -> Iterator[System]:
    """Start everything in the night before the first day's opening."""
    clock = MovedClock(folder / "clock", as_of(first) - timedelta(hours=5))
    with ExitStack() as ending:
        stack = ending.enter_context(LocalStack(folder / "stack", mongo_port=0, redis_port=0))
        vendor = ending.enter_context(SimulatorServer(SimulatorOptions(), clock=clock.now))
        pipeline = Pipeline(stack, vendor, TWO)
        ending.callback(pipeline.close)
        home = make_home(folder / "home")
        instance = ending.enter_context(open_home(home))
        (home / "workspace.yaml").write_text(_WORKSPACE.format(socket=folder / "code.sock"))
        environment = {
            **pipeline.environment,
            **clock.environment,
            "INSIGHTS_START_DATE": str(first),
            # The stores' own clock is not moved, and nothing may expire too early by it.
            "INSIGHTS_DATASET_RETENTION_DAYS": "20000",
            # A busy machine is no outage of the vendor.
            "INSIGHTS_FETCH_DEADLINE_SECONDS": "60",
        }

        def start(*arguments: str) -> int:
            command = ["-m", *arguments]
            return ending.enter_context(running(command, home, environment)).pid

        def serve(address: str) -> httpx.Client:
            return ending.enter_context(httpx.Client(base_url=address, trust_env=False))

        workspace = ("-w", "workspace.yaml")
        ui, api = closed_port(), closed_port()
        code_server = start(
            *("dagster", "api", "grpc", "-s", str(folder / "code.sock")),
            *("-m", "insights_assets.definitions", "--location-name", "insights_assets"),
        )
        clock.wait_until((folder / "code.sock").exists)
        # A second process a day would double the time, and opens nothing that the first does not.
        stop = ["-m", "dagster", "schedule", "stop", "deadline_check_schedule", *workspace]
        with running(stop, home, environment) as process:
            assert process.wait(60) == 0
        processes = {
            "code server": code_server,
            "daemon": start("dagster._daemon", "run", *workspace),
            "webserver": start("dagster_webserver", *workspace, "-p", str(ui)),
            "api": start("insights_assets.cli", "api", "--port", str(api)),
            **_stores(),
        }
        clock.wait_until(lambda: len(instance.all_instigator_state()) >= SCHEDULES_AND_SENSORS)
        yield System(
            clock,
            pipeline,
            instance,
            folder,
            serve(f"http://127.0.0.1:{api}"),
            serve(f"http://127.0.0.1:{ui}"),
            processes,
            environment,
        )


def thirds(amounts: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """The middle and the last third: in the first, caches fill and all is loaded once."""
    third = len(amounts) // 3
    return amounts[third : 2 * third], amounts[2 * third :]


def _let_time_pass(redis: Redis, passing: timedelta) -> None:
    """Let keys expire as if the time had passed: the server lives on a clock of its own."""
    for key in redis.scan_iter():
        left = redis.pttl(key)
        if left >= 0:
            redis.pexpire(key, max(left - int(passing.total_seconds() * 1000), 0))


def _usage(pid: int) -> dict[str, float]:
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return {
        "MiB": int(status["VmRSS"].split()[0]) / 1024,
        "threads": int(status["Threads"]),
        "files": len(list((process / "fd").iterdir())),
    }


def _stores() -> dict[str, int]:
    """The stores, which are children of this process as the simulator is a part of it."""
    me = os.getpid()
    threads = Path(f"/proc/{me}/task").iterdir()
    children = [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    names = {b"mongo_on_sqlite": "mongodb", b"redis": "redis"}
    pids = {
        name: pid
        for part, name in names.items()
        for pid, command in commands.items()
        if part in command
    }
    assert len(pids) == len(names), commands
    return {"simulator and test": me, **pids}


def _size(*folders: Path) -> int:
    """Bytes in files, without SQLite's write-ahead logs, which are emptied from time to time."""
    files = (file for folder in folders for file in folder.rglob("*"))
    return sum(file.stat().st_size for file in files if file.suffix[-4:] not in ("-wal", "-shm"))
