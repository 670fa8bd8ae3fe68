"""Where every test may be skipped, a green run proves nothing: INSIGHTS_FAIL_ON_SKIP forbids it."""

import os
from collections.abc import Iterator

import pytest

from insights_assets.local_stack import LocalStack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One local stack for each worker; tests take a database of their own on it."""
    with LocalStack(tmp_path_factory.mktemp("stack"), mongo_port=0, redis_port=0) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("INSIGHTS_FAIL_ON_SKIP") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("Tests were skipped, which INSIGHTS_FAIL_ON_SKIP forbids.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
