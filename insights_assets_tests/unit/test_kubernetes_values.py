"""Guards against values that Helm takes and the chart ignores, or that say two things.

A misspelt key is no error to Helm: the default stays in force, and nobody is told. So every key is
looked up in the chart's own defaults and schema, and what must agree with the project's other
files (dagster.yaml, settings, the command) is compared with them.

With INSIGHTS_DAGSTER_CHART, a folder with Dagster's chart (or several, separated by colons), the
values are rendered with it too. Without one those tests do not exist, rather than be skipped: the
chart is not part of this repository, and a skipped test fails the build.
"""

import json
import os
import re

import helm_python
import jsonschema
import kubernetes_validate
import pytest
import yaml

from insights_assets.api.http_server import DEFAULT_PORT
from insights_assets.settings import Settings
from insights_assets_tests.support.kubernetes import (
    NAMESPACE,
    RELEASE,
    ROOT,
    VALUES,
    deep_merge,
    instance_config,
    known_variables,
    manifest,
    merged_values,
    read_values,
)
from insights_assets_tests.support.recording import CHART_FILES, needs_chart

SECRET_KEYS = {
    "postgresql-password",
    "ALPHA_VANTAGE_API_KEY",
    "FRED_API_KEY",
    "INSIGHTS_MONGO_URI",
    "INSIGHTS_REDIS_URL",
    "INSIGHTS_ALERT_WEBHOOK_URL",
    "INSIGHTS_ADMIN_SECRET",
    "INSIGHTS_JWT_SECRET",
    "INSIGHTS_JWT_PUBLIC_KEY",
    "INSIGHTS_READ_TOKEN",
}

# Keys of the subchart's own values file, which the main chart's defaults do not repeat.
SUBCHART_ONLY = {"dagster-user-deployments.rbacEnabled"}
# Below it are our own settings, which the chart only hands on.
OURS = {"global.insightsSettings"}
# Below these Kubernetes takes over, or Dagster itself, with keys of their own.
FOREIGN = re.compile(
    r"(secur\w+context|resources|volumes|volumeMounts|env|labels|\w+Probe|podSpecConfig"
    r"|jobSpecConfig|extraManifests|insightsSettings|additionalInstanceConfig|purgeAfterDays|emptyDir)$",
    re.IGNORECASE,
)

CHARTS = [path for path in os.environ.get("INSIGHTS_DAGSTER_CHART", "").split(":") if path]

# Renders extraManifests as the chart does: each through Helm's own template engine.
SMALL_CHART = {
    "Chart.yaml": "apiVersion: v2\nname: dagster\nversion: 1.0.0\n",
    "templates/extra.yaml": """{{- range .Values.extraManifests }}
---
{{ tpl (toYaml .) $ }}
{{- end }}
""",
}


