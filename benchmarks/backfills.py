"""Backfills as a click in the UI starts them, and one run a day as its alternative."""

import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg

from benchmarks.dagster_ui import LONGEST_SECONDS, NO_SENSORS, dagster_running, wait
from benchmarks.measure import ROUNDS, Bars, Section, Target, spread
from benchmarks.own_share import own_share_ms
from benchmarks.world import LATENCY_MS, World, world
from insights_assets.cli.job import EVENT_BATCH_SIZE
from insights_assets.model.dates import days_between
from insights_assets_tests.daemon_support import wait_until
from insights_assets_tests.dagster_support import Dagster
from insights_assets_tests.postgres_support import DATABASE, PASSWORD, USER, PostgresServer

RUNS = {30: 1, 90: 1, 365: 4}
"""The lengths, and how many runs each is."""
SINGLES = 10
FIRST = date(2024, 1, 1)
IN_BATCHES = dict([EVENT_BATCH_SIZE])  # as the README and the chart's values set it


@dataclass(frozen=True, slots=True)
class Clicked:
    """The runs of one click, and when it was: seconds since the epoch."""

    at: float
    runs: dg.RunsFilter


@dataclass(frozen=True, slots=True)
class Taken:
    """What one way took: the seconds of each round, and the last round's other figures."""

    seconds: list[float]
    waited: list[float]
    """From the click to the first run's start."""
    requests: int
    events: int
    peak_mib: int

    def a_day(self, days: int) -> float:
        """Return the median of the seconds that a day took."""
        return statistics.median(self.seconds) / days


def measure() -> Section:
    """Measure on SQLite and then on PostgreSQL."""
    with world() as here:
        found = {"SQLite": _measure_on(here, "SQLite", singles=True)}
        with _postgres() as storage:
            found["PostgreSQL"] = _measure_on(here, "PostgreSQL", storage)
    share = own_share_ms()
    sqlite = found["SQLite"]
    single, year, month = (sqlite[days].a_day(days) for days in (SINGLES, 365, 30))
    return Section(
        title="Backfill",
        how=f"Through the daemon, {LATENCY_MS} ms an answer, {ROUNDS} rounds in turn, from the"
        " start of the first run to the end of the last. The daemon looks every 30 s and plans:"
        f" from the click to the first of 365 days it was {spread(sqlite[365].waited, digits=0)}."
        " A run covers at most 92 days. The 365 days begin with an empty cache, the others find"
        " prices and yields in it. Our own share is a run of 92 days in memory without latency,"
        " less the same graph with empty bodies.",
        header=("", "median (range)", "a day", "requests", "events", "peak of a run"),
        rows=[
            *[
                _row(f"{storage}, {_name(days)}", days, taken)
                for storage, ways in found.items()
                for days, taken in ways.items()
            ],
            ("our own share", "", f"{share:.1f} ms", "", "", ""),
        ],
        targets=[
            Target("one run a day over a 365-day backfill", single / year, 10, "×", at_least=True),
            Target("a day of 365 over a day of 30", year / month, 1),
            Target("our own share of a date", share, 20, "ms"),
        ],
        bars=Bars(
            "A day of a backfill",
            "s",
            {
                f"{'' if days == SINGLES else 'ours, '}{storage}, {_name(days)}": taken.a_day(days)
                for storage, ways in found.items()
                for days, taken in ways.items()
            },
        ),
    )


def _measure_on(
    here: World,
    name: str,
    storage: Mapping[str, Any] | None = None,
    *,
    singles: bool = False,
) -> dict[int, Taken]:
    """Return what each length took; with `singles`, SINGLES stands for one run a day."""
    found: list[dict[int, Taken]] = []
    environment = {**here.environment, **NO_SENSORS, **IN_BATCHES}
    with dagster_running(here.folder / name, environment, storage) as dagster:
        for _ in range(ROUNDS):
            alone = {SINGLES: _one_run_a_day(here, dagster)} if singles else {}
            found.append({**alone, **_backfills(here, dagster)})
    return {
        days: replace(
            last,
            seconds=[each[days].seconds[0] for each in found],
            waited=[each[days].waited[0] for each in found],
        )
        for days, last in found[-1].items()
    }


def _one_run_a_day(here: World, dagster: Dagster) -> Taken:
    here.flush()
    here.simulator.reset()
    at = time.time()
    runs = [dagster.run(FIRST - timedelta(days=n)) for n in range(1, SINGLES + 1)]
    return _taken(here, dagster, Clicked(at, dg.RunsFilter(run_ids=runs)), SINGLES)


def _backfills(here: World, dagster: Dagster) -> dict[int, Taken]:
    """Start the longest; the others wait behind it: the queue runs one backfill at a time."""
    here.flush()
    here.simulator.reset()
    longest = _click(dagster, FIRST, 365)
    wait_until(lambda: len(dagster.instance.get_runs(longest.runs)) == RUNS[365], LONGEST_SECONDS)
    clicked = {
        365: longest,  # in the order of the queue: each is watched while it runs
        30: _click(dagster, FIRST + timedelta(days=400), 30),
        90: _click(dagster, FIRST + timedelta(days=500), 90),
    }
    found = {days: _taken(here, dagster, each, RUNS[days]) for days, each in clicked.items()}
    return dict(sorted(found.items()))


def _click(dagster: Dagster, first: date, days: int) -> Clicked:
    at = time.time()
    backfill = dagster.backfill(days_between(first, first + timedelta(days=days - 1)))
    return Clicked(at, dg.RunsFilter(tags={"dagster/backfill": backfill}))


def _taken(here: World, dagster: Dagster, clicked: Clicked, runs: int) -> Taken:
    work = wait(dagster, clicked.runs, runs)
    asked = [
        datetime.fromisoformat(each["at"]).timestamp()
        for each in here.simulator.stats()["requests"]
    ]
    return Taken(
        seconds=[work.end - work.start],
        waited=[work.start - clicked.at],
        requests=sum(work.start <= at <= work.end for at in asked),
        events=work.events,
        peak_mib=work.peak_mib,
    )


def _name(days: int) -> str:
    return "one run a day" if days == SINGLES else f"{days} days"


def _row(name: str, days: int, taken: Taken) -> tuple[str, ...]:
    return (
        name,
        spread(taken.seconds, digits=1),
        f"{taken.a_day(days):.2f} s",
        str(taken.requests),
        f"{taken.events:,}",
        f"{taken.peak_mib} MiB",
    )


@contextmanager
def _postgres() -> Iterator[Mapping[str, Any]]:
    """Start a server; yield the storage for dagster.yaml."""
    with PostgresServer() as server:
        config = {
            "username": USER,
            "password": PASSWORD,
            "hostname": "127.0.0.1",
            "port": server.port,
            "db_name": DATABASE,
        }
        yield {"postgres": {"postgres_db": config}}
