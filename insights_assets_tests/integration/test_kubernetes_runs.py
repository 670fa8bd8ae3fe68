"""Guards against a deployment that is valid and does not work.

Values that pass the schema can still start pods without the API key, as root, or with a command
that never ends. So the code server is started as the chart starts it, Dagster launches runs through
it, the jobs that arrive at a stand-in of the Kubernetes API are looked at, and their commands are
run as they are: a fresh process, the environment of the pod and nothing else, PostgreSQL.
"""

import json
import subprocess
import time
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import grpc
import pytest
import yaml
from grpc_health.v1 import health_pb2, health_pb2_grpc

from insights_assets.definitions import defs
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.kubernetes import (
    NAMESPACE,
    USER_ENV,
    Cluster,
    KubernetesApi,
    clean_environment,
    code_server_command,
    container_context,
    image_of,
    instance_config,
    merged_values,
    secret_of,
)
from insights_assets_tests.support.pipeline import Pipeline
from insights_assets_tests.support.postgres import PASSWORD, PostgresServer
from insights_assets_tests.support.recording import needs_chart
from insights_assets_tests.support.storage import closed_port

pytestmark = [
    pytest.mark.xdist_group("postgres"),
    needs_chart,
]

DAY = date(2025, 1, 9)
LATENCY_MS = 400
STEPS = {
    "prefetch",
    "metrics",
    "ai_sector_risk__snapshot",
    "ai_sector_risk__latest_snapshot",
}

# Started with the process, it notes every file that Python opens for writing.
NOTES_WHAT_IS_WRITTEN = """
import atexit, os, sys
written = []
def hook(event, args):
    if event == "open" and isinstance(args[0], str) and args[2] and args[2] & os.O_ACCMODE:
        written.append(args[0])
    elif event in ("os.mkdir", "sqlite3.connect"):
        written.append(str(args[0]))
sys.addaudithook(hook)
atexit.register(lambda: os.write(os.open(os.environ["WRITTEN"], os.O_WRONLY | os.O_CREAT),
                                 "\\n".join(written).encode()))
"""


