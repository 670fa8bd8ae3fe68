"""The past in memory: guards against a reader who waits for it, and one who is told an old past.

Also against a store that is away and makes every reader wait.
"""

import threading
import time
from datetime import date, timedelta

import pytest

from insights_assets.model.context import context_of
from insights_assets.serving.past import (
    KEPT_CONTEXTS,
    LONGEST_SECONDS,
    REFRESH_SECONDS,
    RETRY_SECONDS,
    PastSnapshots,
)
from insights_assets.storage.errors import StoreUnreachable
from insights_assets_tests.support.storage import DAY, snapshot

NEWEST = snapshot(DAY, score=60)
EARLIER = [snapshot(DAY - timedelta(days=n), score=50.0 + n) for n in range(1, 30)]


class History:
    """MongoDB as a test needs it: counts reads, may be slow or away."""

    def __init__(self, snapshots):
        self.snapshots_held = list(snapshots)
        self.reads = 0
        self.away = False
        self.seconds = 0.0

    def snapshots(self, _category_id, first, last):
        self.reads += 1
        time.sleep(self.seconds)
        if self.away:
            raise StoreUnreachable("MongoDB does not answer")
        return [snapshot for snapshot in self.snapshots_held if first <= snapshot.date <= last]


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def history():
    return History(EARLIER)


@pytest.fixture
def past(history, clock):
    return PastSnapshots(history, clock)


def wait_for(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_past_is_read_once_for_many_readers_and_a_newer_snapshot(past, history):
    contexts = [past.context(NEWEST) for _ in range(50)]
    tomorrow = snapshot(DAY + timedelta(days=1), score=61)

    assert contexts[0] == context_of(NEWEST, EARLIER)
    assert all(item is contexts[0] for item in contexts)
    assert past.context(tomorrow).band_since < DAY
    assert history.reads == 1


def test_a_backfill_is_seen_within_a_minute_and_nobody_waits_for_it(past, history, clock):
    before = past.context(NEWEST)
    history.snapshots_held.append(snapshot(DAY - timedelta(days=366), score=99))
    history.seconds = 0.2
    clock.time += REFRESH_SECONDS

    began = time.monotonic()
    assert past.context(NEWEST) is before
    assert time.monotonic() - began < 0.1
    wait_for(lambda: past.context(NEWEST) is not before)
    assert past.context(NEWEST).ago.year.composite_score == 99
    assert history.reads == 2


def test_after_a_long_silence_the_past_is_read_before_it_is_told(past, history, clock):
    past.context(NEWEST)
    history.snapshots_held.append(snapshot(DAY - timedelta(days=366), score=99))
    clock.time += LONGEST_SECONDS

    assert past.context(NEWEST).ago.year.composite_score == 99


def test_many_first_readers_at_once_cause_one_read(past, history):
    history.seconds = 0.1
    threads = [threading.Thread(target=past.context, args=[NEWEST]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert history.reads == 1


def test_without_mongodb_there_is_no_context_and_one_reader_waits(past, history, clock):
    history.away, history.seconds = True, 0.2

    began = time.monotonic()
    assert [past.context(NEWEST) for _ in range(20)] == [None] * 20
    assert time.monotonic() - began < 1

    history.away = False
    clock.time += RETRY_SECONDS
    wait_for(lambda: past.context(NEWEST) is not None)


def test_what_is_kept_stays_small(past):
    for n in range(3 * KEPT_CONTEXTS):
        past.context(snapshot(date(2024, 1, 1) + timedelta(days=n)))

    assert len(past._contexts) == KEPT_CONTEXTS
