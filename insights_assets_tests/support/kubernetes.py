"""Stands in for a cluster: what the chart writes from our values, and an API that takes jobs.

The API is HTTP on loopback, and the `kubernetes` client talks to it as to any cluster. It can run
the jobs it was given as local processes, with the environment that their pods would have.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from insights_assets.settings import Settings
from insights_assets_tests.support.postgres import PASSWORD
from insights_assets_tests.support.recording import CHART_FILES

ROOT = Path(__file__).parents[2]
VALUES = ROOT / "helm-values.yaml"

NAMESPACE = "analytics"
RELEASE = "insights"
USER_ENV = "insights-dagster-user-deployments-insights-assets-user-env"

Json = dict[str, Any]

USED_DEFAULTS: Json = {
    "global": {"dagsterHome": "/opt/dagster/dagster_home"},
    "dagsterDaemon": {"runMonitoring": {"freeSlotsAfterRunEndSeconds": 0}},
}


def known_variables() -> set[str]:
    """The environment variables that the project's settings are read from."""
    return {
        str(field.validation_alias or f"INSIGHTS_{name.upper()}")
        for name, field in Settings.model_fields.items()
    }


def read_values() -> Json:
    loaded: Json = yaml.safe_load(VALUES.read_text())
    return loaded


def deep_merge(below: Any, above: Any) -> Any:
    """Merge values as Helm does: mappings key by key, everything else is replaced."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: deep_merge(below.get(key), above[key]) for key in above}}
    return above


def merged_values() -> Json:
    """Our values over the chart's defaults; if those are not here, over what is used of them."""
    path = CHART_FILES / "dagster-chart-values.yaml"
    defaults = yaml.safe_load(path.read_text()) if path.is_file() else USED_DEFAULTS
    merged: Json = deep_merge(defaults, read_values())
    return merged


def image_of(values: Json) -> str:
    image = values["dagster-user-deployments"]["deployments"][0]["image"]
    return f"{image['repository']}:{image['tag']}"


def manifest(values: Json, kind: str, name: str) -> Json:
    [matching] = [
        manifest
        for manifest in values["extraManifests"]
        if manifest["kind"] == kind and manifest["metadata"]["name"] == name
    ]
    return dict(matching)


def launcher_config(values: Json, kubeconfig: Path) -> Json:
    """What the chart writes into dagster.yaml for the run launcher; the API is the stand-in."""
    given = values["runLauncher"]["config"]["k8sRunLauncher"]
    raw = given["runK8sConfig"]
    return {
        "load_incluster_config": False,
        "kubeconfig_file": str(kubeconfig),
        "job_namespace": NAMESPACE,
        "image_pull_policy": given["imagePullPolicy"],
        "service_account_name": values["serviceAccount"]["name"],
        "dagster_home": values["global"]["dagsterHome"],
        "instance_config_map": f"{RELEASE}-dagster-instance",
        "postgres_password_secret": values["global"]["postgresqlSecretName"],
        "labels": given["labels"],
        "resources": given["resources"],
        "fail_pod_on_run_failure": given["failPodOnRunFailure"],
        "security_context": given["securityContext"],
        "run_k8s_config": {
            "pod_spec_config": raw["podSpecConfig"],
            "job_spec_config": raw["jobSpecConfig"],
        },
    }


def instance_config(values: Json, postgres_port: int, kubeconfig: Path) -> Json:
    """The dagster.yaml that the chart writes; PostgreSQL and the API are the stand-ins.

    The queue is left out: its daemon is not what is looked at here.
    """
    storage = {
        "postgres_db": {
            "username": values["postgresql"]["postgresqlUsername"],
            "password": {"env": "DAGSTER_PG_PASSWORD"},
            "hostname": "127.0.0.1",
            "db_name": values["postgresql"]["postgresqlDatabase"],
            "port": postgres_port,
        }
    }
    return {
        "run_launcher": {
            "module": "dagster_k8s",
            "class": "K8sRunLauncher",
            "config": launcher_config(values, kubeconfig),
        },
        **{
            f"{name}_storage": {
                "module": f"dagster_postgres.{module}",
                "class": f"Postgres{class_}Storage",
                "config": storage,
            }
            for name, module, class_ in (
                ("run", "run_storage", "Run"),
                ("event_log", "event_log", "EventLog"),
                ("schedule", "schedule_storage", "Schedule"),
            )
        },
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        "run_monitoring": _snake(values["dagsterDaemon"]["runMonitoring"]),
        "run_retries": _snake(values["dagsterDaemon"]["runRetries"]),
        "concurrency": _concurrency(values["concurrency"]),
        "retention": {
            part: {"purge_after_days": values["retention"][part]["purgeAfterDays"]}
            for part in ("schedule", "sensor")
        },
        "telemetry": values["telemetry"],
        **values["additionalInstanceConfig"],
    }


