"""Guards against a day that Dagster makes twice and differently, when all of it starts at once.

The clock of Dagster's processes stands a minute before the opening bell, so that the schedule's own
tick is met: by two daemons, the sensor that misses the day, two people at the API, and a backfill.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import dagster as dg
import pytest

from insights_assets.model.dates import as_of, days_between, now
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.chaos.clock_support import MovedClock
from insights_assets_tests.chaos.crash_support import end_state, latest_of
from insights_assets_tests.chaos.soak_support import SCHEDULES_AND_SENSORS
from insights_assets_tests.support.daemon import WORKSPACE, make_home, running
from insights_assets_tests.support.dagster_ui import Dagster, running_dagster
from insights_assets_tests.support.pipeline import Pipeline

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("daemon")]

DAY = now().date() + timedelta(days=1)
DAYS = days_between(DAY - timedelta(days=3), DAY)
SECOND = timedelta(seconds=1)
EAGER = {
    "INSIGHTS_REPAIR_DAYS": "0",
    "INSIGHTS_REPAIR_GRACE_MINUTES": "0",
    "INSIGHTS_REPAIR_INTERVAL_SECONDS": "1",
    "INSIGHTS_REPAIR_BACKOFF_MINUTES": "0.02",
    "INSIGHTS_FETCH_DEADLINE_SECONDS": "20",
}


@pytest.fixture
def clock(tmp_path) -> MovedClock:
    return MovedClock(tmp_path / "clock", as_of(DAY) - 60 * SECOND)


@pytest.fixture
def simulator(clock) -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorOptions(latency_ms=40), clock=clock.now) as server:
        yield server


def test_schedule_sensor_clicks_and_a_backfill_at_once_make_the_day_as_one_run_would(
    pipeline, clock, tmp_path, tried
):
    home = make_home(tmp_path / "home")
    environment = {**pipeline.environment, **clock.environment, **EAGER}
    another_daemon = ["-m", "dagster._daemon", "run", "-w", WORKSPACE]
    with (
        running_dagster(home, environment) as dagster,
        running(another_daemon, home, environment),
    ):
        clock.wait_until(
            lambda: len(dagster.instance.all_instigator_state()) >= SCHEDULES_AND_SENSORS
        )
        assert clock.now() < as_of(DAY) - SECOND
        clock.wait_until(lambda: clock.now() >= as_of(DAY), times_faster=3)
        all_at_once(
            lambda: dagster.trigger(DAY),
            lambda: dagster.trigger(DAY),
            lambda: dagster.backfill(DAYS),
        )
        clock.wait_until(lambda: is_over(dagster))
        runs = dagster.instance.get_runs()
        stored, latest = end_state(pipeline), latest_of(pipeline)

    scheduled = {root_of(run) for run in runs if "dagster/schedule_name" in run.tags}
    assert 1 <= len(scheduled) <= 2
    assert latest["date"] == str(DAY)
    alone = Pipeline(pipeline.stack, pipeline.simulator)
    arguments = ["-m", "insights_assets.cli", "backfill", "--from", str(DAYS[0]), "--to", str(DAY)]
    with running(arguments, tmp_path, {**environment, **alone.environment}) as command:
        assert command.wait(60) == 0
    assert stored == end_state(alone)
    alone.close()
    tried(
        "Races",
        "two daemons at the schedule's tick",
        "one run or two of the same day, and one document for each day and asset",
    )
    tried(
        "Races",
        "two daemons, the sensor, two triggers of the API and a backfill on the same day at once",
        "every run succeeded, at the latest when it was retried; every value was as if undisturbed,"
        " and Redis held the newest day",
    )


def all_at_once(*works: Callable[[], object]) -> None:
    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(work) for work in works]:
            future.result()


def is_over(dagster: Dagster) -> bool:
    """Whether schedule, API and backfill have made their runs, and all have succeeded."""
    runs = dagster.instance.get_runs()
    made_by = {tag for run in runs for tag in run.tags}
    return (
        {"dagster/schedule_name", "dagster/backfill"} <= made_by
        and all(run.is_finished for run in runs)
        and dagster.succeeded() >= {root_of(run) for run in runs}
    )


def root_of(run: dg.DagsterRun) -> str:
    """The run itself, or the one it retries: of one that two daemons launch, one fails at once."""
    return run.root_run_id or run.run_id
