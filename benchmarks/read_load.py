"""How long readers wait: `python -m benchmarks.read_load`, about a minute.

A server as users start it, stores with real sockets, and requests on a fixed timetable: a late
answer does not delay the next question, and its lateness counts from when it was due. The first
line is the reference: the same load on a route that reads nothing.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from pymongo import MongoClient
from redis import Redis

from insights_assets.api.examples import SNAPSHOT
from insights_assets.local_stack import LocalStack
from insights_assets.local_stack.processes import free_ports
from insights_assets.local_stack.stores import REDIS_SERVER
from insights_assets.model.dates import now
from insights_assets.storage.indexes import Retention
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory

SECONDS = int(os.environ.get("S", "20"))
LATEST = "/api/insights/ai_sector_risk"
TREND = f"{LATEST}/trend?days=30"


async def load(url: str, rate: int, halfway: Callable[[], object] | None = None) -> list[float]:
    """Ask `url` at `rate` for SECONDS; return how many milliseconds each answer took."""
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=50)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=10) as client:

        async def ask(due: float) -> float:
            response = await client.get(url)
            response.raise_for_status()
            return 1000 * (time.perf_counter() - due)

        await asyncio.gather(*[ask(time.perf_counter()) for _ in range(10)])  # connections open
        began = time.perf_counter() + 0.1
        asked = []
        for number in range(rate * SECONDS):
            due = began + number / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            if halfway and number == rate * SECONDS // 2:
                asyncio.get_running_loop().run_in_executor(None, halfway)
            asked.append(asyncio.create_task(ask(due)))
        return await asyncio.gather(*asked)


def report(title: str, took: list[float]) -> None:
    """Print one line."""
    centiles = statistics.quantiles(took, n=100)
    print(
        f"{title:40} {len(took):5} answers, all 200: p50 {centiles[49]:6.2f} ms,"
        f" p99 {centiles[98]:6.2f} ms, longest {max(took):7.2f} ms",
        flush=True,
    )


def fill(mongo_uri: str, redis_url: str) -> None:
    """Store a year of snapshots, and publish today's."""
    today = now().date()
    snapshots = [replace(SNAPSHOT, date=today - timedelta(days=age)) for age in range(365)]
    with MongoClient(mongo_uri, tz_aware=True) as mongo, Redis.from_url(redis_url) as redis:
        MongoHistory(mongo["insights"], Retention()).write_snapshots(snapshots)
        LatestSnapshots(redis).publish(snapshots[0], datetime.now(UTC))


@contextmanager
def serving(mongo_uri: str, redis_url: str) -> Iterator[str]:
    """Start the API as a user does; yield its address."""
    port = free_ports([REDIS_SERVER], [0])[0]
    stores = {"INSIGHTS_MONGO_URI": mongo_uri, "INSIGHTS_REDIS_URL": redis_url}
    command = [sys.executable, "-m", "insights_assets.cli", "api", "--port", str(port)]
    with subprocess.Popen(command, env=os.environ | stores, stdout=subprocess.DEVNULL) as server:  # noqa: S603
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(200):
                try:
                    httpx.get(f"{address}/healthz", trust_env=False)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()


def main() -> None:
    """Measure, and print a line for each case."""
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(Path(folder) / "history", 0, 0) as history,
        LocalStack(Path(folder) / "cache", 0, 0) as cache,
        serving(history.mongo_uri, cache.redis_url) as address,
    ):
        fill(history.mongo_uri, cache.redis_url)
        report("healthz, 100/s", asyncio.run(load(f"{address}/healthz", 100)))
        report("latest from Redis, 100/s", asyncio.run(load(address + LATEST, 100)))
        report("trend of 30 days, 20/s", asyncio.run(load(address + TREND, 20)))
        took = asyncio.run(load(address + LATEST, 100, halfway=cache.stop))
        report("latest, Redis stopped after 10 s, 100/s", took)


if __name__ == "__main__":
    main()
