"""One snapshot of today in a warm process: ours against the floor, alternating.

Every answer of the simulator takes 400 ms. Run with `make bench`.
"""

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
from pymongo import MongoClient
from redis import Redis
from rich.console import Console
from rich.table import Table

from benchmarks import floor
from insights_assets.cli.job import run_days
from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import now
from insights_assets.simulator import SimulatorOptions, SimulatorServer

LATENCY_MS = 400
ROUNDS = 7


def main() -> None:
    """Measure and print the table."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        stack = running.enter_context(LocalStack(folder / "stack", 0, 0))
        simulator = running.enter_context(SimulatorServer(SimulatorOptions(latency_ms=LATENCY_MS)))
        os.environ |= {
            "INSIGHTS_MONGO_URI": stack.mongo_uri,
            "INSIGHTS_REDIS_URL": stack.redis_url,
            "INSIGHTS_REQUESTS_PER_MINUTE": "100000",
            "ALPHA_VANTAGE_BASE_URL": simulator.base_url,
            "ALPHA_VANTAGE_API_KEY": "any",
        }
        memory = running.enter_context(dg.DagsterInstance.ephemeral())
        sqlite = running.enter_context(dg.DagsterInstance.local_temp(str(folder)))
        mongo = running.enter_context(MongoClient(stack.mongo_uri))
        redis = running.enter_context(Redis.from_url(stack.redis_url))
        today = now().date()
        times = measure(
            {
                "floor: plain asyncio script": lambda: floor.snapshot(
                    simulator.base_url, mongo["floor"], redis, today
                ),
                "ours, events in memory": lambda: _run(memory),
                "ours, events in SQLite": lambda: _run(sqlite),
            },
            before=redis.flushall,
        )
    show(times)


def measure(
    contestants: dict[str, Callable[[], object]], before: Callable[[], object]
) -> dict[str, list[float]]:
    """Time each contestant in turn, round after round; the first round only warms up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS + 1):
        for name, run in contestants.items():
            before()
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    return {name: found[1:] for name, found in times.items()}


def show(times: dict[str, list[float]]) -> None:
    """Print the medians and their ratios to the first contestant."""
    table = Table(title=f"One snapshot, {LATENCY_MS} ms an answer, {ROUNDS} rounds", min_width=70)
    for column in ("", "median", "min", "max", "ratio of medians"):
        table.add_column(column, justify="right" if column else "left")
    reference = statistics.median(next(iter(times.values())))
    for name, found in times.items():
        median = statistics.median(found)
        table.add_row(
            name,
            f"{median:.2f} s",
            f"{min(found):.2f} s",
            f"{max(found):.2f} s",
            f"{median / reference:.2f}",
        )
    console = Console()
    console.print(table)
    console.print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )


def _run(instance: dg.DagsterInstance) -> None:
    failure = run_days(instance, now().date(), now().date())
    if failure:
        raise RuntimeError(failure.message)


if __name__ == "__main__":
    main()
