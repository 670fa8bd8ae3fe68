"""One snapshot of today in a warm process, against a plain script and two simpler designs."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest import mock

import dagster as dg
from pymongo import MongoClient
from redis import Redis

from benchmarks import dagster_default, plain
from benchmarks.dagster_ui import postgres_storage
from benchmarks.measure import QUICK, Bars, Section, Target, alternate, ratio, spread
from benchmarks.world import LATENCY_MS, world
from insights_assets.categories import CATEGORIES
from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.cli.job import run_days
from insights_assets.model.category import Category
from insights_assets.model.dates import now

FLOOR = "plain asyncio script"
STORAGES = ("memory", "SQLite") if QUICK else ("memory", "SQLite", "PostgreSQL")
SEQUENTIAL, DEFAULT = "one request after the other", "20 assets, Dagster's defaults"
ONE, BOTH = "", "both categories, "
OF = {ONE: CATEGORIES[:1], BOTH: CATEGORIES[:2]}
PACED, AT_A_PLANS_PACE = ", at a paid plan's pace", {"INSIGHTS_REQUESTS_PER_MINUTE": "75"}
LIMITS = {"prefetch": 5.0, "metrics": 3.0, "persist": 2.0}
STEPS = {
    "prefetch": "prefetch",
    "metrics": "metrics",
    "ai_sector_risk__snapshot": "persist",
    "ai_sector_risk__latest_snapshot": "persist",
}

EVENTS = (
    "What Dagster writes down of each asset is most of it: that it is planned, its output, its"
    " materialization, its check, and it reads the versions of what lies above; SQLAlchemy compiles"
    " two to four statements anew for each, in every storage. Fewer events were had by planning no"
    " checks, by storing in the step instead of through inputs and outputs, and by one step for all"
    " metrics; batches of events exist for PostgreSQL and for ranges alone."
)


def measure() -> Section:
    """Measure all of them in turn."""
    with (
        world() as here,
        ExitStack() as opened,
        dg.DagsterInstance.local_temp() as default,
        MongoClient[dict[str, Any]](here.stack.mongo_uri) as mongo,
        Redis.from_url(here.stack.redis_url) as redis,
    ):
        today, url, database = now().date(), here.simulator.base_url, mongo["plain"]
        instances = _instances(opened)
        contestants: dict[str, Callable[[], object]] = {
            FLOOR: lambda: plain.floor(url, database, redis, today),
            **{
                f"{name}{PACED}": partial(_run_paced, instance, categories)
                for name, (instance, categories) in instances.items()
            },
            **{
                name: partial(run_today, instance, categories)
                for name, (instance, categories) in instances.items()
            },
            SEQUENTIAL: lambda: plain.sequential(url, database, redis, today),
        }
        if not QUICK:  # it takes longer than all the others: a process for each of 20 assets
            contestants[DEFAULT] = lambda: dagster_default.run(default)
        # Or else ours would find its answers in the cache.
        times = alternate(contestants, before=here.forget)
        one, both = (instances[_ours("SQLite", of)][0] for of in OF)
        steps = _steps(one)
        events = [_events(instance) for instance in (one, both)]
    ours = times[_ours("SQLite", ONE)]
    return Section(
        title="One snapshot",
        how=f"Warm process, {LATENCY_MS} ms an answer, {len(times[FLOOR])} rounds in turn. The"
        " plain script makes the same requests, formulas and writes and has no cache, rate limit,"
        " retries or lineage. A paid plan's pace is Alpha Vantage's five requests a second, which"
        " FRED's need not wait for; the others ask all at once. Of ours, with SQLite: "
        + ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in steps.items())
        + f", the rest is Dagster's bookkeeping. Its events: {events[0]}; with both categories"
        f" {events[1]}.",
        header=("", "median (range)", "times the script"),
        rows=[
            (name, spread(seconds), f"{ratio(seconds, times[FLOOR]):.2f}")
            for name, seconds in times.items()
        ],
        targets=[
            Target("ours in SQLite over the script", ratio(ours, times[FLOOR]), 2.5, why=EVENTS),
            Target(
                "ours in memory over the script",
                ratio(times[_ours("memory", ONE)], times[FLOOR]),
                1.5,
                why=EVENTS,
            ),
            *[
                Target(
                    f"both categories over one, in {storage}{pace}",
                    ratio(times[_ours(storage, BOTH) + pace], times[_ours(storage, ONE) + pace]),
                    1.25,
                    why=EVENTS,
                )
                for pace in ("", PACED)
                for storage in STORAGES
            ],
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
            {
                name: statistics.median(seconds)
                for name, seconds in times.items()
                if not name.endswith(PACED)
            },
        ),
    )


def _instances(opened: ExitStack) -> dict[str, tuple[dg.DagsterInstance, Sequence[Category]]]:
    """Open an instance for each contestant of ours: they do not find each other's runs."""
    return {
        _ours(storage, of): (opened.enter_context(_instance(storage)), categories)
        for storage in STORAGES
        for of, categories in OF.items()
    }


@contextmanager
def _instance(storage: str) -> Iterator[dg.DagsterInstance]:
    with ExitStack() as opened:
        if storage == "memory":
            yield opened.enter_context(dg.DagsterInstance.ephemeral())
            return
        on_server = opened.enter_context(postgres_storage()) if storage == "PostgreSQL" else None
        overrides = {"storage": on_server} if on_server else {}
        yield opened.enter_context(dg.DagsterInstance.local_temp(overrides=overrides))


def _ours(storage: str, of: str) -> str:
    return f"ours, {of}events in {storage}"


def run_today(
    instance: dg.DagsterInstance, categories: Sequence[Category] = (AI_SECTOR_RISK,)
) -> None:
    """Run the daily job as `insights snapshot` does."""
    for failure in run_days(instance, now().date(), now().date(), categories):
        raise RuntimeError(failure.message)


def _run_paced(instance: dg.DagsterInstance, categories: Sequence[Category]) -> None:
    """Run it as with a key of Alpha Vantage's that real requests are made with."""
    with mock.patch.dict("os.environ", AT_A_PLANS_PACE):
        run_today(instance, categories)


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
