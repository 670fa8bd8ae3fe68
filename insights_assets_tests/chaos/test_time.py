"""Days on which the calendar is odd, machines whose clock is wrong or elsewhere, and midnight.

Guards against a snapshot that is a day or an hour off, that knows what its morning could not know,
and against one from a wrong clock that stays in the way of the right ones.
"""

import asyncio
import csv
import io
import json
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic

import dagster as dg
import httpx
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from redis.asyncio import ConnectionPool

from insights_assets.categories.formulas import ipo_heat
from insights_assets.definitions import defs
from insights_assets.market_data import rate_limit
from insights_assets.market_data.parsers import news_articles
from insights_assets.market_data.rate_limit import RateLimiter
from insights_assets.model.as_of import Article, NewsHistory, news_known
from insights_assets.model.datasets import DATASET_IDS
from insights_assets.model.dates import NEW_YORK, as_of, days_between, now, previous_session
from insights_assets.model.outcomes import Dataset, Unavailable
from insights_assets.settings import VENDOR_URL
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.chaos.clock_support import MovedClock
from insights_assets_tests.chaos.mornings import assert_made_of_its_morning
from insights_assets_tests.daemon_support import running
from insights_assets_tests.market_data_support import run
from insights_assets_tests.pipeline_support import Pipeline, documents_of, failed_checks, failure_of
from insights_assets_tests.storage_support import closed_port

A_DAY, AN_HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
LATEST = "insights:ai_sector_risk:latest"
NO_HISTORY = "the calendar has no history for past dates"

# The first morning after each change of New York's clocks, and the last before it.
CHANGES = [
    day
    for day in days_between(date(2021, 1, 5), date(2030, 12, 31))
    if as_of(day).utcoffset() != as_of(day - A_DAY).utcoffset()
]


# The calendar


def test_the_schedule_ticks_once_a_day_at_half_past_nine_when_the_clocks_change(how_often, tried):
    schedule = defs.resolve_schedule_def("daily_snapshot_schedule")
    days = days_between(date(2026, 1, 1), date(2026 + how_often(1, 20), 12, 31))
    ticks = schedule_execution_time_iterator(
        as_of(days[0]).timestamp(), schedule.cron_schedule, schedule.execution_timezone
    )

    repository = defs.get_repository_def()
    for day, tick in zip(days, ticks, strict=False):
        assert tick.astimezone(NEW_YORK).replace(tzinfo=None) == datetime.combine(day, time(9, 30))
        if day - A_DAY in CHANGES or day in CHANGES or day == days[-1]:
            context = dg.build_schedule_context(
                scheduled_execution_time=tick, repository_def=repository
            )
            (request,) = schedule.evaluate_tick(context).run_requests
            assert request.partition_key == str(day)

    tried(
        "Time",
        "a day of the schedule, over years with every change of the clocks",
        "one tick, at 09:30 New York, for the partition of that day",
        times=len(days),
    )


def test_news_counts_up_to_the_second_of_the_bell_on_both_sides_of_each_change_of_the_clocks(tried):
    for day in [each + n * A_DAY for each in CHANGES for n in (-1, 0, 1, 7)]:
        bell = datetime.combine(day, time(9, 30), NEW_YORK).astimezone(UTC)
        week = timedelta(days=7)
        published = [bell - week - SECOND, bell - week, bell, bell + SECOND, bell + AN_HOUR]
        articles = [Article(each, f"https://news.example/{each}", "", 0.0) for each in published]

        found = news_known(NewsHistory.of(articles, [], len(articles)), day)

        assert found.published == (bell, bell - week)
    tried(
        "Time",
        "news around 09:30 New York, in UTC, on the mornings around a change of the clocks",
        "what was published by that second counts, and nothing later",
        times=4 * len(CHANGES),
    )


def test_a_leap_second_costs_its_article_and_no_other():
    stamps = ["20161231T235960", *(f"20170101T0000{second:02}" for second in range(30))]
    feed = [
        {"title": "", "url": each, "time_published": each, "overall_sentiment_score": 0.1}
        for each in stamps
    ]

    found = news_articles("news", json.dumps({"items": "31", "feed": feed}))

    assert [article.url for article in found.articles] == stamps[1:]


def test_days_around_a_leap_day_a_turn_of_the_year_and_a_change_of_the_clocks_are_right(
    pipeline, how_often, tried
):
    ranges = [
        (date(2024, 2, 28), date(2024, 3, 1)),
        (date(2023, 12, 20), date(2024, 3, 15)),
        (date(2024, 10, 28), date(2025, 1, 12)),
    ]
    days = []
    for first, last in ranges[: how_often(1, 3)]:
        assert pipeline.run(first, last).success
        days += days_between(first, last)

    for day in days:
        assert assert_made_of_its_morning(pipeline, day) == {"ipo_calendar": NO_HISTORY}
        assert pipeline.snapshot(day)["coverage"] == 0.9
    tried(
        "Time",
        "a day near a leap day, a turn of the year or a change of the clocks, computed later",
        "made of the newest that was known on that morning, in every dataset",
        times=len(days),
    )


