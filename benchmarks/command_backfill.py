"""`insights backfill` with Dagster's events in memory: one category, both, and ten years."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks import own_share
from benchmarks.measure import QUICK, ROUNDS, Section, Target, ratio, spread
from benchmarks.world import LATENCY_MS, World, world
from insights_assets.categories import CATEGORIES, FOLDERS

COMMAND = (sys.executable, "-m", "insights_assets.cli", "backfill")
DAYS = 10 if QUICK else 92
LONG = 93 if QUICK else 3653  # days: two runs, or ten years
LAST = date(2025, 12, 31)
MINUTES, GIB = 5, 2  # what ten years may take

SHARE = (
    "Nearly half of it is the local MongoDB, which writes and reads each dataset of each date on"
    " SQLite; more than a third is asking, reading and computing; the rest is the metadata of each"
    " materialization, which Dagster writes down."
)
SECOND = (
    "Of Dagster's events, which are most of it, the second category has two for each of its ten"
    " assets and each date, the first has them for fourteen; each date's dataset of FRED's holds"
    " 1,300 observations, which are stored and read again."
)
TEN_YEARS = (
    "These are some 175,000 events of Dagster's, as many for each day as in 92 days. To find the"
    " newest value of an asset the local stack reads all of them, where MongoDB asks its index. It"
    " looks for expired documents once a minute; when that was before each read, each day took"
    " longer than the last."
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one backfill took."""

    seconds: float
    peak_gib: float
    requests: int


def measure() -> Section:
    """Measure the command in fresh processes, in turn, and our own share of it in this one."""
    one: list[Taken] = []
    both: list[Taken] = []
    with world() as here:
        for _ in range(ROUNDS):
            one.append(_backfill(here, DAYS, FOLDERS[0]))
            both.append(_backfill(here, DAYS, *FOLDERS[:2]))
        long = _backfill(here, LONG, *FOLDERS[:2])
    shares = {
        "one category": own_share.milliseconds(CATEGORIES[:1]),
        "both": own_share.milliseconds(CATEGORIES[:2]),
    }
    return Section(
        title="Backfill by the command",
        how=f"`insights backfill` from typed to its end, {LATENCY_MS} ms an answer, {ROUNDS} rounds"
        f" in turn, the longest once. Our own share is a run of {own_share.DAYS} days in memory"
        " without latency, less the same graph with empty bodies, for each date and category.",
        header=("", "median (range)", "requests", "peak"),
        rows=[
            _row(f"{DAYS} days, one category", one),
            _row(f"{DAYS} days, both categories", both),
            _row(f"{LONG:,} days, both categories", [long]),
            *[(f"our own share, {of}", f"{share:.1f} ms", "", "") for of, share in shares.items()],
        ],
        targets=[
            Target(
                "backfill of both categories over one",
                ratio(_seconds(both), _seconds(one)),
                1.5,
                why=SECOND,
            ),
            *[
                Target(f"our own share of a date and category, {of}", share, 12, "ms", why=SHARE)
                for of, share in shares.items()
            ],
            Target(
                f"{LONG:,} days of both categories",
                long.seconds / 60,
                MINUTES,
                "minutes",
                why=TEN_YEARS,
            ),
            Target(f"{LONG:,} days of both categories: peak", long.peak_gib, GIB, "GiB"),
        ],
    )


def _seconds(rounds: Sequence[Taken]) -> list[float]:
    return [taken.seconds for taken in rounds]


def _row(name: str, rounds: Sequence[Taken]) -> tuple[str, ...]:
    last = rounds[-1]
    took = spread(_seconds(rounds), digits=1)
    return name, took, str(last.requests), f"{last.peak_gib:.2f} GiB"


def _backfill(here: World, days: int, *category_ids: str) -> Taken:
    """Run the command on a database of its own, with an empty cache."""
    here.forget()
    first = LAST - timedelta(days=days - 1)
    environment = {
        **os.environ,
        "INSIGHTS_START_DATE": str(first),
        "INSIGHTS_MONGO_DATABASE": f"backfill_{time.monotonic_ns()}",
        "INSIGHTS_CATEGORIES": ",".join(category_ids),
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "--from", str(first), "--to", str(LAST)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"The backfill of {days} days ended with {process.returncode}.")
    return Taken(seconds, usage.ru_maxrss / 2**20, here.simulator.stats()["total"])
