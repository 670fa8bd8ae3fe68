"""Guards against a backfill that knows the future, loses days, or moves the latest snapshot back.

The vendor's future is really hidden from the single runs: the simulator serves nothing dated later.
"""

import asyncio
from datetime import date

import pytest

from insights_assets.categories import CATEGORIES
from insights_assets.cli.run import runs_of
from insights_assets.datasets.manager import DataManager, Vendors
from insights_assets.model.dates import days_between, now
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets.vendors.wire import Access
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.pipeline import (
    Pipeline,
    documents_of,
    failure_of,
)
from insights_assets_tests.support.recording import RECORDING, SAMPLE, needs_recording
from insights_assets_tests.support.vendor import ALPHA_VANTAGE_DATASETS

TODAY = now().date()

# The day after a holiday, the day of mourning and the day after it.
SOME = ("2025-01-02", "2025-01-09", "2025-01-10")
# The day after a weekend of three days and after the clock change, a weekend, the last but one.
MORE = (*SOME, "2025-01-21", "2025-03-10", "2025-03-30")


@pytest.mark.parametrize(
    ("last", "looked_at"),
    [
        ("2025-01-12", SOME),
        pytest.param("2025-03-31", MORE, marks=pytest.mark.long),
    ],
)
def test_a_backfill_stores_what_each_day_alone_would_have_stored(stack, last, looked_at):
    first, last = date(2025, 1, 2), date.fromisoformat(last)
    with SimulatorServer(SimulatorOptions(data=SAMPLE)) as replay:
        backfill = Pipeline(stack, replay, categories=[SYNTHETIC])
        assert backfill.run(first, last).success
        stored = {day: documents_of(backfill, date.fromisoformat(day)) for day in looked_at}
        days = len(days_between(first, last))
        assert backfill.mongo.insight_snapshots.count_documents({}) == days
        backfill.close()

    for day in looked_at:
        until = date.fromisoformat(day)
        with SimulatorServer(SimulatorOptions(data=SAMPLE, until=until)) as blind:
            alone = Pipeline(stack, blind, categories=[SYNTHETIC])
            assert alone.run(until).success
            assert documents_of(alone, until) == stored[day]
            alone.close()


# In four calendar years, at both ends, after holidays, in April 2025 and on a leap day.
OF_THREE_YEARS = (
    "2023-07-01",
    "2024-02-29",
    "2024-07-05",
    "2025-01-09",
    "2025-04-09",
    "2026-06-30",
)


@pytest.mark.long
@needs_recording
def test_three_years_of_two_vendors_are_what_each_day_alone_would_have_been(stack):
    first, last = date(2023, 7, 1), date(2026, 6, 30)
    both = CATEGORIES[:2]
    with SimulatorServer(SimulatorOptions(data=RECORDING)) as replay:
        backfill = Pipeline(stack, replay, categories=both)
        for start, end in runs_of(first, last):
            assert backfill.run(start, end).success, (start, end)
        stored = {day: documents_of(backfill, date.fromisoformat(day)) for day in OF_THREE_YEARS}
        asked = replay.stats()["by_function"]
        days = len(days_between(first, last))
        assert backfill.mongo.insight_snapshots.count_documents({}) == days * len(both)
        backfill.close()
    fred = asked.pop("series/observations")
    assert fred == len(both[1].datasets) * len(range(first.year, last.year + 1))
    assert sum(asked.values()) <= 80 * 3

    for day in OF_THREE_YEARS:
        until = date.fromisoformat(day)
        with SimulatorServer(SimulatorOptions(data=RECORDING, until=until)) as blind:
            alone = Pipeline(stack, blind, categories=both)
            assert alone.run(until).success, day
            assert documents_of(alone, until) == stored[day]
            alone.close()


def test_a_year_is_at_most_sixty_requests_besides_news_and_eighty_in_all(pipeline, simulator):
    access = Access(simulator.base_url, "any", 10_000)
    vendors = Vendors({"alpha_vantage": access}, 10, pipeline.stack.redis_url)

    async def fetch_a_year() -> None:
        for first, last in runs_of(date(2025, 1, 1), date(2025, 12, 31)):
            async with DataManager.connect(vendors, bulk=True) as manager:
                await manager.prefetch_shared(ALPHA_VANTAGE_DATASETS, days_between(first, last))

    asyncio.run(fetch_a_year())

    asked = simulator.stats()["by_function"]
    assert asked["TIME_SERIES_DAILY_ADJUSTED"] == 4
    assert asked["TREASURY_YIELD"] == 2
    assert sum(asked.values()) - asked["NEWS_SENTIMENT"] <= 60
    assert sum(asked.values()) <= 80


METRICS = ("prices", "headlines", "hours", "offerings", "slope", "shift")
METRICS_AND_BELOW = " ".join(
    f"synthetic/{name}" for name in (*METRICS, "snapshot", "latest_snapshot")
)


