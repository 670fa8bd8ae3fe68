"""How reads and the repair grow with the years of history, and answers with readers at once."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta

import dagster as dg
import httpx
from pydantic import SecretStr

from benchmarks.measure import QUICK, ROUNDS, Section, Target, alternate, spread
from benchmarks.world import CATEGORY, World, fill, world
from insights_assets.automation.repair import evaluate
from insights_assets.model.dates import now
from insights_assets.serving.service import open_insights
from insights_assets.settings import load_settings
from insights_assets_tests.support.daemon import serving
from insights_assets_tests.support.storage import closed_port

A_YEAR = 365
YEARS = (1, 2) if QUICK else (1, 3, 10)
READERS = (1, 10) if QUICK else (1, 50, 200)
CALLS = 200 if QUICK else 2000
NO_REDIS = f"redis://127.0.0.1:{closed_port()}/0"
REPAIR = "repair's look, with its search for gaps"


def measure() -> Section:
    """Measure each length of history on stores of its own, then the readers of the longest."""
    by_years: dict[int, dict[str, list[float]]] = {}
    for years in YEARS:
        with world() as here, ExitStack() as opened:
            fill(here, years * A_YEAR)
            by_years[years] = alternate(_questions(years, opened))
            if years == YEARS[-1]:
                by_readers = _readers(here)
    longest = YEARS[-1]
    medians = {
        (name, years): 1000 * statistics.median(taken)
        for years, questions in by_years.items()
        for name, taken in questions.items()
    }
    return Section(
        title="Growth",
        how=f"A snapshot a day over {', '.join(map(str, YEARS))} years, each question alone,"
        f" {ROUNDS} rounds in turn. Readers ask the API for the latest snapshot, each as soon as it"
        f" has its answer, {CALLS} times in all.",
        header=("", "median (range)"),
        rows=[
            *[
                (f"{name}, {_count(years, 'year')}", _milliseconds(taken))
                for name in by_years[longest]
                for years, questions in by_years.items()
                if (taken := questions.get(name))
            ],
            *[
                (f"API: latest, {_count(readers, 'reader')}", _milliseconds(taken))
                for readers, taken in by_readers.items()
            ],
        ],
        targets=[
            Target(f"{REPAIR}, a year", medians[REPAIR, YEARS[0]], 300, "ms"),
            Target(
                f"the trend of {_count(longest, 'year')}",
                medians["trend of all", longest],
                1000,
                "ms",
            ),
            Target(
                f"latest with {longest} years over one",
                medians["latest", longest] / medians["latest", YEARS[0]],
                1.5,
            ),
        ],
    )


def _questions(years: int, opened: ExitStack) -> Mapping[str, Callable[[], object]]:
    settings = load_settings()
    without_redis = settings.model_copy(update={"redis_url": SecretStr(NO_REDIS)})
    reader, alone = (
        opened.enter_context(open_insights(stores)) for stores in (settings, without_redis)
    )
    instance = opened.enter_context(dg.DagsterInstance.local_temp())
    day = now().date() - timedelta(days=years * A_YEAR // 2)
    return {
        "latest": lambda: reader.view(CATEGORY),
        "latest, no Redis": lambda: alone.view(CATEGORY),
        "a past day": lambda: reader.view(CATEGORY, day),
        "trend of 30 days": lambda: reader.trend(CATEGORY, 30),
        "trend of all": lambda: reader.trend(CATEGORY, years * A_YEAR),
        REPAIR: lambda: evaluate(settings, instance, now(), [CATEGORY]),
    }


def _readers(here: World) -> dict[int, list[float]]:
    """Return the seconds that each answer took, by the number of readers at once."""
    with serving(here.folder, here.environment, "api") as address:
        url = f"{address}/api/insights/{CATEGORY.id}"
        asyncio.run(_ask_in_turn(url, 1, CALLS // 10))  # warm
        return {
            readers: asyncio.run(_ask_in_turn(url, readers, CALLS // readers))
            for readers in READERS
        }


async def _ask_in_turn(url: str, readers: int, calls: int) -> list[float]:
    limits = httpx.Limits(max_connections=readers)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=30) as client:

        async def read() -> list[float]:
            taken = []
            for _ in range(calls):
                began = time.perf_counter()
                (await client.get(url)).raise_for_status()
                taken.append(time.perf_counter() - began)
            return taken

        by_reader = await asyncio.gather(*[read() for _ in range(readers)])
    return list(itertools.chain.from_iterable(by_reader))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _milliseconds(seconds: list[float]) -> str:
    return spread([1000 * second for second in seconds], "ms", 1)
