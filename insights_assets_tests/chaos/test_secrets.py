"""Every secret of the environment, under every fault, looked for wherever something is written.

What these tests guard against: a password in the message of an error, in the log of a library, in
an event of Dagster's, in a stored document, in an answer of the UI or on a command line.
"""

import logging
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import httpx
import pytest

from insights_assets.categories import CATEGORIES
from insights_assets.definitions import build_definitions
from insights_assets.settings import load_settings
from insights_assets.simulator import fred
from insights_assets.simulator.faults import FRED_KINDS
from insights_assets.storage import connections
from insights_assets_tests.chaos.proxy_support import (
    Fault,
    MongoProxy,
    RedisProxy,
    after,
    before,
    late,
    refusing,
)
from insights_assets_tests.chaos.store_support import DAY, spread
from insights_assets_tests.integration.test_secrets import EVERYTHING, files_with
from insights_assets_tests.support.alerts import receiver
from insights_assets_tests.support.daemon import end_group, wait_until
from insights_assets_tests.support.pipeline import Pipeline
from insights_assets_tests.support.storage import closed_port

AREA = "Security"
UNAUTHORIZED = refusing({"ok": 0.0, "code": 13, "errmsg": "not authorized"})
REFUSED_LOGIN = {"ok": 0.0, "code": 18, "errmsg": "Authentication failed."}
SECRETS = {
    "key": "K3Y-0F-TH3-V3ND0R",
    "fred": "k3y0ffr3d".ljust(32, "0"),
    "mongo": "PW-0F-M0NG0DB",
    "redis": "PW-0F-R3D1S",
    "admin": "PW-0F-4DM1NS",
    "jwt": "K3Y-0F-JWT-32-BYTES-0R-M0RE-0F-1T",
    "reader": "T0K3N-0F-R34D3RS",
    "webhook": "S3CR3TPATH",
}


def written_with(text: str) -> set[str]:
    """The secrets that a text repeats, as they are or as URLs, headers and dumps write them."""
    return {
        name
        for name, secret in SECRETS.items()
        for written in (secret, quote(secret), b64encode(secret.encode()).decode())
        if written.lower() in text.lower()
    }


Arrange = Callable[["World"], None]


@dataclass
class World:
    """The daily job, its stores behind proxies, and an environment full of secrets."""

    pipeline: Pipeline
    mongo: MongoProxy
    cache: RedisProxy
    environment: dict[str, str]


@pytest.fixture
def world(pipeline, mongo, cache) -> Iterator[World]:
    """Both categories, and secrets that really open the stores."""
    pipeline.categories = CATEGORIES[:2]
    user = f"ACL SETUSER operator on >{SECRETS['redis']} ~* &* +@all"
    pipeline.redis.execute_command(user)
    with receiver() as webhook:
        environment = pipeline.environment | {
            "INSIGHTS_MONGO_URI": mongo.url.replace("//", f"//operator:{SECRETS['mongo']}@")
            + "/?authMechanism=PLAIN",
            "INSIGHTS_REDIS_URL": cache.url.replace("//", f"//operator:{SECRETS['redis']}@"),
            "ALPHA_VANTAGE_API_KEY": SECRETS["key"],
            "FRED_API_KEY": SECRETS["fred"],
            "INSIGHTS_ADMIN_SECRET": SECRETS["admin"],
            "INSIGHTS_JWT_SECRET": SECRETS["jwt"],
            "INSIGHTS_READ_TOKEN": SECRETS["reader"],
            "INSIGHTS_ALERT_WEBHOOK_URL": webhook.url,
        }
        yield World(pipeline, mongo, cache, environment)
    pipeline.redis.execute_command("ACL DELUSER operator")


def vendor_says(kind: str) -> Arrange:
    def arrange(world: World) -> None:
        befallen = [f for f in EVERYTHING if f != fred.FUNCTION or kind in FRED_KINDS]
        world.pipeline.simulator.set_faults([f"{function}={kind}" for function in befallen])

    return arrange


def mongo_is(fault: Fault, *names: str) -> Arrange:
    def arrange(world: World) -> None:
        world.mongo.on(set(names), fault)

    return arrange


