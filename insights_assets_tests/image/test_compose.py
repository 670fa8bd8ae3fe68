"""The parts of docs/compose.yaml as containers, up to a snapshot in both stores.

What these tests guard against: a compose file that reads well and whose parts do not find each
other, as where a run of the code server has no password for PostgreSQL. Only names and ports are
other than in the file: the containers share this machine's network.
"""

from contextlib import ExitStack
from datetime import date

import httpx
import pytest

from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.compose import COMPOSE, configs, pod_of
from insights_assets_tests.support.containers import answers, execute, run_pod, started, wait_until
from insights_assets_tests.support.pipeline import Pipeline
from insights_assets_tests.support.postgres import PASSWORD, PostgresServer
from insights_assets_tests.support.storage import closed_port

pytestmark = pytest.mark.long

DAY = date(2025, 1, 9)
DATABASE = "INSIGHTS_MONGO_DATABASE"
SECRET = "adm1n-s3cret-of-the-tests"


@pytest.fixture
def parts(image, stack, tmp_path):
    """Start a service of the file by its name; the value has the addresses of this machine."""
    with (
        PostgresServer() as postgres,
        SimulatorServer(SimulatorOptions()) as simulator,
        ExitStack() as running,
    ):
        pipeline = Pipeline(stack, simulator)
        running.callback(pipeline.close)
        yield Parts(tmp_path, postgres.port, pipeline, running)


class Parts:
    """Services of the compose file, started one by one."""

    def __init__(self, folder, postgres_port, pipeline, running):
        self.folder, self.pipeline, self._running = folder, pipeline, running
        self.code, self.webserver, self.api = closed_port(), closed_port(), closed_port()
        self._here = {
            "hostname: postgres\n": "hostname: 127.0.0.1\n",
            "port: 5432": f"port: {postgres_port}",
            "host: code, port: 3030": f"host: 127.0.0.1, port: {self.code}",
            "http://webserver:3000": f"http://127.0.0.1:{self.webserver}",
            "mongodb://mongo:27017": f"{pipeline.stack.mongo_uri}/{pipeline.environment[DATABASE]}",
            "redis://redis:6379/0": pipeline.environment["INSIGHTS_REDIS_URL"],
            **{f"${{{name}:-}}": value for name, value in pipeline.environment.items()},
            "${INSIGHTS_ADMIN_SECRET:-}": SECRET,
        }
        folder.chmod(0o755)
        for name, content in configs().items():
            (folder / name).write_text(self._moved(content))
            (folder / name).chmod(0o644)

    def _moved(self, text):
        for there, here in self._here.items():
            text = text.replace(there, here)
        return "" if text.endswith(":-}") else text

    def _container(self, name, port):
        part = COMPOSE["services"][name]
        files = {config["target"]: self.folder / config["source"] for config in part["configs"]}
        environment = {key: self._moved(value) for key, value in part["environment"].items()}
        environment = environment | {
            key: PASSWORD for key, value in environment.items() if "POSTGRES_PASSWORD" in value
        }
        pod = pod_of(name)
        [container] = pod["containers"]
        if name == "code":  # the image's own command, at a port that is free here
            container["command"] = [
                *("dagster", "api", "grpc", "-h", "0.0.0.0", "-p", str(port)),  # noqa: S104
                *("--module-name", "insights_assets.definitions"),
            ]
        elif port:
            container["command"] = [
                str(port) if argument in {"3000", "8000"} else argument
                for argument in container["command"]
            ]
        return pod, environment, files, self.folder / f"{name}.log"

    def run(self, name):
        pod, environment, files, log = self._container(name, 0)
        assert run_pod(pod, environment, files, log) == 0, log.read_text()

    def start(self, name, port=0):
        container = self._container(name, port)
        return self._running.enter_context(started(*container))

    def wait_until(self, done, name):
        wait_until(done, self.folder / f"{name}.log", seconds=120)


def test_a_triggered_snapshot_goes_through_all_parts_to_both_stores(parts):
    parts.run("migrate")
    code = parts.start("code", parts.code)
    probe = [
        str(parts.code) if word == "3030" else word
        for word in COMPOSE["services"]["code"]["healthcheck"]["test"][1:]
    ]
    parts.wait_until(lambda: execute(code, *probe).returncode == 0, "code")
    parts.start("webserver", parts.webserver)
    parts.start("daemon")
    parts.start("api", parts.api)
    parts.wait_until(
        lambda: answers(f"http://127.0.0.1:{parts.webserver}/server_info"), "webserver"
    )
    parts.wait_until(lambda: answers(f"http://127.0.0.1:{parts.api}/readyz"), "api")
    admin = f"http://127.0.0.1:{parts.api}/api/admin/insights"
    headers = {"X-Admin-Secret": SECRET}

    trigger = httpx.post(
        f"{admin}/trigger-snapshot", json={"date": str(DAY)}, headers=headers, timeout=60
    )
    assert trigger.status_code == 202, trigger.text
    run = f"{admin}/runs/{trigger.json()['run_id']}"

    def status():
        return httpx.get(run, headers=headers, timeout=30).json()["status"]

    parts.wait_until(lambda: status() in {"succeeded", "failed"}, "daemon")
    assert status() == "succeeded", (parts.folder / "code.log").read_text()[-3000:]
    assert parts.pipeline.snapshot(DAY)["source"] == "simulator"
