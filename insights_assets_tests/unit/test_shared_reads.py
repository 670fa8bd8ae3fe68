"""Readers at once: guards against a store that is asked as often as it has readers.

Also against the price of that: an answer that is older than its question.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from insights_assets.serving.shared_reads import SharedReads

READERS = 20


@pytest.fixture
def slow():
    """A store whose answer is the time of asking, and that can be told to fail."""

    class Slow:
        def __init__(self):
            self.asked = []
            self.error = None

        def __call__(self, key):
            self.asked.append(key)
            now = time.monotonic()
            time.sleep(0.05)
            if self.error:
                raise self.error
            return now

    return Slow()


def ask_at_once(read):
    """Ask with all readers at once; return what each got, and when it had asked."""
    together = threading.Barrier(READERS)

    def ask(_):
        together.wait()
        came = time.monotonic()
        return came, read("key")

    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(ask, range(READERS)))


def test_readers_at_once_cost_few_reads_and_none_gets_what_was_read_before_it_asked(slow):
    answers = ask_at_once(SharedReads(slow))

    assert len(slow.asked) <= READERS / 2
    assert all(read_at >= came for came, read_at in answers)


def test_who_asks_alone_is_read_for_every_time(slow):
    read = SharedReads(slow)

    assert read("key") < read("key")
    assert read("another") > read("key") - 10
    assert slow.asked == ["key", "key", "another", "key"]


def test_an_error_is_everybodys_who_waited_and_nobodys_afterwards(slow):
    read = SharedReads(slow)
    slow.error = ConnectionError("away")

    with pytest.raises(ConnectionError, match="away"):
        ask_at_once(read)
    assert len(slow.asked) <= READERS / 2
    slow.error = None
    assert read("key")
