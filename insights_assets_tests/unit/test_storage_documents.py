"""Between the model's values and stored documents.

What these tests guard against: a value that comes back from a store as another one, a document
that nobody can read in a shell or whose fields drift from the specification, and a damaged
document that becomes a wrong number or a crash.
"""

import copy
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from insights_assets.datasets import DATASETS as REGISTERED
from insights_assets.model.outcomes import Unavailable
from insights_assets.storage import documents
from insights_assets_tests.support import storage as support
from insights_assets_tests.support.storage import COMPUTED, DATASETS, dataset, reading, snapshot

CACHED = datetime(2025, 1, 9, 14, 30, 6, tzinfo=UTC)


def kept_in_redis(composed):
    return documents.snapshot_json(composed, database="insights", cached_at=CACHED)


@settings(deadline=None)
@given(support.dataset_outcomes)
def test_any_dataset_outcome_is_equal_after_its_document(outcome):
    assert documents.dataset_outcome(documents.dataset_document(outcome)) == outcome


@settings(deadline=None)
@given(support.metric_outcomes)
def test_any_metric_outcome_is_equal_after_its_document(outcome):
    assert documents.metric_outcome(documents.metric_document(outcome)) == outcome


@settings(deadline=None)
@given(support.snapshots)
def test_any_snapshot_is_equal_after_its_document(composed):
    assert documents.snapshot_of(documents.snapshot_document(composed)) == composed


@settings(deadline=None)
@given(support.snapshots)
def test_any_snapshot_is_equal_after_its_json(composed):
    assert documents.snapshot_of_json(kept_in_redis(composed), "insights") == composed


def test_the_examples_cover_every_dataset():
    assert {type(data) for data in DATASETS.values()} == {spec.data for spec in REGISTERED.values()}


def test_a_snapshot_document_has_exactly_the_specified_fields():
    assert documents.snapshot_document(snapshot()) == {
        "category_id": "synthetic",
        "date": datetime(2025, 1, 9, tzinfo=UTC),
        "composite_score": 72.5,
        "composite_status": "elevated",
        "coverage": 0.9,
        "metrics": {
            "slope": {
                "score": 70,
                "status": "elevated",
                "value": 1.1,
                "weight": 0.15,
                "quality": "fresh",
                "summary": "10Y above 2Y",
                "unit": "",
                "reason": "",
            }
        },
        "unavailable": {
            "offerings": {
                "reason": "the calendar has no history for past dates",
                "cause": "absent",
            }
        },
        "run_id": "run-1",
        "source": "simulator",
        "schema_version": 2,
        "created_at": COMPUTED,
    }


def test_a_snapshot_document_of_version_1_is_read_with_its_reasons():
    """Version 1 had neither causes nor units."""
    document = documents.snapshot_document(snapshot())
    document |= {"schema_version": 1, "unavailable": {"ipo_heat": "no answer"}}
    del document["metrics"]["slope"]["unit"], document["metrics"]["slope"]["reason"]

    read = documents.snapshot_of(document)

    assert read.unavailable == {"ipo_heat": Unavailable("no answer")}
    assert (read.metrics["slope"].unit, read.schema_version) == ("", 1)


def test_a_snapshot_in_redis_has_the_same_fields_with_iso_dates_and_when_it_was_cached():
    text = kept_in_redis(snapshot())

    assert json.loads(text) == documents.snapshot_document(snapshot()) | {
        "date": "2025-01-09",
        "created_at": "2025-01-09T14:30:05.250+00:00",
        "cached_at": "2025-01-09T14:30:06.000+00:00",
        "database": "insights",
    }


def test_a_dataset_document_says_what_it_holds_and_where_that_came_from():
    assert documents.dataset_document(dataset()) == {
        "status": "fresh",
        "reason": "as published",
        "source": "simulator",
        "fetched_at": COMPUTED,
        "rows": 2,
        "newest": "2025-01-08",
        "data": {
            "kind": "yields",
            "observations": {"dates": ["2025-01-07", "2025-01-08"], "values": [4.25, 4.5]},
        },
    }


