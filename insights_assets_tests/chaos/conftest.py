"""What several of these tests share, and what comes first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import now
from insights_assets.simulator import SimulatorServer
from insights_assets_tests.chaos import crash_support
from insights_assets_tests.chaos.clock_support import MovedClock
from insights_assets_tests.chaos.proxy_support import MongoProxy, RedisProxy
from insights_assets_tests.support.pipeline import Pipeline


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the soak: it takes more than an hour, beside which the others pass."""
    items.sort(key=lambda item: item.path.name != "test_soak.py")


@pytest.fixture
def mongo(stack: LocalStack) -> Iterator[MongoProxy]:
    """A proxy before the stack's MongoDB."""
    with MongoProxy(stack.mongo_uri) as standing:
        yield standing


@pytest.fixture
def cache(stack: LocalStack) -> Iterator[RedisProxy]:
    """A proxy before the stack's Redis."""
    with RedisProxy(stack.redis_url) as standing:
        yield standing


@pytest.fixture
def clock(tmp_path: Path) -> MovedClock:
    """A clock that stands on today, to be moved."""
    return MovedClock(tmp_path / "clock", now())


@pytest.fixture(scope="module")
def warm_processes() -> Iterator[None]:
    """The process that commands are forked from."""
    with crash_support.warm_processes():
        yield


@pytest.fixture(scope="module")
def slow_vendor() -> Iterator[SimulatorServer]:
    with crash_support.slow_vendor() as server:
        yield server


@pytest.fixture
def pipeline(stack: LocalStack, simulator: SimulatorServer) -> Iterator[Pipeline]:
    """The daily job of the product itself, which processes of their own run here as well."""
    simulator.set_faults([])
    built = Pipeline(stack, simulator)
    yield built
    built.close()
