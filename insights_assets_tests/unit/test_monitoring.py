"""Guards against rules and a dashboard that ask for measures that nobody reports."""

import json
import re
from types import SimpleNamespace

import pytest
from prometheus_client import generate_latest

from insights_assets.api.prometheus import Measures
from insights_assets_tests.support.kubernetes import ROOT

FOLDER = ROOT / "docs" / "kubernetes"
KUBE_STATE_METRICS = {"kube_deployment_status_replicas_available", "kube_job_status_failed"}


@pytest.fixture(scope="module")
def reported():
    insights = SimpleNamespace(
        categories=(), health=lambda: SimpleNamespace(redis="ok", mongodb=True)
    )
    measures = Measures(insights)
    measures.answered("GET", "/", 200, 0.01)
    text = generate_latest(measures.registry).decode()
    return {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}


@pytest.mark.parametrize("name", ["monitoring.yaml", "dashboard.json"])
def test_every_measure_that_is_asked_for_is_reported(name, reported):
    text = (FOLDER / name).read_text()
    asked = set(re.findall(r"\b(?:insights_[a-z_]+|kube_[a-z_]+)\b", text))
    asked = {re.sub("_(bucket|count|sum)$", "", name) for name in asked}

    assert asked
    assert asked <= reported | KUBE_STATE_METRICS


def test_the_panels_of_the_dashboard_do_not_overlap_and_say_what_they_show():
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    taken = [
        (place["x"] + column, place["y"] + row)
        for place in (panel["gridPos"] for panel in panels)
        for column in range(place["w"])
        for row in range(place["h"])
    ]

    assert len(taken) == len(set(taken))
    assert max(column for column, _ in taken) == 23
    assert all(panel["description"] for panel in panels)
