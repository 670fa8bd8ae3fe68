"""The stores, the simulator and the pipeline that tests of all kinds share."""

import signal
from collections.abc import Iterator

import pytest
from redis import Redis

from insights_assets.local_stack import LocalStack
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.pipeline import Pipeline

pytest_plugins = [
    "insights_assets_tests.support.left_out",
    "insights_assets_tests.support.midnight",
    "insights_assets_tests.support.reliability",
]

# In the background we may have been told to ignore Ctrl-C, and what tests start would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One local stack for each worker; tests take a database of their own on it."""
    with LocalStack(tmp_path_factory.mktemp("stack"), mongo_port=0, redis_port=0) as running:
        yield running


@pytest.fixture
def redis(stack: LocalStack) -> Iterator[Redis]:
    """The emptied server, as a person's shell would see it."""
    with Redis.from_url(stack.redis_url) as client:
        client.flushdb()
        yield client


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorServer]:
    """A simulator without latency; tests may set faults, which the next pipeline lifts."""
    with SimulatorServer(SimulatorOptions()) as server:
        yield server


@pytest.fixture
def pipeline(stack: LocalStack, simulator: SimulatorServer) -> Iterator[Pipeline]:
    """The daily job of a category made for tests, on a fresh database and an empty Redis."""
    simulator.set_faults([])
    built = Pipeline(stack, simulator, categories=[SYNTHETIC])
    yield built
    built.close()
