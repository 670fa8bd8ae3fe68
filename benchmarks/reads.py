"""How long readers wait, through each door, with Redis and without, alone and under load."""

import itertools
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient
from redis import Redis

from benchmarks.load import Answers, load
from benchmarks.measure import QUICK, ROUNDS, Bars, Section, Target
from benchmarks.world import CATEGORY, World, fill, world
from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import now
from insights_assets.serving.service import open_insights
from insights_assets.settings import Settings
from insights_assets_tests.support.daemon import serving
from insights_assets_tests.support.storage import closed_port

LATEST = f"/api/insights/{CATEGORY.id}"
TREND = f"{LATEST}/trend?days=30"
CALLS = 10 if QUICK else 50
PAST = f"{LATEST}?date={now().date() - timedelta(days=200)}"
A_YEAR = 365
LOAD_SECONDS = 2 if QUICK else 10
LATEST_LOAD, NO_REDIS_LOAD = "latest, 100 a second", "latest without Redis, 100 a second"
TREND_LOAD, PAST_LOAD = "trend of 30 days, 20 a second", "a past day, 20 a second"
# What half of the answers and what 99 of 100 may take, in milliseconds.
MEDIANS = {LATEST_LOAD: 5}
SLOWEST = {LATEST_LOAD: 50, TREND_LOAD: 100, PAST_LOAD: 100, NO_REDIS_LOAD: 100}
NO_REDIS = {"INSIGHTS_REDIS_URL": f"redis://127.0.0.1:{closed_port()}/0"}
Calls = dict[str, Callable[[], object]]

WHY = (
    "Three processes share two cores here: who asks, the API, and the local stack's MongoDB, which"
    " takes some 10 ms to find a snapshot on SQLite. Readers who wait share one read, and neither"
    " who asks nor the API looks for garbage in what was loaded, which had cost 100 ms at a time."
)
OF_A_MEDIAN = (
    "A call alone takes less than half of it, as the table of reads shows. On a timetable each one"
    " first wakes who asks, then the API and Redis, which had all gone to sleep, on two cores."
)


def measure() -> Section:
    """Measure call by call in turn, and then on a fixed timetable."""
    with world() as here, LocalStack(here.folder / "cache", 0, 0) as cache, ExitStack() as opened:
        fill(here, A_YEAR)
        calls = references(here, opened)
        for name, environment in (("", {}), (", no Redis", NO_REDIS)):
            calls |= doors(name, here.folder, {**here.environment, **environment}, opened)
        taken = _in_turn(calls)
        loads = _under_load(here, cache)
    reference = statistics.median(taken["GET"])
    rows = [
        (name, *_centiles(times), f"{statistics.median(times) / reference:.1f}")
        for name, times in taken.items()
    ]
    shown = {
        name: statistics.median(times) for name, times in taken.items() if "no Redis" not in name
    }
    return Section(
        title="Reads",
        how=f"A year of history; each call alone, {CALLS} in a row, {ROUNDS} rounds in turn. Under"
        f" load the questions come on a fixed timetable for {LOAD_SECONDS} s, and a late answer"
        " counts from when it was due; Redis is stopped halfway in the last one.",
        header=("", "median", "99th percentile", "times the GET"),
        rows=[*rows, *[(name, *_centiles(answers.taken), "") for name, answers in loads.items()]],
        targets=[
            Target(
                "failed reads under load", sum(answers.failed for answers in loads.values()), 0, ""
            ),
            *[
                Target(
                    f"{name}: median",
                    statistics.median(loads[name].taken),
                    limit,
                    "ms",
                    why=OF_A_MEDIAN,
                )
                for name, limit in MEDIANS.items()
            ],
            *[
                Target(
                    f"{name}: 99th percentile", _slowest(loads[name].taken), limit, "ms", why=WHY
                )
                for name, limit in SLOWEST.items()
            ],
        ],
        bars=Bars("Reads, one call alone", "ms", shown),
    )


def references(here: World, opened: ExitStack) -> Calls:
    """Return what the drivers alone take for a key, and for thirty documents."""
    redis = opened.enter_context(Redis.from_url(here.stack.redis_url))
    mongo = opened.enter_context(MongoClient[dict[str, Any]](here.stack.mongo_uri))
    snapshots = mongo["insights"]["insight_snapshots"]
    since = datetime.combine(now().date() - timedelta(days=29), datetime.min.time(), UTC)
    key = f"insights:{CATEGORY.id}:latest"
    return {
        "GET": lambda: redis.get(key),
        "find of 30 documents": lambda: list(snapshots.find({"date": {"$gte": since}})),
    }


def doors(suffix: str, folder: Path, environment: Mapping[str, str], opened: ExitStack) -> Calls:
    """Return the calls through the reader, the API and MCP on the stores of `environment`."""
    settings = Settings(
        mongo_uri=environment["INSIGHTS_MONGO_URI"], redis_url=environment["INSIGHTS_REDIS_URL"]
    )
    insights = opened.enter_context(open_insights(settings))
    client = opened.enter_context(httpx.Client(trust_env=False))
    api = opened.enter_context(serving(folder, environment, "api"))
    mcp = opened.enter_context(serving(folder, environment, "mcp", "--http"))

    def get(path: str) -> object:
        return client.get(api + path).raise_for_status()

    def call(tool: str, **arguments: object) -> object:
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": {"category_id": CATEGORY.id, **arguments}},
        }
        headers = {"Accept": "application/json, text/event-stream"}
        response = client.post(f"{mcp}/mcp", json=body, headers=headers).raise_for_status().json()
        if response["result"].get("isError"):
            raise RuntimeError(response["result"])
        return response

    return {
        f"ours, reader: latest{suffix}": lambda: insights.latest(CATEGORY),
        f"ours, reader: trend{suffix}": lambda: insights.trend(CATEGORY, 30),
        f"ours, API: latest{suffix}": lambda: get(LATEST),
        f"ours, API: trend{suffix}": lambda: get(TREND),
        f"ours, MCP: latest{suffix}": lambda: call("get_insight_category"),
        f"ours, MCP: trend{suffix}": lambda: call("get_insight_trend", days=30),
    }


def _in_turn(calls: Calls) -> dict[str, list[float]]:
    """Return the milliseconds of each call; a first round warms up."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number, (name, call) in itertools.product(range(ROUNDS + 1), calls.items()):
        for _ in range(CALLS):
            began = time.perf_counter()
            call()
            if number:
                taken[name].append(1000 * (time.perf_counter() - began))
    return taken


def _under_load(here: World, cache: LocalStack) -> dict[str, Answers]:
    """Return what each load was answered; `cache` is the Redis that is stopped."""
    with_cache = {**here.environment, "INSIGHTS_REDIS_URL": cache.redis_url}
    without = {**here.environment, **NO_REDIS}
    with (
        serving(here.folder, with_cache, "api") as address,
        serving(here.folder, without, "api") as alone,
    ):
        return {
            LATEST_LOAD: load(address + LATEST, 100, LOAD_SECONDS),
            TREND_LOAD: load(address + TREND, 20, LOAD_SECONDS),
            PAST_LOAD: load(address + PAST, 20, LOAD_SECONDS),
            NO_REDIS_LOAD: load(alone + LATEST, 100, LOAD_SECONDS),
            f"{LATEST_LOAD}, Redis stopped halfway": load(
                address + LATEST, 100, LOAD_SECONDS, halfway=cache.stop
            ),
        }


def _centiles(taken: list[float]) -> tuple[str, str]:
    return f"{statistics.median(taken):.2f} ms", f"{_slowest(taken):.2f} ms"


def _slowest(taken: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(taken, n=100)[98]
