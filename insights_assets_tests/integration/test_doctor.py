"""`insights doctor`: each trouble is found, named and told with what to do.

What these tests guard against: a right that is lacking and not named, and an examination that
leaves something behind in a store.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pymongo
import pytest
from pydantic import SecretStr

from insights_assets.categories import CATEGORIES
from insights_assets.doctor import Finding, examine
from insights_assets.settings import Settings
from insights_assets.storage import connections
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.indexes import METRICS, SNAPSHOTS, Retention
from insights_assets.vendors.registry import WIRES
from insights_assets_tests.chaos.proxy_support import MongoProxy, refusing
from insights_assets_tests.support.redis_servers import needs_redis
from insights_assets_tests.support.storage import (
    COMPUTED,
    closed_port,
    fresh_database,
    snapshot,
)

CATEGORY = CATEGORIES[0]


@pytest.fixture
def settings(stack, simulator, redis) -> Settings:
    """Stores with one snapshot, and every vendor's address that of the simulator."""
    configured = Settings(
        mongo_uri=SecretStr(stack.mongo_uri),
        mongo_database=fresh_database(),
        redis_url=SecretStr(stack.redis_url),
        **{wire.url_variable: simulator.base_url for wire in WIRES.values()},
        **{wire.key_variable: SecretStr("K3Y0F4T3ST") for wire in WIRES.values()},
    )
    with (
        open_history(stack.mongo_uri, configured.mongo_database, Retention()) as history,
        open_latest(stack.redis_url, configured.mongo_database) as latest,
    ):
        stored = snapshot(category=CATEGORY.id)
        history.write_snapshots([stored])
        latest.publish(stored, COMPUTED)
    return configured


@pytest.fixture
def proxy(stack) -> Iterator[MongoProxy]:
    with MongoProxy(stack.mongo_uri) as standing:
        yield standing


def amiss(settings: Settings) -> list[Finding]:
    return [finding for finding in examine(settings) if finding.verdict != "ok"]


def test_where_all_is_well_nothing_is_amiss_and_nothing_is_left_behind(stack, settings, redis):
    with pymongo.MongoClient(stack.mongo_uri) as client:
        database = client[settings.mongo_database]
        held = list(database[SNAPSHOTS].find()), redis.keys()

        findings = list(examine(settings))

        assert [finding for finding in findings if finding.verdict != "ok"] == []
        assert (
            list(database[SNAPSHOTS].find()),
            redis.keys("insights*") + redis.keys("test*"),
        ) == held
        assert database[METRICS].count_documents({}) == 0
    areas = {finding.area for finding in findings}
    assert areas == {"This machine", "MongoDB", "Redis"} | {w.title for w in WIRES.values()}
    assert "K3Y0F4T3ST" not in str(findings)


def test_stores_that_are_away_are_told_with_what_to_do(settings, monkeypatch):
    monkeypatch.setattr(connections, "MONGO_TIMEOUT_SECONDS", 0.1)
    away = settings.model_copy(
        update={
            "mongo_uri": SecretStr(f"mongodb://me:hunter2@127.0.0.1:{closed_port()}"),
            "redis_url": SecretStr(f"redis://:hunter2@127.0.0.1:{closed_port()}/0"),
        }
    )

    mongodb, redis = amiss(away)

    assert (mongodb.area, mongodb.verdict) == ("MongoDB", "wrong")
    assert (redis.area, redis.verdict) == ("Redis", "warning")
    assert "nothing listens there" in mongodb.found
    assert "nothing listens there" in redis.found
    assert "hunter2" not in str((mongodb, redis))


