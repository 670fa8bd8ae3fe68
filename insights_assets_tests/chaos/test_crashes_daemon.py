"""Guards against a slot or a day that a killed process of Dagster's keeps.

Everything goes through `dagster dev` on the project's own dagster.yaml. What is killed cannot
report it: the code server notices a dead run, and run monitoring what nobody notices.
"""

import time
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest

from insights_assets.automation.daily import RUN_OF_A_DAY
from insights_assets.model.dates import days_between
from insights_assets_tests.chaos.crash_support import end_state
from insights_assets_tests.support.daemon import make_home, wait_until
from insights_assets_tests.support.dagster_ui import Dagster, processes_of, running_dagster
from insights_assets_tests.support.pipeline import Pipeline

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("daemon")]

FIRST, SECOND, THIRD, FOURTH = days_between(date(2026, 3, 2), date(2026, 3, 5))
HANGING = ["NEWS_SENTIMENT=timeout"]
# A request that hangs keeps its run running until it is killed; nothing runs by itself.
PATIENT = {
    "INSIGHTS_FETCH_DEADLINE_SECONDS": "100",
    "INSIGHTS_REPAIR_DAYS": "0",
    "INSIGHTS_REPAIR_GRACE_MINUTES": "1439",
}


@pytest.fixture
def home(tmp_path) -> Path:
    return make_home(tmp_path / "home")


@pytest.fixture
def undisturbed(stack, simulator):
    """What is stored after a run of a range that nobody disturbs."""

    def of(first: date, last: date):
        simulator.set_faults([])
        pipeline = Pipeline(stack, simulator)
        assert pipeline.run(first, last).success
        state = end_state(pipeline)
        pipeline.close()
        return state

    return of


def patient_dagster(home: Path, pipeline: Pipeline) -> AbstractContextManager[Dagster]:
    return running_dagster(home, {**pipeline.environment, **PATIENT})


def occupy_both_slots(dagster, simulator) -> tuple[str, str, str]:
    """Let two runs hang in prefetch, holding both slots of the pool, and a third one wait."""
    opener = dagster.trigger(FIRST)  # Dagster makes a pool's limit when it first meets the pool
    wait_until(lambda: dagster.status(opener) == "SUCCESS")
    simulator.set_faults(HANGING)
    holding = dagster.trigger(SECOND), dagster.trigger(THIRD)
    wait_until(lambda: [dagster.status(run) for run in holding] == ["STARTED"] * 2)
    waiting = dagster.trigger(FOURTH)
    time.sleep(3)  # the queue is looked at every second
    assert dagster.status(waiting) == "QUEUED"
    return *holding, waiting


def wait_for_all(dagster, waiting: str, killed: list[str]) -> None:
    """Wait until the run in the queue and the retries of the killed ones have succeeded."""
    wait_until(lambda: dagster.succeeded() >= {waiting, *killed}, 120)
    assert [dagster.status(run) for run in killed] == ["FAILURE"] * len(killed)


def test_the_slots_of_killed_runs_are_free_and_the_next_run_gets_one(
    pipeline, home, undisturbed, tried
):
    with patient_dagster(home, pipeline) as dagster:
        *killed, waiting = occupy_both_slots(dagster, pipeline.simulator)
        pipeline.simulator.set_faults([])

        for run in killed:
            dagster.kill_worker(run)

        wait_for_all(dagster, waiting, killed)
        stored = end_state(pipeline)
    wait_until(lambda: not processes_of(home))  # who watches for orphans looks once a second
    assert stored == undisturbed(FIRST, FOURTH)
    tried(
        "Crashes",
        "SIGKILL of a run's process while it holds a slot",
        "its slot was free again, the run in the queue took it, and the killed one was retried",
        times=len(killed),
    )


def test_runs_lost_with_their_machine_give_up_their_slots_when_dagster_is_back(
    pipeline, home, undisturbed, tried, monkeypatch
):
    assert RUN_OF_A_DAY["dagster/max_runtime"] == "1200"
    monkeypatch.setitem(RUN_OF_A_DAY, "dagster/max_runtime", "20")
    with patient_dagster(home, pipeline) as dagster:
        *lost, waiting = occupy_both_slots(dagster, pipeline.simulator)
    wait_until(lambda: not processes_of(home))  # who watches for orphans looks once a second
    pipeline.simulator.set_faults([])

    with patient_dagster(home, pipeline) as dagster:
        wait_for_all(dagster, waiting, lost)
        stored = end_state(pipeline)
    assert stored == undisturbed(FIRST, FOURTH)
    tried(
        "Crashes",
        "SIGKILL of the daemon, the webserver, the code server and all runs at once",
        "once Dagster was back and the time of a run was up (20 minutes, here 20 s), the slots were"
        " free again and the runs retried",
        times=len(lost),
    )


def test_a_backfill_outlives_its_code_server_and_its_daemon(pipeline, home, undisturbed, tried):
    first, last = date(2025, 12, 1), date(2026, 3, 10)  # a run of 92 days and one of the others

    with patient_dagster(home, pipeline) as dagster:
        backfill = dagster.backfill(days_between(first, last))
        wait_until(
            lambda: any(run.status.value == "STARTED" for run in dagster.instance.get_runs()),
            seconds=240,  # the daemon looks every 30, and plans
        )
        assert dagster.kill_processes("grpc")
        time.sleep(2)
        assert dagster.kill_processes("dagster._daemon")
        wait_until(lambda: not dagster.processes("dev"))  # it ends with its daemon
        with patient_dagster(home, pipeline) as again:
            wait_until(lambda: again.backfill_status(backfill) == "COMPLETED_SUCCESS", 240)
        stored = end_state(pipeline)

    assert stored == undisturbed(first, last)
    tried(
        "Crashes",
        "SIGKILL of the code server, then of the daemon, in the middle of a backfill",
        "the backfill went on by itself and ended as if undisturbed",
    )
