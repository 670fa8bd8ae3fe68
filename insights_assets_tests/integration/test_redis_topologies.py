"""Redis as operators run it: users with few rights, TLS, replicas, Sentinel, a cluster.

What these tests guard against: rights in the documentation that are too few or more than needed, a
failover after which readers are shown an old day, and a topology that fails a run or is told with a
riddle. Real servers, because only they have these properties.
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import ConnectionPool

from insights_assets.serving.latest_reader import LatestReader, Stored
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.errors import StoreError, StoreRefused, StoreUnreachable
from insights_assets.storage.indexes import Retention
from insights_assets.vendors.rate_limit import RateLimiter
from insights_assets_tests.support.daemon import wait_until
from insights_assets_tests.support.pipeline import Pipeline
from insights_assets_tests.support.redis_servers import (
    Servers,
    certificate,
    needs_redis,
    redis_servers,
    speaks_tls,
)
from insights_assets_tests.support.storage import CATEGORY, DAY, fresh_database, snapshot

pytestmark = needs_redis

DOCUMENTATION = Path(__file__).parents[2] / "docs/stores.md"
NOW = datetime(2025, 1, 9, 15, 30, tzinfo=UTC)
YESTERDAY = snapshot(DAY - timedelta(days=1))
RIGHTS = [
    "mget",
    "get",
    "set",
    "del",
    "evalsha",
    "script|load",
    "lindex",
    "lpush",
    "ltrim",
    "expire",
]
REPLICA = ("--repl-diskless-sync-delay", 0, "--replicaof", "127.0.0.1")
KEYS = "~insights:* ~market:* ~macro:* ~sentiment:*"


@pytest.fixture
def servers(tmp_path) -> Iterator[Servers]:
    with redis_servers(tmp_path) as starting:
        yield starting


@pytest.fixture
def history(stack):
    with open_history(stack.mongo_uri, fresh_database(), Retention()) as opened:
        opened.write_snapshots([YESTERDAY, snapshot()])
        yield opened


@contextmanager
def reading(history, url: str) -> Iterator[LatestReader]:
    """A reader that knows the history already."""
    with open_latest(url, "insights") as latest:
        reader = LatestReader(history, latest, clock=lambda: NOW)
        reader._real = False
        yield reader


def publish(url: str, composed=None) -> bool:
    with open_latest(url, "insights") as latest:
        return latest.publish(composed or snapshot(), NOW)


def published(result) -> list[str]:
    return [
        event.materialization.metadata["published"].text
        for event in result.get_asset_materialization_events()
        if event.asset_key.path[-1] == "latest_snapshot"
    ]


def acl(*rights: str) -> str:
    granted = " ".join(f"+{right}" for right in rights)
    return f"ACL SETUSER insights reset on >pw {KEYS} -@all {granted}"


# Users


def test_the_least_rights_of_the_documentation_are_enough_for_a_run(
    servers, stack, simulator, caplog
):
    server = servers.start()
    documented = DOCUMENTATION.read_text(encoding="utf-8")
    assert all(f"+{right}" in documented for right in RIGHTS)
    assert KEYS in documented
    server.admin.execute_command(acl(*RIGHTS))
    pipeline = Pipeline(stack, simulator, database="insights")
    url = server.url.replace("//", "//insights:pw@")

    result = pipeline.run(DAY, env={"INSIGHTS_REDIS_URL": url})

    assert result.success
    assert published(result) == [f"Redis holds the snapshot of {DAY} for 86400 s."] * len(
        published(result)
    )
    assert not [message for message in caplog.messages if "Redis" in message]
    refused = {entry["object"] for entry in server.admin.acl_log()}
    assert refused <= {"client"}  # the driver introduces itself, and goes on where it may not
    pipeline.mongo.client.drop_database("insights")
    pipeline.close()


@pytest.mark.parametrize("lacking", [right for right in RIGHTS if right != "del"])
def test_each_of_the_least_rights_is_needed(acl_server, lacking, caplog):
    acl_server.admin.script_flush()
    acl_server.admin.flushall()
    acl_server.admin.execute_command(acl(*[right for right in RIGHTS if right != lacking]))

    messages = complaints(acl_server.url.replace("//", "//insights:pw@"), caplog)

    assert messages


@pytest.fixture(scope="module")
def acl_server(tmp_path_factory):
    with redis_servers(tmp_path_factory.mktemp("acl")) as starting:
        yield starting.start()


def complaints(url: str, caplog) -> list[str]:
    """Use all that is used of Redis; return what is said about it."""
    messages = []
    try:
        with open_latest(url, "insights") as latest:
            latest.publish(snapshot(), NOW)
            assert latest.read(CATEGORY) == snapshot()
    except StoreError as error:
        messages.append(str(error))

    async def acquire() -> None:
        pool = ConnectionPool.from_url(url)
        limiter = RateLimiter(1000, pool)
        for _ in range(2):
            await limiter.acquire()
        await pool.aclose()

    asyncio.run(acquire())
    return [*messages, *caplog.messages]


def test_a_wrong_password_is_told_without_it(servers):
    server = servers.start("--requirepass", "secret")

    with pytest.raises(StoreRefused) as refused:
        publish(server.url.replace("//", "//:hunter2@"))

    assert str(refused.value) == (
        "Redis refused serving the latest snapshot: it does not accept the user name and password;"
        " correct them in INSIGHTS_REDIS_URL."
    )


# TLS


@pytest.mark.skipif(not speaks_tls(), reason="this redis-server was built without TLS")
def test_tls_works_with_its_authority_and_says_what_else_is_wrong(servers, tmp_path):
    path, key = certificate(tmp_path, "server")
    other, _ = certificate(tmp_path, "other")
    server = servers.start(
        *("--tls-cert-file", path, "--tls-key-file", key, "--tls-ca-cert-file", path),
        *("--tls-auth-clients", "no", "--tls-port", (port := servers.port()), "--port", 0),
        port=port,
    )
    secure = server.url.replace("redis:", "rediss:")

    assert publish(f"{secure}?ssl_ca_certs={path}")
    messages = {}
    plain = servers.start()
    for name, url in {
        "unknown authority": secure,
        "another authority": f"{secure}?ssl_ca_certs={other}",
        "no such file": f"{secure}?ssl_ca_certs=/no/such.pem",
        "no TLS asked": server.url,
        "no TLS spoken": plain.url.replace("redis:", "rediss:"),
    }.items():
        with pytest.raises(StoreUnreachable) as away:
            publish(url)
        messages[name] = str(away.value)

    assert "signed by nobody who is trusted here" in messages["unknown authority"]
    assert "ssl_ca_certs in INSIGHTS_REDIS_URL" in messages["another authority"]
    assert "a file or socket that INSIGHTS_REDIS_URL names" in messages["no such file"]
    assert "whether it expects TLS (rediss:// in" in messages["no TLS asked"]
    assert (
        "does not speak TLS" in messages["no TLS spoken"]
        or "no answer" in messages["no TLS spoken"]
    )


# Replicas


def test_a_read_only_replica_never_shows_an_old_day(servers, history):
    primary = servers.start()
    publish(primary.url, YESTERDAY)
    replica = servers.start(*REPLICA, primary.port)
    wait_until(lambda: replica.admin.exists(f"insights:{CATEGORY}:latest"), seconds=10)

    with reading(history, replica.url) as reader:
        assert reader.read(CATEGORY) == Stored(snapshot(), "mongodb")
    with pytest.raises(StoreRefused) as refused:
        publish(replica.url)

    assert str(refused.value) == (
        "Redis refused serving the latest snapshot: it is a replica and takes no writes; name its"
        " primary in INSIGHTS_REDIS_URL, or an address that follows it."
    )


def test_a_recomputed_day_is_not_hidden_by_a_replica_that_holds_its_first_computation(
    servers, history
):
    primary = servers.start()
    first = snapshot(score=10.0, created_at=snapshot().created_at - timedelta(hours=1))
    publish(primary.url, first)
    replica = servers.start(*REPLICA, primary.port)
    wait_until(lambda: replica.admin.exists(f"insights:{CATEGORY}:latest"), seconds=10)

    with reading(history, replica.url) as reader:
        assert reader.read(CATEGORY) == Stored(snapshot(), "mongodb")


def test_a_failover_of_sentinel_costs_nobody_the_newest_snapshot(servers, history):
    primary = servers.start()
    replica = servers.start(*REPLICA, primary.port)
    wait_until(lambda: replica.admin.info("replication")["master_link_status"] == "up", 10)
    publish(primary.url, YESTERDAY)
    sentinel = servers.start_sentinel(primary)
    wait_until(lambda: sentinel.admin.sentinel_slaves("insights"), seconds=10)

    primary.process.send_signal(signal.SIGKILL)
    primary.process.wait()
    wait_until(lambda: replica.admin.info("replication")["role"] == "master", seconds=20)
    assert publish(replica.url)  # the address that follows the primary
    with reading(history, primary.url) as reader:
        assert reader.read(CATEGORY) == Stored(snapshot(), "mongodb")
    with reading(history, replica.url) as reader:
        assert reader.read(CATEGORY) == Stored(snapshot(), "redis")

    back = servers.start(*REPLICA, replica.port, port=primary.port)
    wait_until(lambda: back.admin.info("replication")["role"] == "slave", seconds=10)
    with reading(history, back.url) as reader:
        assert reader.read(CATEGORY).snapshot == snapshot()
    with pytest.raises(StoreRefused, match="is a replica"):
        publish(back.url)


# A cluster


def test_a_cluster_costs_the_cache_and_is_named(servers, history, stack, simulator):
    nodes = servers.start_cluster()
    messages = set()
    for node in nodes:
        try:
            publish(node.url)
        except StoreRefused as error:
            messages.add(str(error))
        with reading(history, node.url) as reader:
            assert reader.read(CATEGORY).snapshot == snapshot()
    (sentence,) = messages
    assert "it is a node of a cluster; name a single primary in INSIGHTS_REDIS_URL" in sentence

    with ExitStack() as closing:
        pipeline = Pipeline(stack, simulator)
        closing.callback(pipeline.close)
        result = pipeline.run(DAY, env={"INSIGHTS_REDIS_URL": nodes[0].url})

        assert result.success
        assert pipeline.snapshot(DAY)
