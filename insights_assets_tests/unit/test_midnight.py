"""Guards against a run of all tests that fails because it began before midnight."""

from datetime import datetime, timedelta

import pytest

from insights_assets.model.dates import NEW_YORK
from insights_assets_tests.support.midnight import before_a_run


@pytest.mark.parametrize(
    ("hour", "minute", "minutes"), [(0, 0, 0), (12, 0, 0), (23, 45, 0), (23, 46, 14), (23, 59, 1)]
)
def test_a_run_that_would_see_midnight_waits_for_it(hour, minute, minutes):
    began = datetime(2026, 11, 28, hour, minute, tzinfo=NEW_YORK)

    assert before_a_run(began) == timedelta(minutes=minutes)