@pytest.fixture(scope="module")
def small_chart(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chart")
    for name, text in SMALL_CHART.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def rendered(small_chart):
    """Our own manifests, as Helm renders them, by kind and name."""
    return render(small_chart)


def render(folder, values=None):
    with helm_python.Chart.load(str(folder)) as chart:
        texts = chart.render(values or read_values(), name=RELEASE, namespace=NAMESPACE)
    documents = [
        document
        for name, text in texts.items()
        if name.endswith((".yaml", ".yml"))
        for document in yaml.safe_load_all(text)
        if document
    ]
    return {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in documents}


def paths(values, prefix=""):
    for key, value in values.items():
        yield prefix + key
        if FOREIGN.search(key):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield from paths(item, f"{prefix}{key}.")


def every(node, key):
    """Yield what stands under `key`, wherever it does."""
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for value in node.values():
            yield from every(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from every(value, key)


@needs_chart
def test_the_values_over_the_defaults_satisfy_the_charts_schema():
    schema = json.loads((CHART_FILES / "dagster-chart-values.schema.json").read_text())

    jsonschema.Draft202012Validator(schema).validate(merged_values())


@needs_chart
def test_the_code_locations_values_satisfy_the_subcharts_schema():
    schema = json.loads((CHART_FILES / "user-deployments-values.schema.json").read_text())
    ours = read_values()["dagster-user-deployments"]
    defaults = {"create": True, "name": "", "annotations": {}}

    validator = jsonschema.Draft202012Validator({**schema, "required": []})
    validator.validate({**ours, "serviceAccount": {**defaults, **ours["serviceAccount"]}})


@needs_chart
def test_every_key_is_one_of_the_charts():
    defaults = (CHART_FILES / "dagster-chart-values.yaml").read_text()
    schemas = "".join(schema.read_text() for schema in CHART_FILES.glob("*.schema.json"))
    # Also those that the defaults show commented out.
    known = set(re.findall(r"^\s*#*\s*-?\s*([\w-]+):", defaults, re.MULTILINE))
    known |= set(re.findall(r'^\s*"([\w-]+)": \{', schemas, re.MULTILINE))

    unknown = {path for path in paths(read_values()) if path.split(".")[-1] not in known}

    assert unknown <= SUBCHART_ONLY | OURS


@needs_chart
def test_the_keys_that_the_schema_lets_pass_are_where_the_defaults_have_them():
    defaults = yaml.safe_load((CHART_FILES / "dagster-chart-values.yaml").read_text())
    schema = json.loads((CHART_FILES / "dagster-chart-values.schema.json").read_text())
    ours, daemon = read_values(), read_values()["dagsterDaemon"]
    commented = {"cancelTimeoutSeconds", "maxRuntimeSeconds"}
    deployment = schema["$defs"]["UserDeployment"]["properties"]

    assert set(ours) <= set(defaults)
    assert set(daemon) <= set(defaults["dagsterDaemon"])
    assert set(daemon["runMonitoring"]) <= (
        set(defaults["dagsterDaemon"]["runMonitoring"]) | commented
    )
    assert set(daemon["runRetries"]) <= set(schema["$defs"]["RunRetries"]["properties"])
    assert set(ours["dagster-user-deployments"]["deployments"][0]) <= set(deployment)


@needs_chart
def test_the_instance_is_that_of_dagster_yaml(tmp_path):
    ours = instance_config(merged_values(), 5432, tmp_path / "kubeconfig")
    theirs = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    # What differs has its reason beside it: nodes come up slowly, and there is no step to
    # resume; two more are the chart's defaults.
    ours["run_monitoring"].pop("start_timeout_seconds")
    theirs["run_monitoring"].pop("start_timeout_seconds")
    ours["run_monitoring"].pop("max_resume_run_attempts")
    ours["run_monitoring"].pop("free_slots_after_run_end_seconds")

    assert {name: ours[name] for name in theirs} == theirs


def test_every_manifest_satisfies_the_schemas_of_kubernetes(rendered):
    """Strictly: a misspelt field is an error. Prometheus' own kinds have no schema there."""
    beside = [
        document
        for path in sorted((ROOT / "docs/kubernetes").glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
        if "kind" in document and "coreos" not in document["apiVersion"]
    ]

    assert {document["kind"] for document in beside} == {
        "CronJob",
        "Ingress",
        "PersistentVolumeClaim",
    }
    for document in (*rendered.values(), *beside):
        kubernetes_validate.validate(document, "1.36", strict=True)


def test_secrets_are_only_named():
    values = read_values()
    references = list(every(values, "secretKeyRef"))

    assert {reference["name"] for reference in references} == {"insights-secrets"}
    assert {reference["key"] for reference in references} == SECRET_KEYS - {"postgresql-password"}
    assert values["global"]["postgresqlSecretName"] == "insights-secrets"
    assert not list(every(values, "stringData"))
    assert "Secret" not in {manifest["kind"] for manifest in values["extraManifests"]}


def test_the_manual_lists_every_key_of_the_secret():
    text = (ROOT / "docs/kubernetes.md").read_text()

    assert {key for key in SECRET_KEYS if f"`{key}`" in text} == SECRET_KEYS


def test_the_manual_migrates_and_backfills_in_ways_that_work_twice():
    text = (ROOT / "docs/kubernetes.md").read_text()
    migration = text[text.index("migrate.enabled=true") :]

    # A job cannot be changed: the one of the last migration has to go first.
    assert migration.index("delete -f migrate.yaml --ignore-not-found") < (
        migration.index("apply -f migrate.yaml")
    )
    assert "-- dagster job backfill" not in text  # a pod for each day
    assert "--wait" in text


def test_every_setting_is_one_that_the_project_reads():
    known = known_variables()
    settings = read_values()["global"]["insightsSettings"]

    assert set(settings) <= known
    assert SECRET_KEYS - {"postgresql-password", "FRED_API_KEY"} <= known
    assert all(isinstance(value, str) for value in settings.values())


def test_the_settings_repeat_the_defaults(monkeypatch):
    for name in [name for name in os.environ if name.startswith("INSIGHTS_")]:
        monkeypatch.delenv(name)
    default = Settings()
    for name, value in read_values()["global"]["insightsSettings"].items():
        monkeypatch.setenv(name, value)

    assert Settings() == default


def test_every_container_is_locked_in():
    values = read_values()
    [code] = values["dagster-user-deployments"]["deployments"]
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    pod = manifest(values, "Deployment", "insights-api")["spec"]["template"]["spec"]
    locked = [values["dagsterWebserver"], values["dagsterDaemon"], code, pod["containers"][0]]

    for container in (*locked, launcher):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    for container in locked:
        assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    for context in every(values, "podSecurityContext"):
        assert context["runAsNonRoot"]
        assert context["runAsUser"] == 10001


def test_the_rights_are_those_that_are_used(rendered):
    role = rendered["Role", "insights-run-launcher"]
    binding = rendered["RoleBinding", "insights-run-launcher"]

    assert not read_values()["rbacEnabled"]
    assert not read_values()["dagster-user-deployments"]["rbacEnabled"]
    assert not [verb for rule in role["rules"] for verb in rule["verbs"] if verb == "*"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "insights-dagster", "namespace": NAMESPACE}
    ]


def test_the_api_runs_the_same_image_behind_its_service(rendered):
    image = read_values()["dagsterWebserver"]["image"]
    deployment = rendered["Deployment", "insights-api"]["spec"]
    [container] = deployment["template"]["spec"]["containers"]
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}

    assert container["image"] == f"{image['repository']}:{image['tag']}"
    assert container["args"] == [
        *("insights", "api", "--host", "0.0.0.0", "--port", str(DEFAULT_PORT))  # noqa: S104
    ]
    assert container["ports"][0]["containerPort"] == DEFAULT_PORT
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert environment["INSIGHTS_DAGSTER_URL"] == "http://insights-dagster-webserver:3000"
    assert "ALPHA_VANTAGE_API_KEY" not in environment


def test_service_budget_and_policy_select_the_apis_pods(rendered):
    labels = rendered["Deployment", "insights-api"]["spec"]["template"]["metadata"]["labels"]
    policy = rendered["NetworkPolicy", "insights-api"]["spec"]

    assert labels["app.kubernetes.io/instance"] == RELEASE
    assert rendered["Service", "insights-api"]["spec"]["selector"] == labels
    budget = rendered["PodDisruptionBudget", "insights-api"]["spec"]
    assert budget["selector"]["matchLabels"] == labels
    assert budget["minAvailable"] < rendered["Deployment", "insights-api"]["spec"]["replicas"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert policy["ingress"][0]["ports"] == [{"port": DEFAULT_PORT}]


def test_the_policies_admit_to_each_part_only_those_that_need_it(rendered):
    def policy(name):
        return rendered["NetworkPolicy", name]["spec"]

    webserver, code = policy("insights-webserver"), policy("insights-code")
    assert webserver["podSelector"]["matchLabels"]["component"] == "dagster-webserver"
    [admitted] = webserver["ingress"]
    api = rendered["Service", "insights-api"]["spec"]["selector"]
    assert [
        {"podSelector": {"matchLabels": api}},
        {"namespaceSelector": {"matchLabels": {"insights-ui": "allowed"}}},
    ] == admitted["from"]
    assert code["podSelector"]["matchLabels"]["component"] == "user-deployments"
    [admitted] = code["ingress"]
    assert admitted["ports"] == [{"port": 3030}]
    assert admitted["from"][0]["podSelector"]["matchExpressions"][0]["values"] == [
        *("dagster-webserver", "dagster-daemon")
    ]
    for name in ("insights-daemon", "insights-runs"):
        assert policy(name)["ingress"] == []
    for name in ("webserver", "daemon", "code", "runs"):
        allowed = policy(f"insights-{name}")
        ports = {port["port"] for port in allowed["egress"][0]["ports"]}
        assert allowed["policyTypes"] == ["Ingress", "Egress"]
        assert {53, 5432, 443} <= ports


def test_one_pull_secret_reaches_every_pod():
    values = read_values()
    api = manifest(values, "Deployment", "insights-api")["spec"]["template"]["spec"]
    text = VALUES.read_text()

    assert values["imagePullSecrets"] == api["imagePullSecrets"]
    assert values["imagePullSecrets"] == values["dagster-user-deployments"]["imagePullSecrets"]
    assert (text.count("&pullSecrets"), text.count("*pullSecrets")) == (1, 2)


def test_a_pod_that_never_starts_gives_its_place_back_and_its_job_ends():
    values = read_values()
    monitoring = values["dagsterDaemon"]["runMonitoring"]
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    deadline = launcher["runK8sConfig"]["jobSpecConfig"]["activeDeadlineSeconds"]

    assert monitoring["startTimeoutSeconds"] <= 300
    assert monitoring["maxRuntimeSeconds"] < deadline < 2 * monitoring["maxRuntimeSeconds"]


def test_an_overlay_that_changes_the_image_of_half_of_the_pods_is_refused(small_chart):
    values = deep_merge(read_values(), {"dagsterWebserver": {"image": {"tag": "0.2.0"}}})

    with pytest.raises(helm_python.HelmError, match=r"need one image, here are .*0\.2\.0"):
        render(small_chart, values)


@pytest.mark.parametrize("name", ["staging", "production"])
def test_an_overlay_changes_a_setting_and_leaves_the_others(name, small_chart):
    overlay = yaml.safe_load((ROOT / f"docs/kubernetes/{name}.yaml").read_text())
    before, after = read_values(), deep_merge(read_values(), overlay)
    settings = render(small_chart, after)["ConfigMap", "insights-settings"]["data"]

    changed = overlay.get("global", {}).get("insightsSettings", {})
    assert settings == before["global"]["insightsSettings"] | changed
    assert after["dagsterWebserver"]["image"] == before["dagsterWebserver"]["image"]
    assert after["postgresql"]["postgresqlHost"] != before["postgresql"]["postgresqlHost"]


def test_no_second_image_is_needed_to_wait_for_the_database():
    values = read_values()

    assert not values["dagsterWebserver"]["checkDbReadyInitContainer"]
    assert not values["dagsterDaemon"]["checkDbReadyInitContainer"]
    assert values["busybox"]["image"]["tag"] != "latest"


def test_all_parts_run_one_image():
    values = read_values()
    [code] = values["dagster-user-deployments"]["deployments"]

    assert values["dagsterWebserver"]["image"] == values["dagsterDaemon"]["image"] == code["image"]
    assert code["image"]["tag"] != "latest"


if CHARTS:

    @pytest.mark.parametrize("chart", CHARTS)
    def test_dagsters_own_chart_renders_the_values(chart, tmp_path):
        everything = render(chart)
        instance = everything["ConfigMap", f"{RELEASE}-dagster-instance"]["data"]["dagster.yaml"]
        ours = instance_config(merged_values(), 5432, tmp_path)

        written = yaml.safe_load(instance)
        for part in ("run_launcher", "run_monitoring", "run_retries", "concurrency", "retention"):
            assert part in written
        launcher = dict(ours["run_launcher"]["config"], load_incluster_config=True)
        del launcher["kubeconfig_file"]
        assert written["run_launcher"]["config"] == launcher
        assert written["run_retries"] == ours["run_retries"]
        assert written["concurrency"] == ours["concurrency"]
        roles = {name for kind, name in everything if kind == "Role"}
        assert roles == {"insights-run-launcher"}
        assert ("Service", "insights-dagster-webserver") in everything
