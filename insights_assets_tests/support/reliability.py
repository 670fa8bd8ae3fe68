"""Tests record what they tried; `make chaos` writes docs/reliability.md from it.

A told trial travels with the test's report, so that it also arrives from pytest-xdist's workers,
and only from tests that passed; those that failed are named.
"""

import re
from collections import Counter
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import settings
from pydantic import TypeAdapter

AREAS = ("Vendor", "Stores", "Crashes", "Races", "Time", "Hostile input", "Security", "Soak")
PROPERTY = "tried"
IN_A_GROUP = re.compile(r"@\w+$")  # what pytest-xdist appends, and a test by itself has not
HEAD = """# What was tried, and what happened

Written by `make chaos` on {date}: {trials:,} trials in {tests:,} tests, {hours:.1f} hours of work
for three processes on one machine, against the simulator and the local stack over loopback.
Nothing here is typed by hand. {passed}
`make test` tries most of this too, less often.
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


@dataclass
class Outcome:
    """What came of one test."""

    seconds: float = 0
    failed: bool = False
    trials: list[tuple[str, str, str, int]] = field(default_factory=list)


OUTCOMES = TypeAdapter(dict[str, Outcome])


class Page:
    """Collects what came of the tests, and writes the page.

    The outcomes are kept for the day, as each benchmark's are: a test that failed is run again by
    itself once it is mended, and replaces its outcome of before.
    """

    def __init__(self, path: Path, cache: pytest.Cache) -> None:
        self.path = path
        self.cache = cache
        self.day = datetime.now(UTC).date()
        self.outcomes = OUTCOMES.validate_python(cache.get(self._key, {}))

    @property
    def _key(self) -> str:
        return f"reliability/{self.day}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = IN_A_GROUP.sub("", report.nodeid)
        if report.when == "setup":
            self.outcomes[test] = Outcome()
        outcome = self.outcomes[test]
        outcome.seconds += report.duration
        outcome.failed |= report.failed
        if report.when == "call" and report.passed:
            properties: list[Any] = report.user_properties
            outcome.trials = [tuple(value) for name, value in properties if name == PROPERTY]
        if report.when == "teardown":
            self.cache.set(self._key, OUTCOMES.dump_python(self.outcomes, mode="json"))

    def pytest_sessionfinish(self) -> None:
        if self.outcomes:
            self.path.write_text(self._written())

    def _written(self) -> str:
        trials: Counter[Trial] = Counter()
        for outcome in self.outcomes.values():
            for *texts, times in outcome.trials:
                trials[Trial(*texts)] += times
        failed = [name.rpartition("::")[2] for name, out in self.outcomes.items() if out.failed]
        head = HEAD.format(
            date=self.day,
            trials=trials.total(),
            tests=sum(bool(outcome.trials) for outcome in self.outcomes.values()),
            hours=sum(outcome.seconds for outcome in self.outcomes.values()) / 3600,
            passed=f"Failed: {', '.join(failed)}." if failed else "All tests passed.",
        )
        return "".join([head, *[_area(area, trials) for area in AREAS]])


def _area(area: str, trials: Counter[Trial]) -> str:
    rows = [
        f"| {trial.what} | {times:,} | {trial.happened} |\n"
        for trial, times in sorted(trials.items(), key=lambda row: astuple(row[0]))
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
    if page and not config.getoption("--chaos"):
        raise pytest.UsageError("--page tells what --chaos tried: give both.")
    if page and not hasattr(config, "workerinput"):  # in the controller, not in its workers
        assert config.cache is not None
        config.pluginmanager.register(Page(page, config.cache))


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
