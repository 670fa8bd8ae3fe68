"""Guards against a day that two runs at once spoil, and a latest snapshot that steps back.

Whoever races here is a process of its own, and meets the others at real stores.
"""

import random
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pymongo
import pytest

from insights_assets.local_stack import LocalStack, LocalStackError
from insights_assets.model.dates import now
from insights_assets.storage import documents
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.indexes import DATASETS, METRICS, SNAPSHOTS, Retention
from insights_assets_tests.chaos.crash_support import (
    TODAY,
    at_once,
    end_state,
    join,
    latest_of,
    run_command,
    start_command,
)
from insights_assets_tests.support.pipeline import Pipeline
from insights_assets_tests.support.storage import (
    COMPUTED,
    DAY,
    dataset,
    fresh_database,
    reading,
    snapshot,
)

pytestmark = [
    pytest.mark.usefixtures("warm_processes"),
    pytest.mark.xdist_group("races"),  # warming up twice would take longer
]

WEEK = tuple(TODAY - timedelta(days=days) for days in range(6, -1, -1))
SECOND, ONE_DAY = timedelta(seconds=1), timedelta(days=1)
# In the order of their age: the newest computation of the newest day comes last.
RIVALS = [
    (DAY, COMPUTED + 2 * SECOND),
    (DAY, COMPUTED + 3 * SECOND),
    (DAY + ONE_DAY, COMPUTED),
    (DAY + ONE_DAY, COMPUTED + SECOND),
]
SEED = 8


def backfill(first, last) -> tuple[str, ...]:
    return "backfill", "--from", str(first), "--to", str(last)


def daily_run(day) -> tuple[str, ...]:
    return "snapshot", "--date", str(day)


@pytest.fixture(scope="module")
def undisturbed(stack, slow_vendor) -> dict[str, Any]:
    """What the week looks like if a single backfill makes it."""
    pipeline = Pipeline(stack, slow_vendor)
    run_command(pipeline, backfill(WEEK[0], WEEK[-1]))
    state = end_state(pipeline)
    pipeline.close()
    return state


def test_runs_at_once_leave_what_a_single_one_would_have_left(
    stack, slow_vendor, undisturbed, how_often, tried
):
    dice = random.Random(SEED)  # noqa: S311 - an order, no secret
    commands = [
        backfill(WEEK[0], WEEK[-1]),
        backfill(WEEK[-3], WEEK[-1]),
        daily_run(WEEK[-1]),
        daily_run(WEEK[-1]),
    ]
    times = how_often(1, 20)
    for number in range(times):
        pipeline = Pipeline(stack, slow_vendor)
        dice.shuffle(commands)
        running = []
        for command in commands:
            running.append(start_command(pipeline, command))
            time.sleep(dice.uniform(0, 0.3))
        join(running)

        assert end_state(pipeline) == undisturbed, (number, commands)
        assert latest_of(pipeline)["date"] == str(TODAY)
        pipeline.close()
    tried(
        "Races",
        "two backfills and two daily runs at once, on the same days",
        "one document a day and asset, every value as if undisturbed, the newest day in Redis",
        times=times,
    )


def test_redis_ends_with_the_newest_whoever_comes_last(stack, how_often, tried):
    rounds, database = how_often(25, 500), fresh_database()

    uris = stack.mongo_uri, stack.redis_url
    at_once(publish, uris, database, rounds, processes=len(RIVALS))

    day, computed = RIVALS[-1]
    with (
        open_history(stack.mongo_uri, database, Retention()) as history,
        open_latest(stack.redis_url, "insights") as latest,
    ):
        for category in map(category_of, range(rounds)):
            newest = snapshot(day, computed, category=category)
            older = snapshot(*RIVALS[1], category=category)
            assert history.snapshots(category, DAY, day) == [newest, older], category
            assert latest.read(category) == newest, category
    tried(
        "Races",
        "a newer and an older day, each computed twice, written and published at the same moment",
        "one document a day, that of its newest computation; Redis held the newest of all",
        times=rounds,
    )


