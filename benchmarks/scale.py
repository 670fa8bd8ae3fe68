"""Many categories that share the datasets: what loading and running them costs."""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace

from benchmarks.measure import QUICK, ROUNDS, Bars, Section, Target, spread
from benchmarks.world import LATENCY_MS, World, world
from insights_assets import categories
from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK

COUNTS = (1, 3) if QUICK else (1, 10, 50)


def measure() -> Section:
    """Measure each number of categories in a fresh process, in turn."""
    by_count: dict[int, list[dict[str, float]]] = {count: [] for count in COUNTS}
    with world() as here:
        for _ in range(ROUNDS):
            for count in COUNTS:
                by_count[count].append(_in_fresh_process(here, count))
    medians = {
        count: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        for count, runs in by_count.items()
    }
    few, many = COUNTS[0], COUNTS[-1]
    return Section(
        title="Scale",
        how=f"Categories generated for this, each with the six metrics on the same six datasets;"
        f" {LATENCY_MS} ms an answer, events in memory, {ROUNDS} rounds in turn. Loading counts"
        " from importing the definitions, in a process without Dagster so far.",
        header=("categories", "load", "run", "requests", "assets"),
        rows=[
            (
                str(count),
                spread([run["load"] for run in by_count[count]]),
                spread([run["run"] for run in by_count[count]]),
                f"{medians[count]['requests']:.0f}",
                f"{medians[count]['assets']:.0f}",
            )
            for count in COUNTS
        ],
        targets=[
            Target(
                f"requests of {many} categories over {few}",
                medians[many]["requests"] / medians[few]["requests"],
                1,
            )
        ],
        bars=Bars(
            "A run of many categories that share the datasets",
            "s",
            {
                f"ours, {count} categor{'y' if count == 1 else 'ies'}": medians[count]["run"]
                for count in COUNTS
            },
        ),
    )


def _in_fresh_process(here: World, count: int) -> dict[str, float]:
    here.forget()
    command = [sys.executable, "-m", "benchmarks.scale", str(count)]
    environment = {**os.environ, "INSIGHTS_MONGO_DATABASE": f"scale_{count}"}
    del environment["INSIGHTS_CATEGORIES"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return {**json.loads(done.stdout), "requests": here.simulator.stats()["total"]}


def _load_and_run(count: int) -> dict[str, float]:
    """Register generated categories before anything reads the register; time what follows."""
    categories.FOLDERS = tuple(f"category_{number}" for number in range(count))
    categories.CATEGORIES = tuple(replace(AI_SECTOR_RISK, id=id_) for id_ in categories.FOLDERS)
    began = time.perf_counter()
    from insights_assets import definitions

    loaded = time.perf_counter()
    import dagster as dg

    from insights_assets.cli.job import run_days
    from insights_assets.model.dates import now

    with dg.DagsterInstance.ephemeral() as instance:
        started = time.perf_counter()
        failures = run_days(instance, now().date(), now().date(), categories.CATEGORIES)
        ended = time.perf_counter()
    for failure in failures:
        raise RuntimeError(failure.message)
    assets = len(definitions.defs.resolve_asset_graph().get_all_asset_keys())
    return {"load": loaded - began, "run": ended - started, "assets": assets}


if __name__ == "__main__":
    print(json.dumps(_load_and_run(int(sys.argv[1]))))
