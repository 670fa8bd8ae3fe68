"""Guards against an image that does not build, or that holds what it should not.

The instructions are carried out in a clean folder and virtual environment. To be quick, packages of
this environment count as installed there, as long as constraints.txt allows them; with
INSIGHTS_IMAGE_FROM_SCRATCH=1 all are downloaded, as in a real build.
"""

import os
import re
import subprocess

import pytest
import yaml

from insights_assets_tests.support.dockerfile import (
    ROOT,
    build,
    image_environment,
    instructions,
    is_sent,
)
from insights_assets_tests.support.kubernetes import code_server_command, read_values

pytestmark = pytest.mark.xdist_group("image")  # building twice would take longer

FROM_SCRATCH = bool(os.environ.get("INSIGHTS_IMAGE_FROM_SCRATCH"))


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return build(tmp_path_factory.mktemp("image"), installed=not FROM_SCRATCH)


def in_image(image, *command):
    return subprocess.run(
        command,
        env=image_environment(image),
        cwd=image.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_instructions_build_an_image_with_the_command(image):
    run = in_image(image, "insights", "--help")

    assert run.returncode == 0, run.stderr
    assert "snapshot" in run.stdout


def test_the_package_is_whole_and_its_own(image):
    """Files that are not Python are forgotten easily: the Lua scripts, the page."""
    [package] = (image.root / "opt/insights").glob("lib/python3*/site-packages/insights_assets")
    ours = {
        path.relative_to(ROOT / "insights_assets")
        for path in (ROOT / "insights_assets").rglob("*")
        if path.is_file() and is_sent(path)
    }

    assert not [path for path in ours if not (package / path).is_file()]
    assert not list(package.parent.glob("insights_assets_tests"))
    assert not list(package.parent.glob("pip"))


def test_the_code_server_can_be_asked_for_its_health(image):
    """The probe's command is there and says no, as no server runs."""
    run = in_image(image, "dagster", "api", "grpc-health-check", "-p", "1")

    assert run.returncode == 1
    assert "Traceback" not in run.stderr


def test_the_default_command_is_the_code_server_of_the_values(image):
    assert image.command == code_server_command(read_values(), 3030)


def test_the_image_runs_as_the_user_of_the_values(image):
    [code] = read_values()["dagster-user-deployments"]["deployments"]
    context = code["podSecurityContext"]

    assert image.user == f"{context['runAsUser']}:{context['runAsGroup']}"
    assert image.environment["DAGSTER_HOME"] == "/opt/dagster/dagster_home"
    assert (image.root / "opt/dagster/dagster_home").is_dir()


def test_an_instance_without_a_mounted_configuration_lives_in_tmp(image):
    text = (image.root / "opt/dagster/dagster_home/dagster.yaml").read_text()

    assert yaml.safe_load(text)["storage"]["sqlite"]["base_dir"] == "/tmp/dagster"  # noqa: S108


def test_the_final_stage_is_slim_and_only_takes_the_finished_environment():
    words = [each.word for each in instructions()]
    final = instructions()[len(words) - words[::-1].index("FROM") - 1 :]

    assert words.count("FROM") == 2
    assert [each.rest for each in final if each.word == "COPY"] == [
        "--from=build /opt/insights /opt/insights",
        "--from=build /opt/dagster /opt/dagster",
    ]
    assert not [each for each in final if each.word in ("RUN", "HEALTHCHECK")]
    assert [each.rest for each in instructions() if "slim" in each.rest]
    assert not [each for each in instructions() if re.search(r"apt|gcc|build-essential", each.rest)]


def test_no_secret_is_built_in():
    names = " ".join(each.rest for each in instructions() if each.word in ("ENV", "ARG"))

    assert not re.search("KEY|SECRET|PASSWORD|TOKEN|URI|URL", names)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("insights_assets/definitions.py", True),
        ("insights_assets/py.typed", True),
        ("constraints.txt", True),
        (".git/config", False),
        (".env", False),
        (".insights/mongo/data.db", False),
        ("insights_assets_tests/conftest.py", False),
        ("insights_assets/__pycache__/settings.cpython-311.pyc", False),
        ("helm-values.yaml", False),
    ],
)
def test_the_context_is_what_is_needed(path, sent):
    assert is_sent(ROOT / path) is sent
