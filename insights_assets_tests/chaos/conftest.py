"""What the tests of crashes and of races share."""

from collections.abc import Iterator

import pytest

from insights_assets.simulator import SimulatorServer
from insights_assets_tests.chaos import crash_support


@pytest.fixture(scope="module")
def warm_processes() -> Iterator[None]:
    """The process that commands are forked from."""
    with crash_support.warm_processes():
        yield


@pytest.fixture(scope="module")
def slow_vendor() -> Iterator[SimulatorServer]:
    with crash_support.slow_vendor() as server:
        yield server