def category_of(number: int) -> str:
    return f"race_{number}"


def publish(barrier, number: int, uris: tuple[str, str], database: str, rounds: int) -> None:
    """Write and publish one of the rivals, in each round within the same milliseconds."""
    dice = random.Random(SEED + number)  # noqa: S311 - pauses, no secrets
    with (
        open_history(uris[0], database, Retention()) as history,
        open_latest(uris[1], "insights") as latest,
    ):
        for category in map(category_of, range(rounds)):
            barrier.wait()
            time.sleep(dice.uniform(0, 0.03))
            history.write_snapshots([snapshot(*RIVALS[number], category=category)])
            newest = history.newest_snapshot(category)
            time.sleep(dice.uniform(0, 0.03))  # Dagster is between the two in a run
            latest.publish(newest, now())


def test_many_first_writers_make_the_indexes_once_and_lose_nothing(stack, how_often, tried):
    rounds, processes = how_often(2, 30), how_often(4, 8)
    databases = [fresh_database() for _ in range(rounds)]

    at_once(write_first, stack.mongo_uri, databases, processes=processes)
    write_first(None, 0, stack.mongo_uri, [alone := fresh_database()])

    with pymongo.MongoClient(stack.mongo_uri) as client:
        for database in databases:
            for collection in (SNAPSHOTS, DATASETS, METRICS):
                written = client[database][collection]
                made = written.index_information()
                assert made == client[alone][collection].index_information()
                assert written.count_documents({}) == 1
    tried(
        "Races",
        f"the first writes of {how_often(4, 8)} processes to an empty database",
        "the indexes of a single writer, and one document for each key",
        times=rounds,
    )


def write_first(barrier, number: int, mongo_uri: str, databases: list[str]) -> None:
    """Write one document of each kind to databases that have not even an index yet."""
    for database in databases:
        with open_history(mongo_uri, database, Retention(snapshots=20_000)) as history:
            if barrier:
                barrier.wait()
            history.write_values(
                DATASETS, "d", {DAY: documents.dataset_document(dataset())}, f"run-{number}"
            )
            history.write_values(
                METRICS, "m", {DAY: documents.metric_document(reading())}, f"run-{number}"
            )
            history.write_snapshots([snapshot()])


def test_of_many_stacks_on_one_folder_a_single_one_runs(tmp_path, how_often, tried):
    rounds, starters, data = how_often(1, 15), 3, tmp_path / "data"

    at_once(start_stack, data, tmp_path, rounds, processes=starters)

    for number in range(rounds):
        runs, *outcomes = sorted(file.read_text() for file in tmp_path.glob(f"{number}.*"))
        assert runs == "runs"
        assert len(outcomes) == starters - 1
        assert all(f"{data} is in use by a running stack" in outcome for outcome in outcomes), (
            outcomes
        )
    with LocalStack(data, 0, 0) as stack, pymongo.MongoClient(stack.mongo_uri) as client:
        assert client.insights.notes.count_documents({}) == rounds
    tried(
        "Races",
        "three insights stack started at once on one folder",
        "one ran, the others said that the folder is in use, and nothing was lost",
        times=rounds,
    )


def start_stack(barrier, number: int, data: Path, folder: Path, rounds: int) -> None:
    """Start a stack, write to it if it starts, and say how it went."""
    for turn in range(rounds):
        stack = LocalStack(data, 0, 0)
        barrier.wait()
        try:
            stack.start()
            outcome = "runs"
            with pymongo.MongoClient(stack.mongo_uri) as client:
                client.insights.notes.insert_one({"_id": turn})
        except LocalStackError as error:
            outcome = str(error)
        (folder / f"{turn}.{number}").write_text(outcome)
        barrier.wait()
        stack.stop()
