"""Whole days, from payloads to the composite, against the slow reference of the specification.

What these tests guard against: an as-of rule and a formula that are each right alone and wrong
together (an observation too new, a session too old, a symbol counted that should be missing), a
rounding that moves a score, and a holiday on which two calendars disagree.
"""

import asyncio
import json
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.datasets import DATASETS
from insights_assets.datasets.fetching import Fetched
from insights_assets.model.dates import NEW_YORK, as_of, previous_federal_business_day
from insights_assets.model.outcomes import Reading
from insights_assets.model.snapshot import Snapshot, compose
from insights_assets.vendors.errors import VendorError
from insights_assets_tests.chaos import slow_reference as slow
from insights_assets_tests.chaos.vendor_support import Row, body_of

SYMBOLS = {"daily": ("NVDA", "MSFT", "AMD", "PLTR"), "intraday": ("NVDA", "MSFT", "AMD")}
DAYS = st.dates(date(2021, 6, 1), date(2026, 12, 31))


def weekdays(last, count):
    """So many weekdays up to `last`, newest first."""
    days = [last - timedelta(days=n) for n in range(2 * count + 9)]
    return [day for day in days if day.weekday() < 5][:count]


def world_of(draw, day):
    """Payloads around a day, made to lie near the limits of each rule."""
    return {
        "daily": {symbol: daily_rows(draw, day) for symbol in SYMBOLS["daily"]},
        "intraday": {symbol: intraday_rows(draw, day) for symbol in SYMBOLS["intraday"]},
        "10year": yield_rows(draw, day),
        "2year": yield_rows(draw, day),
        "news": news_rows(draw, day),
        "ipos": [
            {"symbol": f"S{n}", "ipoDate": (day + timedelta(draw.randint(-5, 95))).isoformat()}
            for n in range(draw.choice((0, 3, 24, 30)))
        ],
    }


def newest(draw, day):
    """The day of the newest row: at times after the day itself, at times too old."""
    return day + timedelta(days=draw.choice((2, 0, -1, -1, -1, -3, -5, -6)))


def daily_rows(draw, day):
    # No step is as large as a slip or a split that went unreported: those are refused.
    price, step = draw.randint(3000, 90_000), draw.choice((0, 1, 300))
    rows = {}
    for weekday in weekdays(newest(draw, day), draw.choice((150, 200, 203, 206, 275))):
        price = max(price + draw.randint(-step, step), 2000)
        rows[weekday.isoformat()] = {"5. adjusted close": f"{price / 100:.2f}"}
    return rows


def intraday_rows(draw, day):
    rows = {}
    for weekday in weekdays(newest(draw, day), draw.choice((3, 9, 12, 25, 25))):
        count = draw.choice((13, 13, 7, 4, 3))
        for n in range(count):
            opened, closed = (draw.randint(9_000, 11_000) / 100 for _ in range(2))
            stamp = f"{weekday} {9 + (n + 1) // 2:02}:{(n + 1) % 2 * 30:02}:00"
            rows[stamp] = {"1. open": f"{opened:.2f}", "4. close": f"{closed:.2f}"}
    return rows


def yield_rows(draw, day):
    count = draw.choice((15, 21, 24, 80))
    return [
        {"date": day.isoformat(), "value": draw.choice((".", *[f"{draw.uniform(-1, 6):.2f}"] * 9))}
        for day in weekdays(newest(draw, day) - timedelta(draw.choice((0, 0, 3))), count)
    ]


def news_rows(draw, day):
    opening = slow.opening_in_utc(day)
    instants = [
        opening - timedelta(days=draw.choice((0, 0, 7)), seconds=draw.choice((-60, 0, 60)))
        if draw.random() < 0.2
        else opening - timedelta(seconds=draw.randint(-90_000, 700_000))
        for _ in range(draw.choice((0, 5, 7, 60, 90)))
    ]
    rows = {}
    for n, instant in enumerate(instants):
        stamp = f"{instant:%Y%m%dT%H%M%S}"
        url = f"https://news.example/{draw.randint(1, 70)}/{n if draw.random() < 0.8 else 0}"
        # Two scores for one address at one instant: the specification does not say which counts.
        rows[stamp, url] = {
            "time_published": stamp,
            "url": url,
            "overall_sentiment_score": round(draw.uniform(-1, 1), 6),
        }
    return list(rows.values())