@pytest.mark.parametrize(
    ("dataset_id", "columns"),
    [
        (
            "daily_bars",
            {
                "kind": "daily_bars",
                "prices": {
                    "NVDA": {"dates": ["2025-01-07", "2025-01-08"], "values": [140.25, 142.0]}
                },
                "missing": {"AMD": "the vendor's answer is empty"},
            },
        ),
        (
            "intraday_bars",
            {
                "kind": "intraday_sessions",
                "sessions": {
                    "MSFT": {
                        "2025-01-07": {
                            "starts": ["09:30:00"],
                            "opens": [422.0],
                            "closes": [420.25],
                        },
                        "2025-01-08": {
                            "starts": ["09:30:00", "10:00:00"],
                            "opens": [420.5, 421.0],
                            "closes": [421.0, 419.75],
                        },
                    }
                },
                "missing": {},
            },
        ),
        (
            "news_sentiment_feed",
            {
                "kind": "news",
                "published": ["2025-01-09T13:05:00Z"],
                "urls": ["https://example.com/chips"],
                "titles": ["Chips: “up” 3 %"],
                "scores": [0.125],
            },
        ),
        (
            "ipo_calendar",
            {
                "kind": "ipo_calendar",
                "day": "2025-01-09",
                "symbols": ["NEWCO"],
                "names": ["New Company Inc"],
                "ipo_dates": ["2025-02-03"],
            },
        ),
    ],
)
def test_columns_are_plain_arrays_with_iso_dates(dataset_id, columns):
    assert documents.dataset_document(dataset(DATASETS[dataset_id]))["data"] == columns


def test_a_metric_document_has_status_value_score_summary_and_source():
    assert documents.metric_document(reading()) == {
        "status": "fresh",
        "quality": "fresh",
        "value": 1.1,
        "score": 70.0,
        "summary": "10Y is 1.1 points above 2Y",
        "source": "simulator",
        "reason": "",
    }


@pytest.mark.parametrize("write", [documents.dataset_document, documents.metric_document])
def test_an_unavailable_document_says_why_and_has_no_value(write):
    assert write(Unavailable("the daily limit is used up", "quota")) == {
        "status": "unavailable",
        "reason": "the daily limit is used up",
        "cause": "quota",
    }


@pytest.mark.parametrize(
    "damage",
    [
        {"data": None},
        {"data": {"kind": "yields"}},
        {"data": {"kind": "yields", "observations": {"dates": ["soon"], "values": [4.0]}}},
        {"status": "splendid"},
        {"source": "hearsay"},
        {"fetched_at": "yesterday"},
    ],
    ids=str,
)
def test_a_damaged_dataset_document_is_an_unavailable_dataset(damage):
    outcome = documents.dataset_outcome(documents.dataset_document(dataset()) | damage)

    assert outcome == Unavailable("its stored document is damaged: materialize it again")


def places_of_columns(data):
    """Where the stored columns of a dataset stand: each list, with what holds it."""
    for name, value in data.items():
        if isinstance(value, list):
            yield data, name
        elif isinstance(value, dict):
            yield from places_of_columns(value)


@pytest.mark.parametrize("name", DATASETS)
def test_a_column_that_lacks_a_row_or_all_columns_without_any_are_damage(name):
    whole = documents.dataset_document(dataset(DATASETS[name]))

    for number, _ in enumerate(places_of_columns(whole["data"])):
        document = copy.deepcopy(whole)
        holder, column = list(places_of_columns(document["data"]))[number]
        holder[column] = holder[column][:-1]
        assert isinstance(documents.dataset_outcome(document), Unavailable), column
    for holder, column in places_of_columns(whole["data"]):
        holder[column] = []
    emptied = documents.dataset_outcome(whole)
    assert isinstance(emptied, Unavailable) == (name != "ipo_calendar")  # no plans are an answer


def test_columns_of_another_version_are_not_damaged_but_outdated():
    one_session = {"kind": "intraday_bars", "session": "2025-01-08", "bars": {}, "missing": {}}
    document = documents.dataset_document(dataset()) | {
        "asset_key": "market_data/intraday_bars",
        "data": one_session,
    }

    assert documents.dataset_outcome(document) == Unavailable(
        "intraday_bars was stored by an earlier version, with other columns: fetch it again",
        "outdated",
    )


@pytest.mark.parametrize(
    "damage", [{"value": "much"}, {"score": None}, {"status": "unavailable", "reason": 7}], ids=str
)
def test_a_damaged_metric_document_is_an_unavailable_metric(damage):
    outcome = documents.metric_outcome(documents.metric_document(reading()) | damage)

    assert outcome == Unavailable("its stored document is damaged: materialize it again")


@pytest.mark.parametrize("read", [documents.dataset_outcome, documents.metric_outcome])
def test_a_document_without_its_fields_is_unavailable(read):
    assert isinstance(read({"asset_key": "market_data/treasury_2y"}), Unavailable)
