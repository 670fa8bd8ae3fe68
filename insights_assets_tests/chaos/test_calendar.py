"""Days on which the calendar is odd: leap days, turns of the year, changes of the clocks.

Guards against a snapshot that is a day or an hour off, or knows what its morning could not know.
"""

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg
import httpx
import pytest

from insights_assets.categories.ai_sector_risk.formulas import ipo_heat
from insights_assets.datasets import ipo_calendar
from insights_assets.datasets.news_sentiment_feed import Article, NewsHistory
from insights_assets.datasets.news_sentiment_feed import known as news_known
from insights_assets.datasets.news_sentiment_feed import parse as news_articles
from insights_assets.definitions import defs
from insights_assets.model.dates import (
    NEW_YORK,
    as_of,
    days_between,
    last_sessions,
    previous_session,
)
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.chaos.point_in_time import assert_made_of_its_morning
from insights_assets_tests.support.vendor import NO_REDIS, QUERY, run

A_DAY, AN_HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
NO_HISTORY = "the calendar has no history for past dates"

# The first morning after each change of New York's clocks, and the last before it.
CHANGES = [
    day
    for day in days_between(date(2021, 1, 5), date(2030, 12, 31))
    if as_of(day).utcoffset() != as_of(day - A_DAY).utcoffset()
]


def test_the_schedule_ticks_once_a_day_at_half_past_nine_when_the_clocks_change(
    how_often, tried, monkeypatch
):
    schedule = defs.resolve_schedule_def("daily_snapshot_schedule")
    days = days_between(date(2026, 1, 1), date(2026 + how_often(1, 20), 12, 31))
    windows = dg.TimeWindowPartitionsDefinition(
        start=as_of(days[0]),
        end=as_of(days[-1] + A_DAY),
        fmt="%Y-%m-%dT%H:%M:%S%z",
        cron_schedule=schedule.cron_schedule,
        timezone=schedule.execution_timezone,
    )
    ticks = [
        datetime.fromisoformat(key)
        for key in windows.get_partition_keys(current_time=as_of(days[-1] + 2 * A_DAY))
    ]

    repository = defs.get_repository_def()
    for day, tick in zip(days, ticks, strict=True):
        assert tick.astimezone(NEW_YORK).replace(tzinfo=None) == datetime.combine(day, time(9, 30))
        if day - A_DAY in CHANGES or day in CHANGES or day == days[-1]:
            monkeypatch.setattr("insights_assets.automation.daily.now", lambda tick=tick: tick)
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
    for day in [day + n * A_DAY for day in CHANGES for n in (-1, 0, 1, 7)]:
        bell = datetime.combine(day, time(9, 30), NEW_YORK).astimezone(UTC)
        week = timedelta(days=7)
        published = [bell - week - SECOND, bell - week, bell, bell + SECOND, bell + AN_HOUR]
        articles = [
            Article(instant, f"https://news.example/{instant}", "", 0.0) for instant in published
        ]

        feed = news_known(NewsHistory.of(articles, [], len(articles)), day)

        assert feed.published == (bell, bell - week)
    tried(
        "Time",
        "news around 09:30 New York, in UTC, on the mornings around a change of the clocks",
        "what was published by that second counts, and nothing later",
        times=4 * len(CHANGES),
    )


def test_a_leap_second_costs_its_article_and_no_other():
    stamps = ["20161231T235960", *(f"20170101T0000{second:02}" for second in range(30))]
    feed = [
        {"title": "", "url": day, "time_published": day, "overall_sentiment_score": 0.1}
        for day in stamps
    ]

    history = news_articles(QUERY, json.dumps({"items": "31", "feed": feed}))

    assert [article.url for article in history.articles] == stamps[1:]


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


def test_the_last_session_is_found_in_the_month_before_and_in_the_year_before(
    any_day, how_often, tried
):
    vendor, today = any_day
    firsts = [date(year, month, 1) for year in range(2022, 2030) for month in range(1, 13)]
    mornings = [first + n * A_DAY for first in firsts for n in range(4)]
    mornings = mornings[:: how_often(96, 8)]
    for day in mornings:
        today.append(day)

        fetched = run(
            vendor.base_url, NO_REDIS, day, ids=["intraday_bars"], clock=lambda: as_of(today[-1])
        )

        assert fetched["intraday_bars"].data.newest == previous_session(day)
        months = {session.replace(day=1) for session in last_sessions(day, 20)}
        assert fetched.requests == 3 * len(months)
    tried(
        "Time",
        "one of the first four mornings of a month",
        "the last twenty sessions are had, with one request for each symbol and month",
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
        offerings = [
            ipo_calendar.Offering(row["symbol"], row["name"], date.fromisoformat(row["ipoDate"]))
            for row in csv.DictReader(io.StringIO(listed.text))
        ]
        first: dict[str, str] = {}  # a company counts once, on its first date
        for offering in sorted(offerings, key=lambda offering: offering.ipo_date):
            first.setdefault(ipo_calendar.company(offering), str(offering.ipo_date))
        dates = list(first.values())

        fetched = run(
            vendor.base_url, NO_REDIS, day, ids=["ipo_calendar"], clock=lambda: as_of(today[-1])
        )

        window = {str(day + n * A_DAY) for n in range(91)}
        assert ipo_heat(fetched["ipo_calendar"].data).value == sum(day in window for day in dates)
    tried(
        "Time",
        "a morning whose 90 days of offerings hold a turn of the year, a leap day or both",
        "the offerings from that day to the 90th after it are counted",
        times=len(mornings),
    )
