"""Tests record what they tried; `make chaos` writes docs/reliability.md from it.

A told trial travels with the test's report, so that it also arrives from pytest-xdist's workers,
and only from tests that passed; those that failed are named.
"""

from collections import Counter
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import settings

AREAS = ("Vendor", "Stores", "Crashes", "Races", "Time", "Hostile input", "Security", "Soak")
PROPERTY = "tried"
HEAD = """# What was tried, and what happened

Written by `make chaos` on {date}: {trials:,} trials in {tests:,} tests and {minutes:.0f} minutes on
one machine, against the simulator and the local stack over loopback. Nothing here is typed by hand.
{passed} `make test` tries most of this too, less often.
"""
TABLE = """
## {area}

| tried | times | what happened |
| --- | ---: | --- |
"""


class Tried(Protocol):
    """Says what a test tried: `area` is one of AREAS, `happened` a short plain sentence."""

    def __call__(self, area: str, what: str, happened: str, *, times: int = 1) -> None: ...


@dataclass(frozen=True)
class HowOften:
    """How often to try: `how_often(3, 30)` is 3 with `make test` and 30 with `make chaos`."""

    chaos: bool

    def __call__(self, test: int, chaos: int) -> int:
        return chaos if self.chaos else test


@dataclass(frozen=True)
class Trial:
    """One row of the page."""

    area: str
    what: str
    happened: str


class Page:
    """Collects the trials of the tests that passed, and writes the page."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.began = datetime.now(UTC)
        self.trials: Counter[Trial] = Counter()
        self.tests = 0
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid.rpartition("::")[2])
        if report.when != "call" or not report.passed:
            return
        records: list[Any] = [value for name, value in report.user_properties if name == PROPERTY]
        self.tests += bool(records)
        for area, what, happened, times in records:
            self.trials[Trial(area, what, happened)] += times

    def pytest_sessionfinish(self) -> None:
        if self.trials:
            self.path.write_text(self._written())

    def _written(self) -> str:
        now = datetime.now(UTC)
        head = HEAD.format(
            date=now.date(),
            trials=self.trials.total(),
            tests=self.tests,
            minutes=(now - self.began).total_seconds() / 60,
            passed=f"Failed: {', '.join(self.failed)}." if self.failed else "All tests passed.",
        )
        return "".join([head, *[self._area(area) for area in AREAS]])

    def _area(self, area: str) -> str:
        rows = [
            f"| {trial.what} | {times:,} | {trial.happened} |\n"
            for trial, times in sorted(self.trials.items(), key=lambda row: astuple(row[0]))
            if trial.area == area
        ]
        return "".join([TABLE.format(area=area), *rows]) if rows else ""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="try everything as often as it takes")
    parser.addoption("--page", type=Path, help="write what was tried there")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--chaos"):
        settings.register_profile("chaos", max_examples=10_000)
        settings.load_profile("chaos")
    page = config.getoption("--page")
    if page and not hasattr(config, "workerinput"):  # in the controller, not in its workers
        config.pluginmanager.register(Page(page))


@pytest.fixture
def how_often(request: pytest.FixtureRequest) -> HowOften:
    return HowOften(request.config.getoption("--chaos"))


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    def record(area: str, what: str, happened: str, *, times: int = 1) -> None:
        assert area in AREAS, area
        assert "|" not in what + happened, "a cell cannot hold |"
        request.node.user_properties.append((PROPERTY, (area, what, happened, times)))

    return record