def redis_is(fault: Fault, *names: str) -> Arrange:
    def arrange(world: World) -> None:
        world.cache.on(set(names), fault)

    return arrange


def no_login(world: World) -> None:
    world.mongo.login = REFUSED_LOGIN


def wrong_password(world: World) -> None:
    world.pipeline.redis.execute_command("ACL SETUSER operator resetpass")


FAULTS: dict[str, Arrange] = {
    "MongoDB refuses the password": no_login,
    "no fault": lambda *_: None,
    "MongoDB is gone": mongo_is(before, "find"),
    "MongoDB goes away in a write": mongo_is(after, "update"),
    "MongoDB takes no writes": mongo_is(UNAUTHORIZED, "update"),
    "MongoDB is slow": mongo_is(late(0.02), "find", "update"),
    "Redis is gone": redis_is(before, "MGET"),
    "Redis goes away in a write": redis_is(after, "SET"),
    "Redis refuses the password": wrong_password,
    "the vendor's limit is met": vendor_says("dailylimit_with_key"),
    "the vendor hangs up": vendor_says("disconnect"),
    "the vendor answers garbage": vendor_says("malformed"),
    "the vendor repeats the key": vendor_says("badkey"),
}


HARMLESS = {"no fault", *(fault for fault in FAULTS if "Redis" in fault or "slow" in fault)}


def ticks(instance: dg.DagsterInstance) -> list[str]:
    """What the sensors say of the same stores."""
    texts = []
    definitions = build_definitions(load_settings())
    for sensor in definitions.sensors or []:
        if isinstance(sensor, dg.RunStatusSensorDefinition):
            continue
        with dg.build_sensor_context(instance=instance, definitions=definitions) as context:
            texts.append(str(sensor.evaluate_tick(context)))
    return texts


def test_no_secret_is_written_anywhere_whatever_goes_wrong(
    world, monkeypatch, request, how_often, tried
):
    pipeline, mongo, cache = world.pipeline, world.mongo, world.cache
    caplog, capfd = map(request.getfixturevalue, ("caplog", "capfd"))
    monkeypatch.setattr(connections, "MONGO_TIMEOUT_SECONDS", 0.2)
    caplog.set_level(logging.DEBUG)
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    for fault in spread(list(FAULTS), how_often(2, len(FAULTS))):
        pipeline.simulator.set_faults([])
        pipeline.mongo.client.drop_database(pipeline.database)
        pipeline.redis.flushall()
        pipeline.redis.execute_command(f"ACL SETUSER operator resetpass >{SECRETS['redis']}")
        mongo.come_back()
        cache.come_back()
        mongo.login = MongoProxy.login
        FAULTS[fault](world)

        run = pipeline.run(DAY, env=world.environment)

        assert run.success is (fault in HARMLESS), fault
        records = pipeline.instance.all_logs(run.run_id)
        seen = {
            "log": caplog.text,
            "output": "".join(capfd.readouterr()),
            "events": "".join(map(repr, records)),
            "run": repr(pipeline.instance.get_run_by_id(run.run_id)),
            "ticks": "".join(ticks(pipeline.instance)),
            "MongoDB": "".join(
                repr(document)
                for name in pipeline.mongo.list_collection_names()
                for document in pipeline.mongo[name].find()
            ),
            "Redis": "".join(repr(pipeline.redis.dump(key)) for key in pipeline.redis.scan_iter()),
        }
        assert len(seen["log"]) > 1000
        assert len(records) > 10
        assert {
            place: places for place, text in seen.items() if (places := written_with(text))
        } == {}
        caplog.clear()
        tried(
            AREA,
            "All secrets, looked for in logs, output, events, ticks and both stores under a fault",
            "none is found",
            times=len(SECRETS),
        )


