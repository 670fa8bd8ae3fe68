"""How long readers wait, through each door, with Redis and without, alone and under load."""

import itertools
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient
from redis import Redis

from benchmarks.load import Answers, load
from benchmarks.measure import QUICK, ROUNDS, Bars, Section, Target
from benchmarks.world import World, world
from insights_assets.api.examples import SNAPSHOT
from insights_assets.categories import CATEGORIES
from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import now
from insights_assets.serving.service import open_insights
from insights_assets.settings import Settings
from insights_assets.storage.indexes import Retention
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory
from insights_assets_tests.support.daemon import serving
from insights_assets_tests.support.storage import closed_port

CATEGORY = CATEGORIES[0]
LATEST = f"/api/insights/{CATEGORY.id}"
TREND = f"{LATEST}/trend?days=30"
CALLS = 10 if QUICK else 50
LOADS = {"latest": (LATEST, 100), "trend of 30 days": (TREND, 20)}
LOAD_SECONDS = 2 if QUICK else 10
NO_REDIS = {"INSIGHTS_REDIS_URL": f"redis://127.0.0.1:{closed_port()}/0"}
Calls = dict[str, Callable[[], object]]


def measure() -> Section:
    """Measure call by call in turn, and then on a fixed timetable."""
    with world() as here, LocalStack(here.folder / "cache", 0, 0) as cache, ExitStack() as opened:
        fill(here)
        calls = references(here, opened)
        for name, environment in (("", {}), (", no Redis", NO_REDIS)):
            calls |= doors(name, here.folder, {**here.environment, **environment}, opened)
        taken = _in_turn(calls)
        loads = _under_load(here, cache)
    reference = statistics.median(taken["GET"])
    rows = [
        (name, *_centiles(found), f"{statistics.median(found) / reference:.1f}")
        for name, found in taken.items()
    ]
    shown = {
        name: statistics.median(found) for name, found in taken.items() if "no Redis" not in name
    }
    return Section(
        title="Reads",
        how=f"A year of history; each call alone, {CALLS} in a row, {ROUNDS} rounds in turn. Under"
        f" load the questions come on a fixed timetable for {LOAD_SECONDS} s, and a late answer"
        " counts from when it was due; Redis is stopped halfway in the last one.",
        header=("", "median", "99th percentile", "times the GET"),
        rows=[*rows, *[(name, *_centiles(each.taken), "") for name, each in loads.items()]],
        targets=[
            Target("failed reads under load", sum(each.failed for each in loads.values()), 0, ""),
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
        answer = client.post(f"{mcp}/mcp", json=body, headers=headers).raise_for_status().json()
        if answer["result"].get("isError"):
            raise RuntimeError(answer["result"])
        return answer

    return {
        f"ours, reader: latest{suffix}": lambda: insights.latest(CATEGORY),
        f"ours, reader: trend{suffix}": lambda: insights.trend(CATEGORY, 30),
        f"ours, API: latest{suffix}": lambda: get(LATEST),
        f"ours, API: trend{suffix}": lambda: get(TREND),
        f"ours, MCP: latest{suffix}": lambda: call("get_insight_category"),
        f"ours, MCP: trend{suffix}": lambda: call("get_insight_trend", days=30),
    }


def fill(here: World) -> None:
    """Store a year of snapshots, and publish today's."""
    today = now().date()
    snapshots = [replace(SNAPSHOT, date=today - timedelta(days=age)) for age in range(365)]
    with (
        MongoClient[dict[str, Any]](here.stack.mongo_uri, tz_aware=True) as mongo,
        Redis.from_url(here.stack.redis_url) as redis,
    ):
        MongoHistory(mongo["insights"], Retention()).write_snapshots(snapshots)
        LatestSnapshots(redis, "insights").publish(snapshots[0], datetime.now(UTC))


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
    stores = {**here.environment, "INSIGHTS_REDIS_URL": cache.redis_url}
    taken = {}
    with serving(here.folder, stores, "api") as address:
        for name, (path, rate) in LOADS.items():
            taken[f"{name}, {rate} a second"] = load(address + path, rate, LOAD_SECONDS)
        path, rate = LOADS["latest"]
        taken[f"latest, {rate} a second, Redis stopped halfway"] = load(
            address + path, rate, LOAD_SECONDS, halfway=cache.stop
        )
    return taken


def _centiles(taken: list[float]) -> tuple[str, str]:
    return f"{statistics.median(taken):.2f} ms", f"{statistics.quantiles(taken, n=100)[98]:.2f} ms"
