"""Guards against an image that holds what it should not, or is not what the values start."""

import json
import re

import pytest

from insights_assets_tests.support.dockerfile import ROOT, instructions, is_sent
from insights_assets_tests.support.kubernetes import code_server_command, read_values


def last(word):
    return [instruction.rest for instruction in instructions() if instruction.word == word][-1]


def test_the_default_command_is_the_code_server_of_the_values():
    assert json.loads(last("CMD")) == code_server_command(read_values(), 3030)


def test_the_image_runs_as_the_user_of_the_values():
    [code] = read_values()["dagster-user-deployments"]["deployments"]
    context = code["podSecurityContext"]

    assert last("USER") == f"{context['runAsUser']}:{context['runAsGroup']}"


def test_the_final_stage_is_slim_and_only_takes_the_finished_environment():
    words = [instruction.word for instruction in instructions()]
    final = instructions()[len(words) - words[::-1].index("FROM") - 1 :]

    assert words.count("FROM") == 2
    assert [instruction.rest for instruction in final if instruction.word == "COPY"] == [
        "--from=build /opt/insights /opt/insights",
        "--from=build /opt/dagster /opt/dagster",
    ]
    assert not [instruction for instruction in final if instruction.word in ("RUN", "HEALTHCHECK")]
    assert [instruction.rest for instruction in instructions() if "slim" in instruction.rest]
    assert not [
        instruction
        for instruction in instructions()
        if re.search(r"apt|gcc|build-essential", instruction.rest)
    ]


def test_no_secret_is_built_in():
    names = " ".join(
        instruction.rest for instruction in instructions() if instruction.word in ("ENV", "ARG")
    )

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
