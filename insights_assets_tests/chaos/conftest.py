"""What the tests of crashes and of races share, and what comes first."""

from collections.abc import Iterator

import pytest

from insights_assets.simulator import SimulatorServer
from insights_assets_tests.chaos import crash_support


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the soak: it takes half an hour by itself, beside which the others pass."""
    items.sort(key=lambda item: item.path.name != "test_soak.py")


@pytest.fixture(scope="module")
def warm_processes() -> Iterator[None]:
    """The process that commands are forked from."""
    with crash_support.warm_processes():
        yield


@pytest.fixture(scope="module")
def slow_vendor() -> Iterator[SimulatorServer]:
    with crash_support.slow_vendor() as server:
        yield server
