"""The read side: Redis first, MongoDB where Redis has nothing to offer.

What these tests guard against: a reader that shows nothing, or fails, because the cache is gone
while history holds the answer, and a trend that hides the days without a snapshot.
"""

from datetime import UTC, datetime, timedelta

import pytest

from insights_assets.model.dates import NEW_YORK
from insights_assets.model.outcomes import Reading, Unavailable
from insights_assets.serving.service import Insights, NoSnapshot
from insights_assets.storage import documents
from insights_assets.storage.connections import open_history, open_latest
from insights_assets.storage.indexes import METRICS, Retention
from insights_assets_tests.support.category import NARROW, SYNTHETIC, TWO_CATEGORIES
from insights_assets_tests.support.storage import (
    DAY,
    fresh_database,
    snapshot,
)

NOW = datetime(2025, 1, 9, 14, 30, 6, tzinfo=UTC)
YESTERDAY = DAY - timedelta(days=1)


@pytest.fixture
def history(stack):
    with open_history(stack.mongo_uri, fresh_database(), Retention()) as opened:
        yield opened


@pytest.fixture
def latest(stack, redis):
    with open_latest(stack.redis_url, "insights") as opened:
        yield opened


def reading(history, latest):
    return Insights(history, latest, TWO_CATEGORIES, clock=lambda: NOW.astimezone(NEW_YORK))


@pytest.fixture
def reader(history, latest):
    return reading(history, latest)


def test_before_the_first_run_there_is_nothing_to_read(reader):
    assert reader.latest(SYNTHETIC) is None
    assert reader.trend(SYNTHETIC, 30).points == []
    with pytest.raises(NoSnapshot, match="There is no snapshot of synthetic yet"):
        reader.read(SYNTHETIC)


def test_one_category_never_answers_for_another(reader, history, latest):
    other = snapshot(category="narrow")
    history.write_snapshots([other])
    latest.publish(other, NOW)

    assert reader.latest(SYNTHETIC) is None
    views = reader.views(TWO_CATEGORIES)
    assert [view.category.id for view in views.snapshots] == ["narrow"]
    assert [missing.category_id for missing in views.missing] == ["synthetic"]


def test_one_day_is_read_from_history(reader, history):
    history.write_snapshots([snapshot(), snapshot(YESTERDAY, score=60.0)])

    assert reader.read(SYNTHETIC, YESTERDAY).snapshot == snapshot(YESTERDAY, score=60.0)


def why(reader, day):
    with pytest.raises(NoSnapshot) as refused:
        reader.read(NARROW, day)
    return str(refused.value)


def test_a_day_without_a_snapshot_is_told_with_what_to_do(reader):
    none = "There is no snapshot of narrow for"
    assert why(reader, YESTERDAY) == (
        f"{none} {YESTERDAY}: it was not computed. Run `insights snapshot --date {YESTERDAY}`."
    )
    tomorrow = DAY + timedelta(days=1)
    assert why(reader, tomorrow) == f"{none} {tomorrow} yet: it is taken at 09:30 New York."


def test_a_day_that_was_refused_is_told_with_the_reasons_of_its_metrics(reader, history):
    reading = Reading(1.0, 50.0, "There is 1 row.", "fresh", "simulator")
    no_answer = Unavailable("TREASURY_YIELD 2year: no answer", "outage")
    store_metric(history, "rates", no_answer)

    assert why(reader, YESTERDAY) == (
        f"There is no snapshot of narrow for {YESTERDAY}: coverage is 0, a snapshot needs 0.5;"
        " missing: rates: TREASURY_YIELD 2year: no answer;"
        f" calendar: not computed for {YESTERDAY}."
    )

    store_metric(history, "calendar", reading)
    assert "although its metrics are stored" in why(reader, YESTERDAY)


def store_metric(history, metric_id, outcome):
    document = documents.metric_document(outcome)
    history.write_values(METRICS, f"narrow/{metric_id}", {YESTERDAY: document}, "run")


def test_a_trend_covers_calendar_days_newest_first_with_gaps_as_gaps(reader, history):
    ages = (0, 1, 4, 6, 7)
    history.write_snapshots([snapshot(DAY - timedelta(days=age)) for age in ages])

    trend = reader.trend(SYNTHETIC, 7)

    assert [(DAY - point.date).days for point in trend.points] == [0, 1, 4, 6]


def test_a_trend_of_one_day_is_that_day(reader, history):
    history.write_snapshots([snapshot(), snapshot(YESTERDAY)])

    assert [point.date for point in reader.trend(SYNTHETIC, 1).points] == [DAY]
