"""Guards against a compose file that drifts from the settings, the image and dagster.yaml."""

import dagster as dg
import pytest
import yaml

from insights_assets.settings import Settings
from insights_assets_tests.support.compose import COMPOSE, OURS, configs
from insights_assets_tests.support.kubernetes import ROOT, known_variables

DAGSTERS_OWN = {"DAGSTER_PG_PASSWORD", "DAGSTER_EVENT_BATCH_SIZE"}


@pytest.mark.parametrize("name", OURS)
def test_every_part_of_ours_is_locked_in_like_a_pod(name):
    part = COMPOSE["services"][name]

    assert part["read_only"]
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part["tmpfs"] == ["/tmp:size=64m,mode=1777"]  # noqa: S108
    assert "user" not in part, "the image's, which is not root's"


def test_the_instance_is_that_of_dagster_yaml_but_for_its_storage():
    instance = yaml.safe_load(configs()["dagster.yaml"])
    on_one_disk = yaml.safe_load((ROOT / "dagster.yaml").read_text())

    assert {key: instance[key] for key in on_one_disk} == on_one_disk
    assert instance.keys() - on_one_disk.keys() == {"storage", "compute_logs"}


def test_every_setting_is_one_that_the_project_reads():
    known = known_variables()

    for name in OURS:
        assert COMPOSE["services"][name]["environment"].keys() <= known | DAGSTERS_OWN


def test_a_setting_that_is_left_empty_is_the_default(monkeypatch):
    default = Settings()
    for name in OURS:
        for variable, value in COMPOSE["services"][name]["environment"].items():
            if value.endswith(":-}"):
                monkeypatch.setenv(variable, "")

    assert Settings() == default


def test_nothing_but_this_machine_reaches_what_has_no_login():
    published = [port for part in COMPOSE["services"].values() for port in part.get("ports", ())]

    assert published == ["127.0.0.1:3000:3000", "127.0.0.1:8000:8000"]


def test_the_instance_can_be_made_of_it(tmp_path):
    """All but the storage, which would look for its server: `make image-test` starts that."""
    instance = yaml.safe_load(configs()["dagster.yaml"])
    del instance["storage"]
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(instance))

    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        assert type(made.compute_log_manager).__name__ == "NoOpComputeLogManager"
