"""One snapshot of today in a warm process, against a plain script and two simpler designs."""

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

import dagster as dg
from pymongo import MongoClient
from redis import Redis

from benchmarks import dagster_default, plain
from benchmarks.measure import QUICK, Bars, Section, Target, alternate, ratio, spread
from benchmarks.world import LATENCY_MS, world
from insights_assets.categories import CATEGORIES
from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.cli.job import run_days
from insights_assets.model.category import Category
from insights_assets.model.dates import now

FLOOR, MEMORY, SQLITE = "plain asyncio script", "ours, events in memory", "ours, events in SQLite"
BOTH = "ours, all categories, events in SQLite"
SEQUENTIAL, DEFAULT = "one request after the other", "20 assets, Dagster's defaults"
LIMITS = {"prefetch": 5.0, "metrics": 3.0, "persist": 2.0}
STEPS = {
    "prefetch": "prefetch",
    "metrics": "metrics",
    "ai_sector_risk__snapshot": "persist",
    "ai_sector_risk__latest_snapshot": "persist",
}


def measure() -> Section:
    """Measure all of them in turn."""
    with (
        world() as here,
        dg.DagsterInstance.ephemeral() as memory,
        dg.DagsterInstance.local_temp() as sqlite,
        dg.DagsterInstance.local_temp() as both,
        dg.DagsterInstance.local_temp() as default,
        MongoClient[dict[str, Any]](here.stack.mongo_uri) as mongo,
        Redis.from_url(here.stack.redis_url) as redis,
    ):
        today, url, database = now().date(), here.simulator.base_url, mongo["plain"]
        contestants = {
            FLOOR: lambda: plain.floor(url, database, redis, today),
            MEMORY: lambda: run_today(memory),
            SQLITE: lambda: run_today(sqlite),
            BOTH: lambda: run_today(both, CATEGORIES),
            SEQUENTIAL: lambda: plain.sequential(url, database, redis, today),
        }
        if not QUICK:  # it takes longer than all the others: a process for each of 20 assets
            contestants[DEFAULT] = lambda: dagster_default.run(default)
        # Or else ours would find its answers in the cache.
        times = alternate(contestants, before=here.forget)
        steps = _steps(sqlite)
        events = [_events(instance) for instance in (sqlite, both)]
    ours = times[SQLITE]
    return Section(
        title="One snapshot",
        how=f"Warm process, {LATENCY_MS} ms an answer, {len(times[FLOOR])} rounds in turn. The"
        " plain script makes the same requests, formulas and writes and has no cache, rate limit,"
        " retries or lineage. Of ours, with SQLite: "
        + ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in steps.items())
        + f", the rest is Dagster's bookkeeping. Its events: {events[0]}; with all categories"
        f" {events[1]}.",
        header=("", "median (range)", "times the script"),
        rows=[
            (name, spread(seconds), f"{ratio(seconds, times[FLOOR]):.2f}")
            for name, seconds in times.items()
        ],
        targets=[
            Target("ours in SQLite over the script", ratio(ours, times[FLOOR]), 2.5),
            Target("ours in memory over the script", ratio(times[MEMORY], times[FLOOR]), 1.5),
            Target("both categories over one, in SQLite", ratio(times[BOTH], ours), 1.25),
            *[
                Target("Dagster's defaults over ours", ratio(seconds, ours), 8, at_least=True)
                for name, seconds in times.items()
                if name == DEFAULT
            ],
            Target("one by one over ours", ratio(times[SEQUENTIAL], ours), 2.5, at_least=True),
            *[Target(phase, steps[phase], limit, "s") for phase, limit in LIMITS.items()],
            Target("the whole run", statistics.median(ours), 10, "s"),
        ],
        bars=Bars(
            "One snapshot",
            "s",
            {name: statistics.median(seconds) for name, seconds in times.items()},
        ),
    )


def run_today(
    instance: dg.DagsterInstance, categories: Sequence[Category] = (AI_SECTOR_RISK,)
) -> None:
    """Run the daily job as `insights snapshot` does."""
    for failure in run_days(instance, now().date(), now().date(), categories):
        raise RuntimeError(failure.message)


def _steps(instance: dg.DagsterInstance) -> dict[str, float]:
    """Return how long each phase of the newest run took, in seconds."""
    (run,) = instance.get_runs(limit=1)
    phases = dict.fromkeys(LIMITS, 0.0)
    for step in instance.get_run_step_stats(run.run_id):
        assert step.start_time
        assert step.end_time
        phases[STEPS[step.step_key]] += step.end_time - step.start_time
    return phases


def _events(instance: dg.DagsterInstance) -> str:
    """Name the kinds of events of the newest run, each with its number."""
    (run,) = instance.get_runs(limit=1)
    types = [event.dagster_event_type for event in instance.all_logs(run.run_id)]
    kinds = Counter(type_.value if type_ else "LOG" for type_ in types)  # a line of a log has none
    named = ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
    return f"{len(types)} ({named})"
