"""MongoDB is gone, slow or refuses, at every moment of a run.

What these tests guard against: a day that is lost, a document that a reader sees half, a message
that does not say what to do, and an end state that depends on what went wrong on the way.
"""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta

import pytest

from insights_assets.model.sanitize import one_line
from insights_assets.storage import connections, documents
from insights_assets.storage.connections import open_history
from insights_assets.storage.errors import StoreError
from insights_assets.storage.indexes import DATASETS, METRICS, Retention
from insights_assets_tests.chaos.proxy_support import (
    Exchange,
    Fault,
    MongoProxy,
    after,
    answering,
    before,
    first_of_bulk,
    halfway,
    hiccup,
    late,
    refusing,
)
from insights_assets_tests.chaos.store_support import (
    DAY,
    PATIENT,
    contents,
    spread,
    watching,
)
from insights_assets_tests.support.pipeline import Pipeline, failure_of
from insights_assets_tests.support.storage import (
    CATEGORY,
    COMPUTED,
    dataset,
    days_from,
    fresh_database,
    snapshot,
)

AREA = "Stores"
LAST = DAY + timedelta(days=2)
AWAY = re.compile(
    r"MongoDB at 127\.0\.0\.1:\d+ does not answer while [\w/ ]+ \([^()]+\):"
    r" (start it|see whether it runs).*INSIGHTS_MONGO_URI\)?\."
)
WRITES = {"update", "createIndexes"}
MOMENTS: dict[str, Fault] = {
    "before a command": before,
    "with half of a command": halfway,
    "before the answer to a command": after,
    "with half of the answer to a command": answering,
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a dead MongoDB up soon: these tests do not ask how long it is waited for."""
    monkeypatch.setattr(connections, "MONGO_TIMEOUT_SECONDS", 0.1)


@pytest.fixture(scope="module")
def proxy(stack) -> Iterator[MongoProxy]:
    with MongoProxy(stack.mongo_uri) as standing:
        yield standing


@pytest.fixture(autouse=True)
def no_fault(proxy: MongoProxy) -> None:
    """Lift what the test before has left in the way."""
    proxy.come_back()


@pytest.fixture(scope="module")
def trials(stack, simulator, proxy) -> "Trials":
    return Trials(stack, simulator, proxy, DAY)


class Trials:
    """The daily job through the proxy, again and again on a fresh database."""

    def __init__(self, stack, simulator, proxy: MongoProxy, *days) -> None:
        self.stack, self.simulator, self.proxy, self.days = stack, simulator, proxy, days
        with self.fresh() as pipeline:
            assert self.run(pipeline).success
            self.end = contents(pipeline)
            self.commands = tuple(proxy.seen)

    def fresh(self) -> closing[Pipeline]:
        self.proxy.come_back()
        return closing(Pipeline(self.stack, self.simulator))

    def run(self, pipeline: Pipeline):
        return pipeline.run(*self.days, env=PATIENT | {"INSIGHTS_MONGO_URI": self.proxy.url})

    def assert_mended(self, pipeline: Pipeline) -> None:
        """A run without the fault leads to where an undisturbed one leads."""
        self.proxy.come_back()
        assert self.run(pipeline).success
        assert contents(pipeline) == self.end


def test_whenever_mongodb_goes_away_the_next_run_mends_it(stack, trials, proxy, how_often, tried):
    points = [
        (number, moment)
        for number, name in enumerate(trials.commands)
        for moment in (MOMENTS if name in WRITES else ["before a command"])
    ]
    for number, moment in spread(points, how_often(2, 60)):
        with trials.fresh() as pipeline:
            proxy.at(number, MOMENTS[moment])
            with watching(stack, pipeline.database):
                disturbed = trials.run(pipeline)

            assert not disturbed.success, (number, moment)
            assert AWAY.fullmatch(failure_of(disturbed))
            trials.assert_mended(pipeline)
        tried(
            AREA,
            f"MongoDB goes away {moment} of a run",
            "one sentence says what to start; no reader sees half a document; the next run ends as"
            " an undisturbed one",
        )


def test_a_bulk_that_is_written_in_part_is_completed_by_the_next_run(
    stack, simulator, proxy, how_often, tried
):
    trials = Trials(stack, simulator, proxy, DAY, LAST)
    updates = [number for number, name in enumerate(trials.commands) if name == "update"]
    points = [(number, count) for number in updates for count in (1, 2)]
    for number, count in spread(points, how_often(1, 12)):
        with trials.fresh() as pipeline:
            proxy.at(number, first_of_bulk(count))
            with watching(stack, pipeline.database):
                disturbed = trials.run(pipeline)

            assert AWAY.fullmatch(failure_of(disturbed))
            trials.assert_mended(pipeline)
        tried(
            AREA,
            "MongoDB dies after a part of the days of a range is written",
            "whole days are there or not; the next run ends as an undisturbed one",
        )


def test_one_cut_connection_costs_at_most_a_run(stack, trials, proxy, how_often, tried):
    for number in spread(range(len(trials.commands)), how_often(1, 10)):
        with trials.fresh() as pipeline:
            proxy.at(number, hiccup)
            with watching(stack, pipeline.database):
                disturbed = trials.run(pipeline)

            # The driver asks once more for what it only reads.
            assert disturbed.success is (trials.commands[number] not in WRITES)
            assert disturbed.success or AWAY.fullmatch(failure_of(disturbed))
            trials.assert_mended(pipeline)
        tried(
            AREA,
            "One connection to MongoDB is cut",
            "reads are asked again at once; a write fails the run with a sentence, and the next one"
            " ends as an undisturbed one",
        )


@pytest.mark.long
def test_a_slow_mongodb_is_waited_for(stack, trials, proxy, tried):
    with trials.fresh() as pipeline:
        proxy.on({"find", *WRITES}, late(0.02))
        with watching(stack, pipeline.database):
            assert trials.run(pipeline).success
        assert contents(pipeline) == trials.end
    tried(AREA, "MongoDB answers late, but in time", "the run ends as an undisturbed one")


def test_a_mongodb_that_is_too_slow_is_given_up(stack, trials, proxy, monkeypatch, tried):
    monkeypatch.setattr(connections, "MONGO_ANSWER_SECONDS", 0.3)
    with trials.fresh() as pipeline:
        proxy.on({"update"}, late(0.6))
        with watching(stack, pipeline.database):
            disturbed = trials.run(pipeline)

        assert "(there is no answer in time): see whether it runs" in failure_of(disturbed)
        monkeypatch.undo()
        trials.assert_mended(pipeline)
    tried(
        AREA,
        "MongoDB answers later than it is waited for",
        "one sentence names it; the next run ends as an undisturbed one",
    )


# Refusals, in MongoDB's own words.
READ_ONLY = {
    "no right to write": {
        "ok": 0.0,
        "code": 13,
        "codeName": "Unauthorized",
        "errmsg": 'not authorized on insights to execute command { update: "insight_snapshots" }',
    },
    "a secondary": {
        "ok": 0.0,
        "code": 10107,
        "codeName": "NotWritablePrimary",
        "errmsg": "not primary",
    },
}
REFUSALS = READ_ONLY | {
    "a primary that steps down": {"ok": 0.0, "code": 189, "errmsg": "Primary stepped down"},
    "a full quota": {
        "ok": 0.0,
        "code": 8000,
        "errmsg": "you are over your space quota, using 513 MB of 512 MB",
    },
    "a full disk": {
        "ok": 1.0,
        "n": 0,
        "nModified": 0,
        "writeErrors": [{"index": 0, "code": 14031, "errmsg": "No space left on device"}],
    },
    "no reason": {"ok": 0.0, "code": 13, "errmsg": ""},
    "lines and colours": {"ok": 0.0, "code": 13, "errmsg": "\x1b[31mno\r\n\x9b2Jmore\nlines"},
}
ADVICE = re.compile(
    r"MongoDB at 127\.0\.0\.1:\d+ (refused [^;]+; (grant its user|give it more space)[^;]+"
    r"|is not the primary of its replica set and refused [\w/ ]+: try again after its election, or"
    r" name every member in INSIGHTS_MONGO_URI)\."
)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_told_with_what_to_check(stack, proxy, refusal, tried):
    database, messages = fresh_database(), []
    newer = snapshot(created_at=COMPUTED + timedelta(seconds=1))
    with open_history(stack.mongo_uri, database, Retention()) as direct:
        direct.write_snapshots([snapshot()])
        proxy.on({"update"}, refusing(REFUSALS[refusal]))
        for write in (
            lambda history: history.write_snapshots([newer]),
            lambda history: history.write_values(METRICS, "a/b", {DAY: {}}, "run-2"),
        ):
            with (
                open_history(proxy.url, database, Retention()) as history,
                pytest.raises(StoreError) as refused,
            ):
                write(history)
            messages.append(str(refused.value))

        assert direct.newest_snapshot(CATEGORY) == snapshot()
    for sentence in messages:
        assert ADVICE.fullmatch(sentence), sentence
        assert sentence == one_line(sentence)
    tried(
        AREA,
        "MongoDB refuses a write: rights, secondary, election, quota, disk",
        "one sentence says what to check; what is stored stays",
    )


def test_a_read_only_mongodb_changes_nothing_anywhere(stack, trials, proxy, how_often, tried):
    for refusal in spread(list(READ_ONLY), how_often(1, 2)):
        with trials.fresh() as pipeline:
            assert pipeline.run(DAY - timedelta(days=1), env=PATIENT).success
            day_before = contents(pipeline)
            proxy.on(WRITES, refusing(READ_ONLY[refusal]))
            with watching(stack, pipeline.database):
                disturbed = trials.run(pipeline)

            assert ADVICE.fullmatch(failure_of(disturbed))
            assert contents(pipeline) == day_before
            proxy.come_back()
            assert trials.run(pipeline).success
            assert contents(pipeline)["latest"] == trials.end["latest"]
        tried(
            AREA,
            "A run on a MongoDB that takes no writes",
            "it fails with one sentence, and neither store changes; the next run ends as an"
            " undisturbed one",
        )


def meeting(parties: int) -> Fault:
    """Let requests wait for one another, so that all arrive at the same instant."""
    barrier = threading.Barrier(parties, timeout=0.5)

    def fault(exchange: Exchange) -> None:
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        exchange.pass_on()

    return fault


def test_writers_of_one_day_who_meet_leave_one_document(stack, proxy, how_often, tried):
    days = days_from(DAY, how_often(5, 150))
    writers = 4

    def write(history, day, number: int) -> None:
        history.write_snapshots([snapshot(day, COMPUTED + number * timedelta(seconds=1))])
        outcome = documents.dataset_document(dataset())
        history.write_values(DATASETS, "market_data/treasury_2y", {day: outcome}, f"run-{number}")

    database = fresh_database()
    with (
        open_history(proxy.url, database, Retention()) as history,
        ThreadPoolExecutor(writers) as threads,
    ):
        history.write_snapshots([snapshot(DAY - timedelta(days=1))])  # the indexes are there
        for day in days:
            proxy.come_back()
            first = meeting(writers)
            proxy.fault = lambda number, _name, first=first: first if number < writers else None
            for written in [threads.submit(write, history, day, n) for n in range(writers)]:
                written.result()

        stored = history.snapshots(CATEGORY, days[0], days[-1])
        assert [snapshot.date for snapshot in reversed(stored)] == days
        assert {snapshot.created_at for snapshot in stored} == {
            COMPUTED + timedelta(seconds=writers - 1)
        }
        assert len(history.dataset_states(["market_data/treasury_2y"], days[0], days[-1])) == len(
            days
        )
    tried(
        AREA,
        "Four writers of one day meet at MongoDB",
        "one document a day, the newest computation",
        times=len(days),
    )