@pytest.mark.parametrize(
    ("command", "subject", "verdict"),
    [
        ("find", "connection", "wrong"),
        ("update", "right insert and update", "wrong"),
        ("delete", "right remove", "warning"),
        ("createIndexes", "right createIndex", "warning"),
        ("dropIndexes", "right dropIndex", "warning"),
        ("collMod", "right collMod", "warning"),
    ],
)
def test_each_right_of_mongodb_that_is_lacking_is_named(settings, proxy, command, subject, verdict):
    refused = {"ok": 0.0, "code": 13, "errmsg": f"not authorized to execute command {command}"}
    proxy.on({command}, refusing(refused))

    findings = amiss(settings.model_copy(update={"mongo_uri": SecretStr(proxy.url)}))

    named = {finding.subject: finding for finding in findings if finding.area == "MongoDB"}
    assert named[subject].verdict == verdict
    assert f"not authorized to execute command {command}" in named[subject].found


@needs_redis
def test_each_right_of_redis_that_is_lacking_is_named(settings, redis):
    redis.execute_command("ACL SETUSER reader reset on >pw ~test_* -@all +mget")
    url = settings.redis_url.get_secret_value().replace("//", "//reader:pw@")

    findings = amiss(settings.model_copy(update={"redis_url": SecretStr(url)}))

    redis.execute_command("ACL DELUSER reader")
    lacking = {
        finding.subject.removeprefix("right ") for finding in findings if finding.area == "Redis"
    }
    assert {"get", "set", "del", "evalsha", "script|load", "lindex", "keys macro:*"} <= lacking
    assert "mget" not in lacking
    assert all("docs/stores.md" in finding.found for finding in findings)


def test_what_is_not_ours_or_cannot_be_read_is_counted_and_named(stack, settings):
    with pymongo.MongoClient(stack.mongo_uri) as client:
        snapshots = client[settings.mongo_database][SNAPSHOTS]
        foreign = snapshots.insert_one({"category_id": "x", "date": COMPUTED}).inserted_id
        snapshots.update_one({"_id": {"$ne": foreign}}, {"$unset": {"coverage": ""}})

        findings = [finding for finding in amiss(settings) if finding.subject == "snapshots"]

    damaged, others = findings
    assert damaged.found.endswith(f"left out: {CATEGORY.id}:2025-01-09")
    assert "materialize" in damaged.advice
    assert str(foreign) in others.found
    assert "`insights migrate" in others.advice


def test_another_retention_and_another_snapshot_in_redis_are_told(settings, redis):
    redis.delete(f"{settings.mongo_database}:{CATEGORY.id}:latest")

    findings = amiss(settings.model_copy(update={"snapshot_retention_days": 30}))

    retention, latest = (
        finding for finding in findings if finding.area != "Redis" or CATEGORY.id in finding.subject
    )
    assert retention.subject == "retention of insight_snapshots"
    assert "kept forever, the environment says 30 days" in retention.found
    assert latest.subject == f"latest of {CATEGORY.id}"
    assert "in Redis is none" in latest.found


def test_a_vendor_without_a_key_is_a_warning_that_names_its_categories(settings):
    lacking = settings.model_copy(update={"fred_api_key": SecretStr("")})

    [finding] = amiss(lacking)

    assert (finding.area, finding.subject, finding.verdict) == ("FRED", "key", "warning")
    assert "macro_environment" in finding.advice
    assert amiss(lacking.model_copy(update={"categories": (CATEGORY.id,)})) == []


def test_the_command_tells_programs_and_ends_with_1_if_something_is_wrong(settings):
    environment = {
        **os.environ,
        "INSIGHTS_MONGO_URI": f"mongodb://127.0.0.1:{closed_port()}",
        "INSIGHTS_REDIS_URL": settings.redis_url.get_secret_value(),
        **{wire.url_variable: "http://127.0.0.1:1/query" for wire in WIRES.values()},
        **{wire.key_variable: "K3Y0F4T3ST" for wire in WIRES.values()},
    }
    command = [sys.executable, "-m", "insights_assets.cli", "doctor", "--json"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert run.stderr == ""
    wrong = [
        finding for finding in json.loads(run.stdout)["findings"] if finding["verdict"] == "wrong"
    ]
    assert [finding["area"] for finding in wrong] == [*(w.title for w in WIRES.values()), "MongoDB"]