@pytest.fixture(scope="module")
def deployment(stack, tmp_path_factory):
    """A code server, its PostgreSQL, and an API that jobs can be sent to."""
    folder = tmp_path_factory.mktemp("cluster")
    home = folder / "dagster_home"
    home.mkdir()
    values, api = merged_values(), KubernetesApi()
    with (
        PostgresServer() as postgres,
        SimulatorServer(SimulatorOptions(latency_ms=LATENCY_MS)) as simulator,
        api.serving(folder) as kubeconfig,
    ):
        config = instance_config(values, postgres.port, kubeconfig)
        del config[
            "concurrency"
        ]  # belongs to the queue; here a run is launched when it is asked for
        coordinator = {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"}
        (home / "dagster.yaml").write_text(
            yaml.safe_dump({**config, "run_coordinator": coordinator})
        )
        pipeline = Pipeline(stack, simulator)
        secret = secret_of(pipeline.environment)
        settings = {
            name: pipeline.environment[name]
            for name in ("INSIGHTS_MONGO_DATABASE", "ALPHA_VANTAGE_BASE_URL")
        }
        built = SimpleNamespace(
            folder=folder,
            values=values,
            api=api,
            pipeline=pipeline,
            cluster=Cluster(values, secret, settings, home),
            port=closed_port(),
        )
        built.dagster = {
            **clean_environment(),
            **secret,
            **settings,
            "DAGSTER_HOME": str(home),
            "DAGSTER_PG_PASSWORD": PASSWORD,
        }
        location = {"host": "127.0.0.1", "port": built.port, "location_name": "insights-assets"}
        (folder / "workspace.yaml").write_text(
            yaml.safe_dump({"load_from": [{"grpc_server": location}]})
        )
        with started_code_server(built) as server:
            yield built
            server.terminate()
        pipeline.close()


def started_code_server(built):
    """Start the code server, wait until it serves, and note what memory that took."""
    environment = {
        **built.dagster,
        "DAGSTER_CURRENT_IMAGE": image_of(built.values),
        "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT": json.dumps(container_context(built.values)),
    }
    server = subprocess.Popen(
        code_server_command(built.values, built.port),
        env=environment,
        cwd=built.folder,
        stdout=subprocess.DEVNULL,
    )
    while server.poll() is None and not is_healthy(built.port):
        time.sleep(0.05)
    built.server_mib = peak_mib(server.pid)
    return server


def is_healthy(port):
    """What the probe of the code server asks."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            response = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service="DagsterApi"), timeout=1
            )
        except grpc.RpcError:
            return False
    return response.status == health_pb2.HealthCheckResponse.SERVING


def peak_mib(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(peak) / 1024


def launch(deployment, config=None):
    """Launch the daily job for DAY; return the Kubernetes job that was created for the run."""
    before = set(deployment.api.jobs)
    subprocess.run(
        [
            *("dagster", "job", "launch", "-w", str(deployment.folder / "workspace.yaml")),
            *("-j", "daily_snapshot", "--tags", json.dumps({"dagster/partition": str(DAY)})),
            *("--config-json", json.dumps(config or {})),
        ],
        env=deployment.dagster,
        check=True,
        capture_output=True,
        timeout=60,
    )
    [name] = set(deployment.api.jobs) - before
    return deployment.api.jobs[name]


def run_of(deployment, job, monkeypatch):
    """The run of a job, as it stands in PostgreSQL."""
    monkeypatch.setenv("DAGSTER_PG_PASSWORD", PASSWORD)
    with dg.DagsterInstance.from_config(str(deployment.cluster.dagster_home)) as instance:
        run = instance.get_run_by_id(job["metadata"]["labels"]["dagster/run-id"])
    assert run is not None
    return run


@pytest.fixture(scope="module")
def job(deployment):
    return launch(deployment)


def test_the_code_server_needs_little_memory(deployment):
    assert deployment.server_mib < 300


def test_the_runs_pod_is_the_code_locations_image_and_settings(deployment, job):
    spec = job["spec"]["template"]["spec"]
    [container] = spec["containers"]
    [code] = deployment.values["dagster-user-deployments"]["deployments"]

    assert container["image"] == image_of(deployment.values)
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["args"][:3] == ["dagster", "api", "execute_run"]
    assert container["resources"] == code["resources"]
    assert container["volumeMounts"] == code["volumeMounts"]
    assert spec["volumes"] == code["volumes"]
    assert container["envFrom"] == [
        {"configMapRef": {"name": USER_ENV}},
        {"configMapRef": {"name": "insights-settings"}},
    ]


def test_the_runs_pod_gets_its_secrets_by_reference(deployment, job):
    [container] = job["spec"]["template"]["spec"]["containers"]
    keys = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]["key"]
        for variable in container["env"]
        if "valueFrom" in variable
    }

    assert keys == {
        "DAGSTER_PG_PASSWORD": "postgresql-password",
        "ALPHA_VANTAGE_API_KEY": "ALPHA_VANTAGE_API_KEY",
        "FRED_API_KEY": "FRED_API_KEY",
        "INSIGHTS_MONGO_URI": "INSIGHTS_MONGO_URI",
        "INSIGHTS_REDIS_URL": "INSIGHTS_REDIS_URL",
        "INSIGHTS_ALERT_WEBHOOK_URL": "INSIGHTS_ALERT_WEBHOOK_URL",
    }
    assert not [value for value in deployment.cluster.secret.values() if value in json.dumps(job)]


def test_the_runs_pod_is_locked_in_and_goes_by_itself(deployment, job):
    assert_locked_in(deployment, job)
    assert job["metadata"]["labels"]["insights/part"] == "run"
    assert job["metadata"]["labels"]["dagster/code-location"] == "insights-assets"
    assert job["spec"]["template"]["metadata"]["labels"]["insights/part"] == "run"


def assert_locked_in(deployment, job):
    spec = job["spec"]["template"]["spec"]
    launcher = deployment.values["runLauncher"]["config"]["k8sRunLauncher"]
    assert job["spec"]["ttlSecondsAfterFinished"] == 259200
    assert job["spec"]["backoffLimit"] == 0
    assert spec["restartPolicy"] == "Never"
    assert spec["serviceAccountName"] == "insights-code"
    assert spec["securityContext"] == launcher["runK8sConfig"]["podSpecConfig"]["securityContext"]
    assert spec["containers"][0]["securityContext"] == launcher["securityContext"]


def test_the_runs_command_finishes_the_run_and_writes_no_file(
    deployment, job, tmp_path, monkeypatch
):
    (tmp_path / "sitecustomize.py").write_text(NOTES_WHAT_IS_WRITTEN)
    notes = tmp_path / "written"

    process = deployment.cluster.run(
        job, PYTHONPATH=str(tmp_path), WRITTEN=str(notes), TMPDIR=str(tmp_path)
    )

    assert process.wait(timeout=60) == 0
    assert run_of(deployment, job, monkeypatch).status is dg.DagsterRunStatus.SUCCESS
    assert deployment.pipeline.snapshot(DAY)["source"] == "simulator"
    elsewhere = [
        path
        for path in notes.read_text().splitlines()
        if not path.startswith((str(tmp_path), "/dev/"))
    ]
    assert elsewhere == []


def test_a_failed_run_is_a_failed_pod(deployment, job, monkeypatch):
    failing = launch(deployment)
    process = deployment.cluster.run(failing, ALPHA_VANTAGE_API_KEY="")

    assert process.wait(timeout=60) != 0
    assert run_of(deployment, failing, monkeypatch).status is dg.DagsterRunStatus.FAILURE


@pytest.mark.long
def test_with_a_pod_per_step_the_values_travel_through_the_stores(deployment, monkeypatch):
    deployment.pipeline.mongo.client.drop_database(deployment.pipeline.database)
    deployment.pipeline.redis.flushall()
    deployment.api.cluster = deployment.cluster
    job = launch(deployment, {"execution": {"config": {"k8s": {"max_concurrent": 2}}}})

    process = deployment.cluster.run(job)

    assert process.wait(timeout=120) == 0
    assert run_of(deployment, job, monkeypatch).status is dg.DagsterRunStatus.SUCCESS
    assert deployment.pipeline.snapshot(DAY)["coverage"] == pytest.approx(0.9)
    steps = {
        job["metadata"]["labels"]["dagster/op"]: job
        for job in deployment.api.jobs.values()
        if job["metadata"]["labels"]["app.kubernetes.io/component"] == "step_worker"
    }
    assert steps.keys() == STEPS
    for step in steps.values():
        [container] = step["spec"]["template"]["spec"]["containers"]
        assert container["image"] == image_of(deployment.values)
        assert container["args"] == ["dagster", "api", "execute_step"]
        assert_locked_in(deployment, step)


def test_only_calls_that_the_role_allows_were_made(deployment):
    base = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"

    assert set(deployment.api.calls) <= {("POST", base), ("GET", f"{base}/*/status")}


def test_the_choice_of_the_executor_is_one_word_of_run_config():
    config = {"execution": {"config": {"k8s": {"max_concurrent": 2}}}}

    for name in ("daily_snapshot", "snapshot_repair"):
        job = defs.resolve_job_def(name)
        assert chosen(dg.validate_run_config(job)) == {"in_process": {}}
        assert chosen(dg.validate_run_config(job, config)) == {"k8s": {"max_concurrent": 2}}
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, {"execution": {"config": {"kubernetes": {}}}})


def chosen(resolved):
    [config] = resolved["execution"].values()
    return config
