"""Where every test may be skipped, a green run proves nothing: INSIGHTS_FAIL_ON_SKIP forbids it."""

import os
import signal
from collections.abc import Iterator

import pytest
from redis import Redis

from insights_assets.local_stack import LocalStack
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.pipeline import Pipeline

pytest_plugins = ["insights_assets_tests.support.reliability"]

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
    """The daily job on a fresh database and an empty Redis."""
    simulator.set_faults([])
    built = Pipeline(stack, simulator)
    yield built
    built.close()


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("INSIGHTS_FAIL_ON_SKIP") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("Tests were skipped, which INSIGHTS_FAIL_ON_SKIP forbids.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
