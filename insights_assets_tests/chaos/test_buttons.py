"""Dagster's own buttons after a bad backfill, pressed at a real webserver and daemon.

What these tests guard against: a button that repeats a failure without asking the vendor again,
one that asks for what is stored, and days that stay red, or are green without their data.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from insights_assets.categories import CATEGORIES
from insights_assets.model.dates import days_between
from insights_assets_tests.chaos.crash_support import end_state
from insights_assets_tests.support.daemon import make_home, wait_until
from insights_assets_tests.support.dagster_ui import Dagster, running_dagster
from insights_assets_tests.support.pipeline import Pipeline

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("daemon")]

CATEGORY = CATEGORIES[0].id
DAYS = days_between(date(2026, 3, 2), date(2026, 4, 10))
BAD = {  # the first answer to a question about news, a yield and hours
    "NEWS_SENTIMENT": "NEWS_SENTIMENT=malformed",
    "TREASURY_YIELD": "TREASURY_YIELD:2year=malformed",
    "TIME_SERIES_INTRADAY": "TIME_SERIES_INTRADAY:NVDA=nan*1",
}
NOTHING_BY_ITSELF = {"INSIGHTS_REPAIR_DAYS": "0", "INSIGHTS_REPAIR_GRACE_MINUTES": "1439"}


def from_failure_of_its_run(dagster: Dagster, _backfill: str) -> None:
    [run] = dagster.instance.get_runs()
    dagster.run_from_failure(run.run_id)


def from_failure_of_the_backfill(dagster: Dagster, backfill: str) -> None:
    dagster.backfill_from_failure(backfill)


def missing_and_failed_of_the_red_assets(dagster: Dagster, _backfill: str) -> None:
    red = [asset for asset, (_, failed) in dagster.colours().items() if failed]
    dagster.backfill(DAYS, red)


MENDED = "after one click a bad day is green, its data is whole, and nothing else was asked for"
BUTTONS: Mapping[str, Callable[[Dagster, str], None]] = {
    "Re-execute from failure, of a run": from_failure_of_its_run,
    "Re-execute from failure, of a backfill": from_failure_of_the_backfill,
    "Materialize missing and failed, of the red assets": missing_and_failed_of_the_red_assets,
}


@pytest.mark.parametrize("button", BUTTONS)
def test_one_click_mends_a_bad_backfill_and_asks_only_for_what_was_bad(
    button, tmp_path, pipeline, simulator, tried
):
    simulator.set_faults(list(BAD.values()))
    home = make_home(tmp_path / "home")
    with running_dagster(home, {**pipeline.environment, **NOTHING_BY_ITSELF}) as dagster:
        backfill = dagster.backfill(DAYS)
        wait_until(dagster.is_over, 300)
        before = dagster.colours()
        assert {green + red for green, red in before.values()} == {len(DAYS)}
        assert before[f"{CATEGORY}/snapshot"] == before[f"{CATEGORY}/latest_snapshot"]
        assert before[f"{CATEGORY}/snapshot"] == (0, len(DAYS))  # one yield lacks on every day
        assert before["market_data/daily_bars"] == (len(DAYS), 0)
        simulator.set_faults([])
        simulator.reset()

        BUTTONS[button](dagster, backfill)

        wait_until(dagster.is_over, 300)
        assert set(dagster.colours().values()) == {(len(DAYS), 0)}
    assert simulator.stats()["by_function"].keys() == BAD.keys()
    mended = end_state(pipeline)
    assert mended == undisturbed(pipeline)
    tried("Crashes", button, MENDED, times=len(DAYS))


def undisturbed(pipeline: Pipeline) -> dict[str, Any]:
    """What is stored after a run of the same days that met no fault."""
    other = Pipeline(pipeline.stack, pipeline.simulator)
    assert other.run(DAYS[0], DAYS[-1]).success
    state = end_state(other)
    other.close()
    return state