SEEN_IN_THE_UI = """
{
  repositoriesOrError { ... on RepositoryConnection { nodes {
    displayMetadata { key value }
    pipelines { name description tags { key value } metadataEntries { label ...Text }
      modes { resources { name description configField { defaultValueAsJson } } } }
    schedules { name scheduleState { ticks(limit: 9) { skipReason error { message stack } } } }
    sensors { name description sensorState { ticks(limit: 9) {
      status skipReason cursor error { message stack } logEvents { events { message } } } } }
    allTopLevelResourceDetails { name description resourceType
      configFields { name description defaultValueAsJson }
      configuredValues { key value type } }
    assetNodes { assetKey { path } description metadataEntries { label ...Text } }
  } } }
  workspaceOrError { ... on Workspace { locationEntries { name displayMetadata { key value }
    locationOrLoadError { ... on PythonError { message stack } } } } }
  instance { info daemonHealth { allDaemonStatuses { lastHeartbeatErrors { message stack } } } }
  runsOrError { ... on Runs { results {
    runId status runConfigYaml tags { key value }
    eventConnection { events { __typename ... on MessageEvent { message }
      ... on ErrorEvent { error { message stack errorChain { error { message stack } } } }
      ... on DisplayableEvent { label description metadataEntries { label description ...Text } }
    } }
  } } }
}
fragment Text on MetadataEntry { ... on TextMetadataEntry { text } ... on JsonMetadataEntry {
  jsonString } ... on TableMetadataEntry { table { records } } }
"""


def command_lines() -> list[str]:
    """The command line of every process of this machine: as anybody on it can read them."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return lines


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no process list to read")
def test_no_secret_is_in_the_process_list_or_the_ui(world, tmp_path, tried):
    mongo, cache = world.mongo, world.cache
    ui, api = closed_port(), closed_port()
    command = [sys.executable, "-m", "insights_assets.cli", "dev"]
    lines: set[str] = set()
    with (tmp_path / "dev.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(ui), "--api-port", str(api)],
            cwd=tmp_path,
            env={
                **os.environ,
                **world.environment,
                "PYTHONUNBUFFERED": "1",
                "INSIGHTS_START_DATE": "2021-01-04",
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with httpx.Client(trust_env=False, timeout=60) as client:

            def asked(question: str) -> dict:
                lines.update(command_lines())
                with suppress(httpx.TransportError):
                    url = f"http://127.0.0.1:{ui}/graphql"
                    response = client.post(url, json={"query": question})
                    return response.json() if response.is_success else {}
                return {}

            def ended(run_id: str) -> bool:
                reply = asked(f'{{ runOrError(runId: "{run_id}") {{ ... on Run {{ status }} }} }}')
                run = reply.get("data", {}).get("runOrError", {})
                return run.get("status") in {"SUCCESS", "FAILURE"}

            def trigger() -> str:
                response = client.post(
                    f"http://127.0.0.1:{api}/api/admin/insights/trigger-snapshot",
                    headers={"X-Admin-Secret": SECRETS["admin"]},
                    json={"date": str(DAY)},
                )
                assert response.status_code == 202, response.text
                return response.json()["run_id"]

            def run_to_the_end() -> None:
                run_id = trigger()
                wait_until(lambda: ended(run_id))

            wait_until(lambda: asked("{ version }"))
            run_to_the_end()
            mongo.login = REFUSED_LOGIN
            mongo.go()
            mongo.away = False
            cache.on({"MGET", "SET"}, before)
            run_to_the_end()
            shown = httpx.Response(200, json=asked(SEEN_IN_THE_UI)).text
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        end_group(process.pid)
        process.wait()

    assert "errors" not in shown[:200], shown[:2000]
    for visible in ("INSIGHTS_MONGO_URI", "refused", str(DAY)):
        assert visible in shown, visible
    for started in ("insights_assets.cli dev", "cli api", "webserver", "daemon run", "api grpc"):
        assert [line for line in lines if started in line], started
    assert written_with(shown) == set()
    assert [line for line in lines if written_with(line)] == []
    assert [f for secret in SECRETS.values() for f in files_with(secret, tmp_path)] == []
    assert list(files_with("daily_snapshot", tmp_path)), "the search finds what is there"
    tried(
        AREA,
        "All secrets, looked for in the UI, its files and every command line of insights dev",
        "none is found",
        times=len(SECRETS),
    )
