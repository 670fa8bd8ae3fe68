"""Runs over midnight, and machines whose calendar shows another day.

Guards against a snapshot of another day than New York's on which the run began.
"""

import json
from contextlib import ExitStack, closing
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp

from insights_assets.model.dates import NEW_YORK
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.chaos.clock_support import insights_on
from insights_assets_tests.chaos.point_in_time import assert_made_of_its_morning
from insights_assets_tests.support.pipeline import Pipeline, documents_of

A_DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NO_HISTORY = "the calendar has no history for past dates"


def home(folder: Path) -> Path:
    """A DAGSTER_HOME for a process alone: two that make one at once can fail at it."""
    return Path(mkdtemp(dir=folder))


def test_a_run_over_midnight_stays_with_its_day(stack, clock, tmp_path, how_often, tried):
    mornings = [date(2027, 2, 28), date(2027, 12, 31), date(2027, 11, 6), date(2028, 2, 29)]
    mornings = mornings[: how_often(1, 4)]
    with SimulatorServer(SimulatorOptions(latency_ms=1500), clock=clock.now) as vendor:
        for day in mornings:
            pipeline = Pipeline(stack, vendor)
            midnight = datetime.combine(day + A_DAY, time(), NEW_YORK)
            clock.set_to(midnight - 30 * SECOND)
            with insights_on(clock, pipeline, tmp_path, "snapshot") as process:
                clock.wait_until(lambda: vendor.stats()["total"])  # it has begun to fetch
                clock.set_to(midnight - SECOND)
                assert process.wait(60) == 0

            snapshot = pipeline.snapshot(day)
            assert snapshot["created_at"] > midnight
            assert snapshot["unavailable"] == {
                "ipo_heat": {"reason": NO_HISTORY, "cause": "absent"}
            }
            assert assert_made_of_its_morning(pipeline, day) == {"ipo_calendar": NO_HISTORY}
            assert pipeline.mongo.insight_snapshots.count_documents({}) == 1
            assert json.loads(pipeline.redis.get(pipeline.latest_key))["date"] == str(day)
            pipeline.close()
    tried(
        "Time",
        "a run that began before midnight New York and fetched and ended after it",
        "the snapshot of the day it began on, without the IPO calendar, which is of the next",
        times=len(mornings),
    )


def test_a_machine_in_another_time_zone_stores_the_same(stack, clock, tmp_path, how_often, tried):
    zones = ["Pacific/Kiritimati", "America/Los_Angeles", "UTC", "Asia/Tokyo", "Pacific/Niue"]
    zones = zones[: how_often(2, 5)]
    evening = datetime(2027, 11, 6, 22, 0, tzinfo=NEW_YORK)  # the day after in most of the world
    with (
        SimulatorServer(SimulatorOptions(), clock=lambda: evening) as vendor,
        ExitStack() as ending,
    ):
        clock.set_to(evening)
        pipelines = [ending.enter_context(closing(Pipeline(stack, vendor))) for _ in zones]
        processes = [
            ending.enter_context(insights_on(clock, pipeline, home(tmp_path), "snapshot", TZ=zone))
            for zone, pipeline in zip(zones, pipelines, strict=True)
        ]
        assert [process.wait(60) for process in processes] == [0] * len(zones)
        stored = [documents_of(pipeline) for pipeline in pipelines]
        assert not assert_made_of_its_morning(pipelines[0], evening.date())
        for pipeline in pipelines:
            assert pipeline.snapshot(evening.date())["coverage"] == 1

    assert all(one == another for one, another in pairwise(stored))
    tried(
        "Time",
        "a machine in another time zone, whose calendar shows another day",
        "the same documents for New York's day, field by field",
        times=len(zones),
    )