def test_days_stored_by_an_earlier_version_are_named_and_stay_until_they_are_fetched_again(
    pipeline,
):
    first, last = date(2026, 3, 2), date(2026, 3, 5)
    assert pipeline.run(first, last).success
    before = {day: pipeline.snapshot(day) for day in days_between(first, last)}
    old = {"data": {"kind": "intraday_bars", "session": "2026-03-02", "bars": {}, "missing": {}}}
    for day in (date(2026, 3, 3), date(2026, 3, 4)):
        pipeline.mongo.insight_datasets.update_one(
            {"_id": f"market_data/intraday_bars:{day}"}, {"$set": old}
        )

    recomputed = pipeline.run(first, last, select=METRICS_AND_BELOW)

    assert not recomputed.success
    message = failure_of(recomputed)
    assert "2026-03-03 to 2026-03-04 (2 days)" in message
    assert "intraday_bars was stored by an earlier version" in message
    assert "`insights backfill --from 2026-03-03 --to 2026-03-04`" in message
    assert pipeline.snapshot(date(2026, 3, 3)) == before[date(2026, 3, 3)]
    assert pipeline.snapshot(first)["run_id"] != before[first]["run_id"]

    assert pipeline.run(date(2026, 3, 3), date(2026, 3, 4)).success
    assert pipeline.run(first, last, select=METRICS_AND_BELOW).success


def test_recomputing_a_range_asks_the_vendor_for_nothing(pipeline, simulator):
    first, last = date(2026, 3, 2), date(2026, 3, 13)
    assert pipeline.run(first, last).success
    before = [documents_of(pipeline, day) for day in days_between(first, last)]
    pipeline.redis.flushall()
    simulator.reset()

    result = pipeline.run(
        first,
        last,
        select=METRICS_AND_BELOW,
        env={"ALPHA_VANTAGE_API_KEY": ""},
    )

    assert result.success
    assert simulator.stats()["total"] == 0
    assert [documents_of(pipeline, day) for day in days_between(first, last)] == before


def test_old_days_never_replace_the_newest_in_redis(pipeline):
    assert pipeline.run(TODAY).success
    newest = pipeline.redis.get(pipeline.latest_key)

    assert pipeline.run(date(2026, 3, 2), date(2026, 3, 4)).success

    held = pipeline.redis.get(pipeline.latest_key)
    assert held.split(b'"cached_at"')[0] == newest.split(b'"cached_at"')[0]


def test_an_expired_key_is_filled_with_the_newest_not_with_the_backfilled_day(pipeline):
    assert pipeline.run(TODAY).success
    pipeline.redis.delete(pipeline.latest_key)

    assert pipeline.run(date(2026, 3, 2), date(2026, 3, 4)).success

    assert f'"date": "{TODAY}"'.encode() in pipeline.redis.get(pipeline.latest_key)


def test_days_that_cannot_be_computed_do_not_sink_the_others(stack):
    # Nothing is served after 2 March: ten days later everything is too old.
    with SimulatorServer(SimulatorOptions(until=date(2026, 3, 2))) as ending:
        pipeline = Pipeline(stack, ending, categories=[SYNTHETIC])
        result = pipeline.run(date(2026, 3, 1), date(2026, 3, 31))
        stored = sorted(
            document["date"].date() for document in pipeline.mongo.insight_snapshots.find()
        )
        cached = pipeline.redis.get(pipeline.latest_key)
        materialized = {
            event.partition
            for event in result.all_events
            if event.is_step_materialization
            and event.asset_key.to_user_string() == "synthetic/snapshot"
        }
        pipeline.close()

    assert not result.success
    message = failure_of(result)
    bad = [day for day in days_between(date(2026, 3, 1), date(2026, 3, 31)) if day not in stored]
    assert stored == days_between(date(2026, 3, 1), stored[-1])
    assert 5 <= len(stored) < 31
    assert (
        f"{len(bad)} of 31 days have no snapshot of synthetic, the other {len(stored)} are stored"
        in message
    )
    assert str(bad[0]) in message
    assert str(bad[-1]) in message
    assert len(message) < 3000
    assert f'"date": "{stored[-1]}"'.encode() in cached
    assert materialized == {str(day) for day in stored}


def test_the_vendors_daily_limit_ends_a_backfill_and_says_where_to_go_on(pipeline, simulator):
    # Everything but the news is in the cache: which request is refused first makes no difference.
    assert pipeline.run(date(2026, 3, 16), date(2026, 3, 20)).success
    simulator.set_faults(["NEWS_SENTIMENT=dailylimit"])

    result = pipeline.run(date(2026, 3, 23), date(2026, 3, 27))

    assert not result.success
    assert "Go on from 2026-03-23 after midnight New York" in failure_of(result)
    assert pipeline.mongo.insight_snapshots.count_documents({}) == 10
    assert pipeline.snapshot(date(2026, 3, 27))["coverage"] == 0.7
