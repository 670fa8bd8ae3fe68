"""Guards against a day that is lost, or made twice, because Dagster's daemon was down.

The daemon runs, is killed, and is started again on a clock that has moved on by days.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import dagster as dg
import pytest

from insights_assets.automation.reconciler import days_of_run
from insights_assets.model.dates import NEW_YORK, days_between
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.chaos.clock_support import MovedClock
from insights_assets_tests.support.alerts import receiver
from insights_assets_tests.support.daemon import WORKSPACE, make_home, open_home, running
from insights_assets_tests.support.pipeline import Pipeline

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("daemon")]

A_DAY = timedelta(days=1)
BEGAN = datetime(2027, 3, 8, 10, 30, tzinfo=NEW_YORK)  # summer time begins on the 14th
FIRST = BEGAN.date()
LOOKING = ("snapshot_repair_sensor", "trouble_alerts")
PATIENT = {"seconds": 900}  # five processes in turn: 40 s alone, many times that on a busy machine
DAEMON = ["-m", "dagster._daemon", "run", "-w", WORKSPACE]


@pytest.fixture
def clock(tmp_path) -> MovedClock:
    return MovedClock(tmp_path / "clock", BEGAN)


@pytest.fixture
def simulator(clock) -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorOptions(), clock=clock.now) as server:
        yield server


class Downtime(NamedTuple):
    """How many days the daemon is down, when it is back, and the longest gap filled by itself."""

    days: int
    back_at: time = time(10, 30)
    longest_gap: int = 31


@pytest.mark.parametrize(
    "downtime",
    [
        pytest.param(Downtime(1, time(9, 35)), id="1 day, back before the repair looks at today"),
        pytest.param(Downtime(6), id="6 days"),
        pytest.param(Downtime(11), id="11 days"),
        pytest.param(Downtime(11, longest_gap=5), id="11 days, too many to be filled by itself"),
    ],
)
def test_every_day_of_a_downtime_is_stored_or_named_and_today_is_made_once(
    pipeline, clock, tmp_path, downtime, tried
):
    home = make_home(tmp_path / "home")
    missed = days_between(FIRST + A_DAY, FIRST + downtime.days * A_DAY)
    today = missed[-1] + A_DAY
    earlier = missed[:-3]  # than the days that the repair looks after one by one
    left = earlier if len(earlier) > downtime.longest_gap else []
    with receiver() as webhook, open_home(home) as instance:
        environment = {
            **pipeline.environment,
            **clock.environment,
            "INSIGHTS_START_DATE": str(FIRST),
            "INSIGHTS_REPAIR_INTERVAL_SECONDS": "1",
            "INSIGHTS_REPAIR_GAP_DAYS": str(downtime.longest_gap),
            "INSIGHTS_FETCH_DEADLINE_SECONDS": "20",
            "INSIGHTS_ALERT_WEBHOOK_URL": webhook.url,
        }
        with running(DAEMON, home, environment):
            clock.wait_until(lambda: stored(pipeline) == {FIRST} and is_idle(instance), **PATIENT)
        clock.set_to(datetime.combine(today, downtime.back_at, NEW_YORK))

        with running(DAEMON, home, environment):
            made = {FIRST, *missed, today} - set(left)
            clock.wait_until(lambda: stored(pipeline) >= made and is_idle(instance), **PATIENT)
            later = clock.now() + timedelta(minutes=20)
            clock.set_to(later)
            clock.wait_until(lambda: all(looked(instance, later, name) for name in LOOKING))
            assert is_idle(instance)

    assert stored(pipeline) == made
    runs = instance_runs(home)
    assert len([days for days in runs if days == (str(today),) * 2]) == 1
    assert len(runs) == len(set(runs)), "no day or range is run twice"
    named = [alert["text"] for alert in webhook.taken if "insights backfill" in alert["text"]]
    command = f"insights backfill --from {left[0]} --to {left[-1]}" if left else ""
    assert [command in text for text in named] == ([True] if left else [])
    tried(
        "Time",
        f"Dagster's daemon down for {downtime.days} days",
        "every day is stored, or in an alert with the command that fills it; today's run is one",
    )


def stored(pipeline: Pipeline) -> set[date]:
    return {document["date"].date() for document in pipeline.mongo.insight_snapshots.find()}


def is_idle(instance: dg.DagsterInstance) -> bool:
    return all(run.is_finished for run in instance.get_runs())


def instance_runs(home) -> list[tuple[str, str] | None]:
    """The first and the last day of each run that made assets."""
    with open_home(home) as instance:
        runs = [run for run in instance.get_runs() if run.job_name != "deadline_check"]
    return [days_of_run(run.tags) for run in runs]


def looked(instance: dg.DagsterInstance, since: datetime, name: str) -> bool:
    """Whether the sensor of that name has looked since then, and is done with it."""
    states = [state for state in instance.all_instigator_state() if state.name == name]
    return any(
        tick.end_timestamp
        for state in states
        for tick in instance.get_ticks(
            state.instigator_origin_id, state.selector_id, after=since.timestamp()
        )
    )
