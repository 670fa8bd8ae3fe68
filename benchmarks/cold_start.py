"""From a command typed to its answer, and what a fresh process imports on the way."""

import re
import statistics
import subprocess
import sys
from collections import Counter
from datetime import date

from benchmarks.dagster_ui import NO_SENSORS, dagster_running, worker_times
from benchmarks.measure import ROUNDS, Bars, Section, Target, alternate, ratio, spread
from benchmarks.world import LATENCY_MS, World, world

REFERENCE = "import dagster, pandas, pymongo, redis, httpx"
DEFINITIONS = "import insights_assets.definitions"
SNAPSHOT = [sys.executable, "-m", "insights_assets.cli", "snapshot"]
# What a run has no use for. grpc and sqlalchemy are Dagster's own.
HEAVY = (
    "kubernetes",
    "dagster_k8s",
    "dagster_webserver",
    "matplotlib",
    "pandas",
    "numpy",
    "fastapi",
    "uvicorn",
    "starlette",
    "mcp",
    "nx_27017",
    "insights_assets.api",
    "insights_assets.mcp_server",
    "insights_assets.simulator",
    "insights_assets.local_stack",
)
SHOWN = 12
DAY = date(2025, 1, 9)

REST = (
    "Beyond the imports it is the run, most of which is Dagster's bookkeeping, and 400 ms for the"
    " answers. Nothing is imported in vain, and a command loads and ends without looking for"
    " garbage, which had been a quarter of it."
)


def measure() -> Section:
    """Measure the command, the imports and the run worker."""
    with world() as here:
        times = alternate(
            {
                "reference": lambda: _run([sys.executable, "-c", REFERENCE]),
                "definitions": lambda: _run([sys.executable, "-c", DEFINITIONS]),
                "snapshot": lambda: _run(SNAPSHOT),
            },
            before=here.forget,
        )
        loaded, packages = _imports()
        worker = _run_workers(here)
    heavy = [name for name in HEAVY if name in loaded]
    loads = ratio(times["definitions"], times["reference"])
    typed = statistics.median(times["snapshot"])
    largest = ", ".join(f"{name} {us / 1000:.0f}" for name, us in packages.most_common(SHOWN))
    return Section(
        title="Cold start",
        how=f"Fresh processes, {LATENCY_MS} ms an answer. A run imports {len(loaded):,} modules; by"
        f" package, in ms: {largest}. Of what it has no use for ({', '.join(HEAVY)}) it imports"
        f" {', '.join(heavy) or 'nothing'}.",
        header=("", "median (range)", "times the reference"),
        rows=[
            (f"`{REFERENCE}` (the reference)", spread(times["reference"]), "1.00"),
            (f"`{DEFINITIONS}`", spread(times["definitions"]), f"{loads:.2f}"),
            (
                "`insights snapshot`, from typed to answered",
                spread(times["snapshot"]),
                f"{ratio(times['snapshot'], times['reference']):.2f}",
            ),
            *[
                (name, spread(seconds), f"{ratio(seconds, times['reference']):.2f}")
                for name, seconds in worker.items()
            ],
        ],
        targets=[
            Target("loading the definitions over the imports", loads, 1.6),
            Target(
                "`insights snapshot`, typed to answered, over the imports",
                ratio(times["snapshot"], times["reference"]),
                2.2,
                why=REST,
            ),
            Target("packages imported in vain", len(heavy), 0, ""),
        ],
        bars=Bars(
            "Cold start",
            "s",
            {
                "the imports alone": statistics.median(times["reference"]),
                "ours, definitions": statistics.median(times["definitions"]),
                "ours, insights snapshot": typed,
                **{f"ours, {name}": statistics.median(seconds) for name, seconds in worker.items()},
            },
        ),
    )


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _run_workers(here: World) -> dict[str, list[float]]:
    """Launch runs as the webserver does, one after the other; the first only warms up."""
    taken: list[tuple[float, ...]] = []
    with dagster_running(here.folder / "dagster", {**here.environment, **NO_SENSORS}) as dagster:
        for _ in range(ROUNDS + 1):
            here.forget()
            taken.append(worker_times(dagster, DAY))
    starts, runs = map(list, zip(*taken[1:], strict=True))
    return {"run worker, from launched to started": starts, "its run, to the end": runs}


def _imports() -> tuple[set[str], Counter[str]]:
    """Return the modules that a run imports, and the microseconds that each package takes."""
    command = [sys.executable, "-X", "importtime", *SNAPSHOT[1:]]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded: set[str] = set()
    microseconds: Counter[str] = Counter()
    for self_us, module in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)", done.stderr):
        loaded.add(module)
        microseconds[module.split(".")[0]] += int(self_us)
    return loaded, microseconds
