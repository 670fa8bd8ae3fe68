"""Tests that need what this machine lacks are left out, and counted in the last lines of a run.

A skip would look like an accident of one test: what is missing here is known before the first one.
INSIGHTS_FAIL_ON_SKIP forbids to leave out what can be installed anywhere, and every skip.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from insights_assets_tests.support.browser import chromium
from insights_assets_tests.support.recording import CHART_FILES, RECORDING


class Requirement(NamedTuple):
    """What the tests with a marker need."""

    is_there: Callable[[], bool]
    missing: str
    can_be_installed: bool = False


REQUIREMENTS = {
    "recording": Requirement(
        RECORDING.is_dir, "the whole recording of market data is not beside the repository"
    ),
    "chart": Requirement(
        CHART_FILES.is_dir, "the values of Dagster's Helm chart are not beside the repository"
    ),
    "browser": Requirement(
        lambda: chromium() is not None,
        "there is no Chromium on this machine",
        can_be_installed=True,
    ),
}
_left_out = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    for marker, requirement in REQUIREMENTS.items():
        config.addinivalue_line("markers", f"{marker}: left out where {requirement.missing}")
    config.stash[_left_out] = Counter()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = {
        marker for item in items for marker in REQUIREMENTS if item.get_closest_marker(marker)
    }
    missing = {marker for marker in wanted if not REQUIREMENTS[marker].is_there()}
    kept = []
    for item in items:
        lacks = next(
            (requirement for requirement in missing if item.get_closest_marker(requirement)), None
        )
        if lacks is None:
            kept.append(item)
        else:
            config.stash[_left_out][lacks] += 1
    items[:] = kept


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Take over what a worker has left out: every worker leaves out the same."""
    counted = getattr(node, "workeroutput", {}).get("left_out")
    if counted:
        node.config.stash[_left_out] = Counter(counted)  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    left_out = session.config.stash[_left_out]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(left_out)
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    avoidable = [
        requirement for requirement in left_out if REQUIREMENTS[requirement].can_be_installed
    ]
    is_strict = os.environ.get("INSIGHTS_FAIL_ON_SKIP") and reporter
    if is_strict and (reporter.stats.get("skipped") or avoidable):
        reporter.write_line("Tests did not run, which INSIGHTS_FAIL_ON_SKIP forbids.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for marker, count in terminalreporter.config.stash[_left_out].items():
        terminalreporter.write_line(f"{count} tests left out: {REQUIREMENTS[marker].missing}.")
