"""A run of all tests does not begin shortly before midnight in New York, but waits for it.

Tests name days by the one on which their run began, as today's snapshot or yesterday's alert: no
hour is special to them but the end of that day.
"""

import time
from datetime import datetime, timedelta

import pytest

from insights_assets.model.dates import NEW_YORK, now

LONGEST_RUN = timedelta(minutes=15)


@pytest.hookimpl(tryfirst=True)  # before the workers are started, which collect
def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    is_worker = hasattr(config, "workerinput")
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS or is_worker:
        return
    wait = before_a_run(now())
    if wait:
        config.get_terminal_writer().line(f"Waiting {wait.seconds} s for midnight in New York.")
        time.sleep(wait.total_seconds())


def before_a_run(instant: datetime) -> timedelta:
    """Return how long to wait, so that all of a run that begins then is on one day."""
    midnight = datetime.combine(instant.date() + timedelta(days=1), datetime.min.time(), NEW_YORK)
    left = midnight - instant
    return left if left < LONGEST_RUN else timedelta(0)