@pytest.fixture
def any_day():
    """A vendor that lives on the day that is put into the list."""
    days = []
    with SimulatorServer(SimulatorOptions(), clock=lambda: as_of(days[-1])) as server:
        yield server, days


NO_REDIS = f"redis://127.0.0.1:{closed_port()}/0"


def test_the_last_session_is_found_in_the_month_before_and_in_the_year_before(
    any_day, how_often, tried
):
    vendor, today = any_day
    firsts = [date(year, month, 1) for year in range(2022, 2030) for month in range(1, 13)]
    mornings = [first + n * A_DAY for first in firsts for n in range(4)]
    mornings = mornings[:: how_often(96, 8)]
    for day in mornings:
        today.append(day)

        found = run(
            vendor.base_url, NO_REDIS, day, ids=["intraday_bars"], clock=lambda: as_of(today[-1])
        )

        assert found["intraday_bars"].data.session == previous_session(day)
        assert found.requests == 3
    tried(
        "Time",
        "one of the first four mornings of a month",
        "the last session is had from its own month, with one request for each symbol",
        times=len(mornings),
    )


def test_ninety_days_of_offerings_go_over_the_turn_of_the_year_and_the_leap_day(any_day, tried):
    vendor, today = any_day
    mornings = [
        *(date(2027, 12, 31), date(2028, 1, 1), date(2028, 2, 28), date(2028, 2, 29)),
        *(date(2027, 11, 7), date(2028, 3, 12), date(2027, 10, 3), date(2027, 12, 1)),
    ]
    for day in mornings:
        today.append(day)
        listed = httpx.get(
            vendor.base_url,
            params={"function": "IPO_CALENDAR", "horizon": "12month", "apikey": "any"},
        )
        dates = [row["ipoDate"] for row in csv.DictReader(io.StringIO(listed.text))]

        found = run(
            vendor.base_url, NO_REDIS, day, ids=["ipo_calendar"], clock=lambda: as_of(today[-1])
        )

        window = {str(day + n * A_DAY) for n in range(91)}
        assert ipo_heat(found["ipo_calendar"].data).value == sum(each in window for each in dates)
    tried(
        "Time",
        "a morning whose 90 days of offerings hold a turn of the year, a leap day or both",
        "the offerings from that day to the 90th after it are counted",
        times=len(mornings),
    )


# Midnight, and machines elsewhere


PATIENT = {"INSIGHTS_FETCH_DEADLINE_SECONDS": "30"}


@pytest.fixture
def clock(tmp_path) -> MovedClock:
    return MovedClock(tmp_path / "clock", now())


def command(pipeline, clock, folder, *arguments: str, **environment: str):
    """Run `insights` on the moved clock."""
    return running(
        ["-m", "insights_assets.cli", *arguments],
        folder,
        {**pipeline.environment, **clock.environment, **PATIENT, **environment},
    )


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
            with command(pipeline, clock, tmp_path, "snapshot") as process:
                clock.wait_until(lambda: vendor.stats()["total"])  # it has begun to fetch
                clock.set_to(midnight - SECOND)
                assert process.wait(60) == 0

            snapshot = pipeline.snapshot(day)
            assert snapshot["created_at"] > midnight
            assert snapshot["unavailable"] == {"ipo_heat": NO_HISTORY}
            assert assert_made_of_its_morning(pipeline, day) == {"ipo_calendar": NO_HISTORY}
            assert pipeline.mongo.insight_snapshots.count_documents({}) == 1
            assert json.loads(pipeline.redis.get(LATEST))["date"] == str(day)
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
            ending.enter_context(command(pipeline, clock, home(tmp_path), "snapshot", TZ=zone))
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


# Wrong clocks


@pytest.fixture
def vendor_at(simulator, monkeypatch):
    """Let the real vendor's address be answered by the simulator, as if it were another time."""
    simulator.set_faults([])
    ask = httpx.AsyncHTTPTransport.handle_async_request

    def living(vendors_now):
        async def answer(transport, request):
            url = httpx.URL(simulator.base_url, query=request.url.query)
            there = httpx.Request("GET", url, headers={"Accept-Encoding": "identity"})
            response = await ask(transport, there)
            response.headers["Date"] = format_datetime(vendors_now().astimezone(UTC), usegmt=True)
            return response

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)

    return living


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (2 * AN_HOUR, "2 hours ahead of"),
        (-2 * AN_HOUR, "2 hours behind"),
        (3 * A_DAY, "72 hours ahead of"),
        (-A_DAY, "24 hours behind"),
        (-3650 * A_DAY, "87600 hours behind"),
    ],
)
def test_a_wrong_clock_is_told_and_nothing_is_taken_for_known_on_its_day(
    vendor_at, ahead, told, tried
):
    vendor_at(now)
    wrong = now() + ahead

    found = run(VENDOR_URL, NO_REDIS, wrong.date(), clock=lambda: wrong)

    for id_ in DATASET_IDS:
        assert isinstance(found[id_], Unavailable), id_
        assert f"this machine's clock is {told} the vendor's" in found[id_].reason
    tried(
        "Time",
        "a run while the machine's clock is hours, days or years from the vendor's",
        "no dataset is taken from it; each says by how much the clock is wrong",
    )