def container_context(values: Json) -> Json:
    """What the chart hands the code server for the runs that it starts."""
    [code] = values["dagster-user-deployments"]["deployments"]
    return {
        "k8s": {
            "image_pull_policy": code["image"]["pullPolicy"],
            "env_config_maps": [
                USER_ENV,
                *[config_map["name"] for config_map in code["envConfigMaps"]],
            ],
            "volume_mounts": code["volumeMounts"],
            "volumes": code["volumes"],
            "resources": code["resources"],
            "namespace": NAMESPACE,
            "service_account_name": values["dagster-user-deployments"]["serviceAccount"]["name"],
            "env": code["env"],
            "run_k8s_config": {"pod_spec_config": {"automount_service_account_token": True}},
        }
    }


def code_server_command(values: Json, port: int) -> list[str]:
    """What the chart starts in the code server's pod."""
    [code] = values["dagster-user-deployments"]["deployments"]
    return ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", str(port), *code["dagsterApiGrpcArgs"]]  # noqa: S104


@dataclass
class Cluster:
    """The Secret and the ConfigMaps of the namespace, and a folder instead of a pod's disk.

    `settings` are what an operator would add to the ConfigMap, here the stand-in of the vendor.
    """

    values: Json
    secret: Mapping[str, str]
    settings: Mapping[str, str]
    dagster_home: Path

    def environment(self, container: Json) -> dict[str, str]:
        """The environment of a container, from what its specification refers to."""
        ours = self.values["global"]["insightsSettings"]
        maps = {"insights-settings": {**ours, **self.settings}, USER_ENV: {}}
        environment: dict[str, str] = {}
        for source in container.get("envFrom", []):
            environment |= maps[source["configMapRef"]["name"]]
        for variable in container["env"]:
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference is None:
                environment[variable["name"]] = variable["value"]
            elif reference["key"] in self.secret:
                assert reference["name"] == "insights-secrets"
                environment[variable["name"]] = self.secret[reference["key"]]
            else:
                assert reference.get("optional"), f"the Secret has no key {reference['key']}"
        return environment | {"DAGSTER_HOME": str(self.dagster_home)}

    def run(self, job: Json, **more: str) -> subprocess.Popen[bytes]:
        """Start what the pod of a job would run, with the environment that it would have.

        What it says goes to a file beside DAGSTER_HOME; `more` are variables that only a test sets.
        """
        [container] = job["spec"]["template"]["spec"]["containers"]
        with (self.dagster_home.parent / f"{job['metadata']['name']}.log").open("wb") as log:
            return subprocess.Popen(
                container["args"],
                env={**clean_environment(), **self.environment(container), **more},
                cwd=self.dagster_home,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def clean_environment() -> dict[str, str]:
    """What the image sets: the PATH to the programs of this environment, and no bytecode files."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def secret_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The one Secret, its values leading to the tests' stores."""
    keys = ("ALPHA_VANTAGE_API_KEY", "INSIGHTS_MONGO_URI", "INSIGHTS_REDIS_URL")
    return {key: environment[key] for key in keys} | {"postgresql-password": PASSWORD}


@dataclass
class KubernetesApi:
    """The part of the API that Dagster's launcher and executor call: jobs and pods."""

    cluster: Cluster | None = None  # if given, jobs of steps are run at once
    jobs: dict[str, Json] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Path]:
        """Serve until the end of the block; the value is a kubeconfig that leads here."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(_kubeconfig(url)))
        try:
            yield kubeconfig
        finally:
            for process in self.processes.values():
                process.kill()
                process.wait()
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        """Answer one request as the real API would."""
        path = path.partition("?")[0]
        self.calls.append((method, re.sub(r"(jobs|pods)/[^/]+", r"\1/*", path)))
        match = re.fullmatch(
            rf"/apis/batch/v1/namespaces/{NAMESPACE}/jobs(/[^/]+)?(/status)?", path
        )
        if match is None:
            return 404, {"kind": "Status", "code": 404, "message": f"no {path} here"}
        if method == "POST":
            return 201, self._create(body)
        name = (match[1] or "").removeprefix("/")
        if name not in self.jobs:
            return 404, {"kind": "Status", "code": 404}
        return 200, {**self.jobs[name], "status": self._status(name)}

    def _create(self, job: Json) -> Json:
        name = job["metadata"]["name"]
        self.jobs[name] = job
        component = job["metadata"]["labels"]["app.kubernetes.io/component"]
        if self.cluster and component == "step_worker":
            self.processes[name] = self.cluster.run(job)
        return job

    def _status(self, name: str) -> Json:
        process = self.processes.get(name)
        code = process.poll() if process else None
        return {"active": 1} if code is None else {"succeeded" if code == 0 else "failed": 1}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def _do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else {}
                status, response = api.answer(self.command, self.path, body)
                sent = json.dumps(response).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_DELETE = _do  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        return Handler


def _kubeconfig(url: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": {"server": url}}],
        "users": [{"name": "me", "user": {"token": "t"}}],
    }


def _concurrency(given: Json) -> Json:
    return {
        "runs": {
            "max_concurrent_runs": given["runs"]["maxConcurrentRuns"],
            "tag_concurrency_limits": given["runs"]["tagConcurrencyLimits"],
        },
        "pools": {
            "granularity": given["pools"]["granularity"],
            "default_limit": given["pools"]["defaultLimit"],
        },
    }


def _snake(values: Json) -> Json:
    return {re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", key): values[key] for key in values}
