"""Backfills as a click in the UI starts them, and one run a day as its alternative."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import dagster as dg

from benchmarks.dagster_ui import NO_SENSORS, dagster_running, postgres_storage, wait
from benchmarks.measure import QUICK, Bars, Section, Target, spread
from benchmarks.world import LATENCY_MS, World, world
from insights_assets.cli.job import EVENT_BATCH_SIZE
from insights_assets.model.dates import days_between
from insights_assets_tests.support.dagster_ui import Dagster

RUNS = {30: 1} if QUICK else {30: 1, 90: 1, 365: 4}
"""The lengths, and how many runs each is."""
SINGLES = 2 if QUICK else 10
ROUNDS = 1 if QUICK else 3  # of four minutes each, in either storage
FIRST = date(2024, 1, 1)
IN_BATCHES = dict([EVENT_BATCH_SIZE])  # as the README and the chart's values set it


@dataclass(frozen=True, slots=True)
class Taken:
    """What one way took: the seconds of each round, and the last round's other figures."""

    seconds: list[float]
    waited: list[float]
    """From the click until Dagster began with it."""
    requests: int
    events: int
    peak_mib: int

    def a_day(self, days: int) -> float:
        """Return the median of the seconds that a day took."""
        return statistics.median(self.seconds) / days


def measure() -> Section:
    """Measure on SQLite and then on PostgreSQL."""
    with world() as here:
        by_storage = {"SQLite": _measure_on(here, "SQLite", singles=True)}
        if not QUICK:
            with postgres_storage() as storage:
                by_storage["PostgreSQL"] = _measure_on(here, "PostgreSQL", storage)
    sqlite = by_storage["SQLite"]
    longest = max(RUNS)
    single, long, month = (sqlite[days].a_day(days) for days in (SINGLES, longest, 30))
    return Section(
        title="Backfill",
        how=f"Through the daemon, {LATENCY_MS} ms an answer, {ROUNDS} rounds in turn, each with"
        " an empty cache, from Dagster's first event to its last: it writes one for each asset and"
        " day that a run is going to make, then runs it. Before that a click waits for the"
        f" daemon, which looks every 30 s; of {longest} days"
        f" {spread(sqlite[longest].waited, digits=0)}. A run covers at most 92 days.",
        header=("", "median (range)", "a day", "requests", "events", "peak of a run"),
        rows=[
            _row(f"{storage}, {_name(days)}", days, taken)
            for storage, ways in by_storage.items()
            for days, taken in ways.items()
        ],
        targets=[
            Target(
                f"one run a day over a {longest}-day backfill",
                single / long,
                10,
                "×",
                at_least=True,
            ),
            Target(f"a day of {longest} over a day of 30", long / month, 1),
        ],
        bars=Bars(
            "A day of a backfill",
            "s",
            {
                f"{'' if days == SINGLES else 'ours, '}{storage}, {_name(days)}": taken.a_day(days)
                for storage, ways in by_storage.items()
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
    rounds: list[dict[int, Taken]] = []
    environment = {**here.environment, **NO_SENSORS, **IN_BATCHES}
    with dagster_running(here.folder / name, environment, storage) as dagster:
        for _ in range(ROUNDS):
            alone = {SINGLES: _one_run_a_day(here, dagster)} if singles else {}
            rounds.append(alone | {days: _backfill(here, dagster, days) for days in RUNS})
    return {
        days: replace(
            last,
            seconds=[taken[days].seconds[0] for taken in rounds],
            waited=[taken[days].waited[0] for taken in rounds],
        )
        for days, last in rounds[-1].items()
    }


def _one_run_a_day(here: World, dagster: Dagster) -> Taken:
    here.forget()
    at = time.time()
    runs = [dagster.run(FIRST - timedelta(days=n)) for n in range(1, SINGLES + 1)]
    return _taken(here, dagster, at, dg.RunsFilter(run_ids=runs), SINGLES)


def _backfill(here: World, dagster: Dagster, days: int) -> Taken:
    here.forget()
    at = time.time()
    backfill = dagster.backfill(days_between(FIRST, FIRST + timedelta(days=days - 1)))
    return _taken(here, dagster, at, dg.RunsFilter(tags={"dagster/backfill": backfill}), RUNS[days])


def _taken(here: World, dagster: Dagster, clicked: float, runs: dg.RunsFilter, count: int) -> Taken:
    work = wait(dagster, runs, count)
    return Taken(
        seconds=[work.end - work.planned],
        waited=[work.planned - clicked],
        requests=here.simulator.stats()["total"],
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