def computed(world, day):
    """What the product makes of the same payloads."""

    async def ask(query, parse):
        body = body_for(query, world)
        fetched_at = datetime.combine(day, datetime.min.time(), NEW_YORK)
        try:
            return Fetched(parse(query, body), "simulator", fetched_at)
        except VendorError as error:
            return error.outcome()

    async def fetched():
        return {
            id_: (await DATASETS[id_].fetch(ask, [day], day))[day]
            for id_ in AI_SECTOR_RISK.datasets
        }

    datasets = asyncio.run(fetched())
    outcomes = {metric.id: metric.evaluate(datasets) for metric in AI_SECTOR_RISK.metrics}
    snapshot = compose(
        AI_SECTOR_RISK, day, outcomes, run_id="run", created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    readings = {id_: outcome for id_, outcome in outcomes.items() if isinstance(outcome, Reading)}
    return readings, snapshot


def body_for(query, world):
    """The vendor's answer: newest first, as it comes."""
    match query.function:
        case "TIME_SERIES_DAILY_ADJUSTED":
            return json.dumps({"Time Series (Daily)": world["daily"][query.params["symbol"]]})
        case "TIME_SERIES_INTRADAY":
            return json.dumps({"Time Series (30min)": world["intraday"][query.params["symbol"]]})
        case "TREASURY_YIELD":
            return json.dumps({"data": world[query.params["maturity"]]})
        case "NEWS_SENTIMENT":
            return json.dumps({"feed": world["news"]})
        case function:
            rows = [Row(row["ipoDate"], {"symbol": row["symbol"]}) for row in world["ipos"]]
            return body_of(function, rows).decode()


def assert_agree(world, day):
    """Compare every metric, and the composite; return how many metrics there were."""
    expected = slow.values(world, day)
    readings, snapshot = computed(world, day)

    assert readings.keys() == expected.keys(), snapshot
    for id_, value in expected.items():
        assert abs(readings[id_].value - value) <= 0.5000001e-6 + 1e-9 * abs(value)
        assert abs(readings[id_].score - slow.exact_score(id_, value)) <= 0.0050001
    coverage, mean = slow.composite({id_: outcome.score for id_, outcome in readings.items()})
    assert isinstance(snapshot, Snapshot) == (mean is not None)
    if mean is not None:
        assert abs(snapshot.coverage - coverage) < 1e-9
        assert abs(snapshot.composite_score - mean) <= 0.0050001
        assert snapshot.composite_status == slow.band(snapshot.composite_score)
        assert {id_: reading.status for id_, reading in snapshot.metrics.items()} == {
            id_: slow.band(outcome.score) for id_, outcome in readings.items()
        }
    return len(expected)


def test_whole_days_agree_with_the_slow_reference(how_often, tried):
    counts = {"days": 0, "metrics": 0, "snapshots": 0}

    @settings(
        deadline=None,
        max_examples=how_often(25, 3000),
        suppress_health_check=list(HealthCheck),
    )
    @given(DAYS, st.integers(0, 2**64))
    def agree(day, seed):
        world = world_of(random.Random(seed), day)  # noqa: S311
        counts["metrics"] += assert_agree(world, day)
        counts["days"] += 1

    agree()
    tried(
        "Hostile input",
        "random days near every limit, against an exact reference of the specification",
        "the same metrics, values, scores, bands and composite",
        times=counts["days"],
    )
    tried(
        "Hostile input",
        "their metrics, each against exact fractions",
        "equal to half a unit of the last stored digit",
        times=counts["metrics"],
    )


@pytest.mark.parametrize("year", range(2021, 2031))
def test_every_day_of_ten_years_opens_and_has_its_business_day_where_the_rules_say(year, tried):
    day, last = date(year, 1, 1), date(year, 12, 31)
    days = 0
    while day <= last:
        assert as_of(day).astimezone(UTC).replace(tzinfo=None) == slow.opening_in_utc(day)
        before = previous_federal_business_day(day)
        assert before < day <= slow.next_business_day(before)
        assert slow.next_business_day(before - timedelta(days=1)) == before
        day += timedelta(days=1)
        days += 1
    tried(
        "Hostile input",
        "every day of 2021 to 2030: the opening in UTC, the Federal Reserve's last business day",
        "as the rules say, walked day by day",
        times=days,
    )