@pytest.mark.parametrize("ahead", [timedelta(), 50 * 60 * SECOND, -50 * 60 * SECOND])
def test_a_clock_that_is_less_than_an_hour_off_changes_nothing(vendor_at, ahead, tried):
    vendor_at(now)
    drifted = now() + ahead

    found = run(VENDOR_URL, NO_REDIS, drifted.date(), clock=lambda: drifted)

    for id_ in DATASET_IDS:
        assert isinstance(found[id_], Dataset), id_
        assert found[id_].source == "alpha_vantage"
    tried("Time", "a run with a clock that is up to an hour off", "it is as any other run")


def test_a_run_on_a_wrong_clock_stores_no_snapshot_and_says_why(pipeline, vendor_at, tried):
    vendor_at(lambda: now() - 3 * A_DAY)

    result = pipeline.run(now().date(), env={"ALPHA_VANTAGE_BASE_URL": VENDOR_URL})

    assert not result.success
    assert "clock is 72 hours ahead of the vendor's" in failure_of(result)
    assert pipeline.mongo.insight_snapshots.count_documents({}) == 0
    assert not pipeline.redis.exists(LATEST)
    tried("Time", "the daily job on a clock three days ahead", "it fails, says why, stores nothing")


def test_an_answer_kept_before_a_leap_of_the_clock_is_not_taken_for_a_new_one(
    simulator, redis, stack, tried
):
    simulator.set_faults([])
    leaps = [2 * AN_HOUR, 5 * A_DAY, -2 * AN_HOUR, -3650 * A_DAY]
    for leap in leaps:
        redis.flushdb()
        instant = now()
        first = run(simulator.base_url, stack.redis_url, instant.date(), ids=["treasury_2y"])

        after = instant + leap
        again = run(
            simulator.base_url,
            stack.redis_url,
            after.date(),
            ids=["treasury_2y"],
            clock=lambda after=after: after,
        )

        assert (first.requests, again.requests) == (1, 1)
    tried(
        "Time",
        "an answer of the vendor kept in Redis before the machine's clock leapt",
        "it is not used: the vendor is asked again",
        times=len(leaps),
    )


def test_what_a_clock_ahead_has_stored_gives_way_once_the_clock_is_right(
    pipeline, clock, tmp_path, how_often, tried
):
    today = now().date()
    for days in (3, 400)[: how_often(1, 2)]:
        clock.set_to(now() + days * A_DAY)
        span = ("--from", str(today), "--to", str(today + A_DAY))
        with command(pipeline, clock, tmp_path, "backfill", *span) as process:
            assert process.wait(60) == 0
        poisoned = pipeline.snapshot(today)
        assert poisoned["created_at"] > now() + 2 * A_DAY
        assert json.loads(pipeline.redis.get(LATEST))["date"] > str(today)

        result = pipeline.run(today)

        right = pipeline.snapshot(today)
        assert result.success
        assert right["run_id"] == result.run_id
        held = json.loads(pipeline.redis.get(LATEST))
        assert (held["date"], held["run_id"]) == (str(today), result.run_id)
        assert not failed_checks(result)
    tried(
        "Time",
        "days that a run on a clock ahead stored, today's and some to come, then a run on time",
        "today's is computed again, and is the latest in both stores",
        times=how_often(1, 2),
    )


@pytest.mark.parametrize("ahead", [3 * A_DAY, -3 * A_DAY])
def test_requests_of_a_machine_on_another_clock_hold_up_nobody_for_more_than_a_minute(
    stack, redis, monkeypatch, ahead, tried
):
    monkeypatch.setattr(rate_limit, "WINDOW_SECONDS", 1)  # in place of a minute
    real = rate_limit.time.time

    async def all_granted() -> float:
        pool = ConnectionPool.from_url(stack.redis_url)
        limiter = RateLimiter(3, pool)
        began = monotonic()
        for _ in range(3):
            await limiter.acquire()
        await pool.aclose()
        return monotonic() - began

    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("time.time", lambda: real() + ahead.total_seconds())
        asyncio.run(all_granted())

    assert asyncio.run(all_granted()) < 4
    tried(
        "Time",
        "the request rate shared with a machine that is three days off",
        "nobody waits longer than for a minute's requests",
    )
