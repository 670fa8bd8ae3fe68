"""Guards against a kill that leaves something behind: half a day, a lock, a slot, a process.

All kills are SIGKILL to real processes over real sockets: nobody can clean up after it.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import dagster as dg
import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from insights_assets.local_stack import LocalStack
from insights_assets.local_stack import stack as local_stack
from insights_assets.model.dates import newest_due, now
from insights_assets.simulator import SimulatorServer
from insights_assets_tests.chaos.crash_support import (
    BACKFILL,
    FILLING,
    MIGRATION,
    NAMES,
    SNAPSHOT,
    end_state,
    kill,
    latest_of,
    run_command,
    start_command,
)
from insights_assets_tests.integration.test_migration import (
    DAYS,
    assert_taken_over,
    days_held,
    fill,
)
from insights_assets_tests.support.daemon import make_home, open_home, wait_until
from insights_assets_tests.support.pipeline import Pipeline, documents_of
from insights_assets_tests.support.storage import closed_port

pytestmark = [
    pytest.mark.usefixtures("warm_processes"),
    pytest.mark.xdist_group("crashes"),  # warming up twice would take longer
]

COMMANDS = pytest.mark.parametrize(
    "command",
    [pytest.param(BACKFILL, id="range"), pytest.param(SNAPSHOT, id="day", marks=pytest.mark.long)],
)
AS_UNDISTURBED = "the run after it ended in the state of an undisturbed one"
SEED = 8


class Undisturbed:
    """How a command ends, and how long it takes, if nobody disturbs it."""

    def __init__(self, stack: LocalStack, vendor: SimulatorServer) -> None:
        self.stack, self.vendor = stack, vendor
        self._known: dict[Sequence[str], tuple[dict[str, Any], float]] = {}

    def __call__(self, command: Sequence[str]) -> tuple[dict[str, Any], float]:
        if command not in self._known:
            pipeline = Pipeline(self.stack, self.vendor)
            began = time.monotonic()
            run_command(pipeline, command)
            self._known[command] = end_state(pipeline), time.monotonic() - began
            pipeline.close()
        return self._known[command]


@pytest.fixture(scope="module")
def undisturbed(stack, slow_vendor) -> Undisturbed:
    return Undisturbed(stack, slow_vendor)


@pytest.fixture
def pipelines(stack, slow_vendor) -> Iterator[Iterator[Pipeline]]:
    """A fresh database and an empty Redis for each kill."""
    opened: list[Pipeline] = []

    def fresh() -> Iterator[Pipeline]:
        while True:
            opened.append(Pipeline(stack, slow_vendor))
            yield opened[-1]
            opened.pop().close()

    yield fresh()
    for pipeline in opened:
        pipeline.close()


def killed_at_writes(
    pipelines: Iterator[Pipeline], command: Sequence[str], step: int, **environment: str
) -> Iterator[tuple[int, Pipeline]]:
    """Kill the command at every `step`th moment before or after its writes until it gets through.

    Yields after each kill the moment and the pipeline that it left.
    """
    for moment, pipeline in zip(count(step, step), pipelines, strict=False):
        process = start_command(pipeline, command, dies_at_write=moment, **environment)
        process.join(60)
        if process.exitcode == 0:
            return
        kill(process)
        yield moment, pipeline


def assert_nothing_is_half_done(pipeline: Pipeline, whole: dict[str, Any]) -> None:
    """What is visible after a kill is finished, and Redis shows nothing that history lacks."""
    for collection, documents in documents_of(pipeline).items():
        assert all(document in whole[collection] for document in documents), collection
    held = latest_of(pipeline)
    if held:
        newest = pipeline.mongo.insight_snapshots.find_one(sort=[("date", -1)])
        assert (held["run_id"], held["date"]) == (newest["run_id"], str(newest["date"].date()))


def assert_no_grant_outlives_its_minute(pipeline: Pipeline) -> None:
    for key in pipeline.redis.scan_iter("insights:rate*"):
        assert 0 < pipeline.redis.ttl(key) <= 62, key


@COMMANDS
def test_killed_at_any_moment_and_run_again_it_ends_as_if_undisturbed(
    undisturbed, pipelines, how_often, tried, command
):
    whole, seconds = undisturbed(command)
    rng = random.Random(SEED)  # noqa: S311 - moments, no secrets
    kills, times = 0, how_often(1, 30)
    while kills < times:
        pipeline, moment = next(pipelines), rng.uniform(0, seconds)
        process = start_command(pipeline, command)
        time.sleep(moment)
        kills += kill(process)

        assert_nothing_is_half_done(pipeline, whole)
        assert_no_grant_outlives_its_minute(pipeline)
        run_command(pipeline, command)
        assert end_state(pipeline) == whole, f"killed after {moment:.3f} s of {seconds:.3f} s"
    tried("Crashes", f"SIGKILL at a random moment of {NAMES[command]}", AS_UNDISTURBED, times=times)


@COMMANDS
def test_killed_right_before_or_after_each_write_and_run_again_it_ends_as_if_undisturbed(
    undisturbed, pipelines, how_often, tried, command
):
    whole, _ = undisturbed(command)
    kills = 0
    for moment, pipeline in killed_at_writes(pipelines, command, how_often(20, 1)):
        kills += 1
        assert_nothing_is_half_done(pipeline, whole)
        run_command(pipeline, command)
        assert end_state(pipeline) == whole, f"killed at moment {moment}"
    assert kills >= how_often(1, 36), "there are more writes than that"
    tried(
        "Crashes",
        f"SIGKILL right before or after each write of {NAMES[command]}, its indexes included",
        AS_UNDISTURBED,
        times=kills,
    )


@pytest.mark.long
def test_a_migration_killed_right_before_or_after_each_write_is_taken_up_where_it_was(
    pipelines, how_often, tried
):
    def filled(pipeline: Pipeline) -> Pipeline:
        fill(pipeline.mongo)
        return pipeline

    kills = 0
    for moment, pipeline in killed_at_writes(map(filled, pipelines), MIGRATION, how_often(20, 1)):
        kills += 1
        assert days_held(pipeline.mongo) == set(DAYS), f"killed at moment {moment}"
        run_command(pipeline, MIGRATION)
        assert_taken_over(pipeline.mongo)
    assert kills >= how_often(1, 24), "there are more writes than that"
    tried(
        "Crashes",
        "SIGKILL right before or after each write of a migration of 212 documents",
        "no day was lost, and the migration after it took over each of them once",
        times=kills,
    )


@pytest.mark.long
def test_filling_gaps_killed_right_before_or_after_each_write_is_taken_up_where_it_was(
    stack, slow_vendor, pipelines, how_often, tried
):
    """Two gaps of two days: the newest day is stored, so that Redis has nothing to gain."""
    newest = newest_due(now())
    begun = {"INSIGHTS_START_DATE": str(newest - timedelta(days=5))}
    stored = [str(newest - timedelta(days=3)), str(newest)]

    def with_gaps(pipeline: Pipeline) -> Pipeline:
        for day in stored:
            run_command(pipeline, ("snapshot", "--date", day))
        return pipeline

    undisturbed = with_gaps(Pipeline(stack, slow_vendor))
    run_command(undisturbed, FILLING, **begun)
    whole = end_state(undisturbed)
    assert len(whole["insight_snapshots"]) == 6
    undisturbed.close()
    kills = 0
    for moment, pipeline in killed_at_writes(
        map(with_gaps, pipelines), FILLING, how_often(20, 1), **begun
    ):
        kills += 1
        assert_nothing_is_half_done(pipeline, whole)
        run_command(pipeline, FILLING, **begun)
        assert end_state(pipeline) == whole, f"killed at moment {moment}"
    assert kills >= how_often(1, 36), "there are more writes than that"
    tried(
        "Crashes",
        "SIGKILL right before or after each write of filling two gaps",
        "the days that were filled stayed, and the filling after it did the others",
        times=kills,
    )


@pytest.mark.long
def test_killed_runs_leave_the_storage_of_dagster_usable(
    undisturbed, pipelines, tmp_path, how_often, tried
):
    whole, seconds = undisturbed(SNAPSHOT)
    home = make_home(tmp_path / "home")
    rng = random.Random(SEED)  # noqa: S311 - moments, no secrets
    kills, times = 0, how_often(1, 10)
    while kills < times:
        pipeline, moment = next(pipelines), rng.uniform(0, 2 * seconds)  # with all its events
        process = start_command(pipeline, SNAPSHOT, DAGSTER_HOME=str(home))
        time.sleep(moment)
        kills += kill(process)

        run_command(pipeline, SNAPSHOT, DAGSTER_HOME=str(home))
        assert end_state(pipeline) == whole, f"killed after {moment:.3f} s"
    with open_home(home) as instance:
        succeeded = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS])
        assert instance.get_runs_count(succeeded) >= times
    tried("Crashes", "SIGKILL of a daily run on a DAGSTER_HOME", AS_UNDISTURBED, times=times)


@pytest.fixture
def fragile(tmp_path, monkeypatch) -> Iterator[tuple[LocalStack, dict[str, int]]]:
    """A stack that comes back on the same ports, and its processes by name."""
    pids: dict[str, int] = {}

    class KnownChild(local_stack.Child):
        def __init__(self, store, *rest) -> None:
            super().__init__(store, *rest)
            pids[store.name] = self.pid

    monkeypatch.setattr(local_stack, "Child", KnownChild)
    with LocalStack(tmp_path / "stack", closed_port(), closed_port()) as stack:
        yield stack, pids


def kill_and_restart(stack: LocalStack, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    stack.stop()
    stack.start()


@pytest.mark.long
@pytest.mark.parametrize("store", ["mongo", "redis"])
def test_a_store_killed_in_the_middle_of_a_run_costs_that_run_at_most(
    fragile, undisturbed, how_often, tried, store
):
    stack, pids = fragile
    whole, seconds = undisturbed(SNAPSHOT)
    rng = random.Random(SEED)  # noqa: S311 - moments, no secrets
    times = how_often(1, 10)
    for _ in range(times):
        pipeline = Pipeline(stack, undisturbed.vendor)
        moment = rng.uniform(0, seconds)
        process = start_command(pipeline, SNAPSHOT)
        time.sleep(moment)
        kill_and_restart(stack, pids[store])
        process.join(60)

        assert process.exitcode in (0, 1)
        run_command(pipeline, SNAPSHOT)
        assert end_state(pipeline) == whole, f"killed after {moment:.3f} s of {seconds:.3f} s"
        pipeline.close()
    tried("Crashes", f"SIGKILL of the {store} store in a daily run", AS_UNDISTURBED, times=times)


def test_mongo_killed_while_it_writes_keeps_all_that_it_acknowledged(fragile, how_often, tried):
    stack, pids = fragile
    rng = random.Random(SEED)  # noqa: S311 - moments, no secrets
    times, acknowledged = how_often(1, 10), []

    def write_until_it_dies() -> None:
        with MongoClient(stack.mongo_uri) as client, suppress(PyMongoError):
            for number in count(len(acknowledged)):
                client.insights.notes.insert_one({"_id": number})
                acknowledged.append(number)

    for _ in range(times):
        writer = threading.Thread(target=write_until_it_dies)
        before = len(acknowledged)
        writer.start()
        wait_until(lambda before=before: len(acknowledged) > before)
        time.sleep(rng.uniform(0, 0.4))
        kill_and_restart(stack, pids["mongo"])
        writer.join()
        with MongoClient(stack.mongo_uri) as client:
            kept = {document["_id"] for document in client.insights.notes.find()}
        assert kept >= set(acknowledged)
        acknowledged[:] = sorted(kept)
    tried(
        "Crashes",
        "SIGKILL of the mongo store while it writes",
        "every write that it had acknowledged was there after its restart",
        times=times,
    )
