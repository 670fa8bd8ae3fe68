"""Guards against a day of an earlier system that is taken over as another, or refused unnamed."""

from datetime import UTC, date, datetime

import pytest
from bson import ObjectId

from insights_assets.storage.earlier import Unconvertible, convert
from insights_assets_tests.support.category import SYNTHETIC

WRITTEN = datetime(2025, 1, 9, 14, 30, tzinfo=UTC)


def converted(**changes):
    document = {
        "_id": ObjectId.from_datetime(WRITTEN),
        "category_id": "synthetic",
        "date": datetime(2025, 1, 9, tzinfo=UTC),
        "composite_score": 62.5,
        "metrics": {"offerings": {"score": 79, "value": 12.5}, "slope": 40},
    }
    return convert(document | changes, [SYNTHETIC])


def test_score_value_day_and_time_of_writing_are_taken_over():
    snapshot = converted()

    assert (snapshot.date, snapshot.created_at) == (date(2025, 1, 9), WRITTEN)
    readings = {id_: (metric.score, metric.value) for id_, metric in snapshot.metrics.items()}
    assert readings == {"offerings": (79, 12.5), "slope": (40, None)}


@pytest.mark.parametrize("score", [0, 100])
def test_the_ends_of_the_scale_are_scores(score):
    assert converted(composite_score=score).composite_score == score


def test_a_document_that_names_no_time_of_writing_is_older_than_any():
    assert converted(_id="a name").created_at == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"category_id": "moon"}, "there is no category moon"),
        ({"date": "soon"}, "soon is no date"),
        ({"composite_score": 100.5}, "its composite_score 100.5 is no score from 0 to 100"),
    ],
)
def test_what_cannot_be_taken_over_says_what_was_found(changes, reason):
    assert converted(**changes) == Unconvertible(reason)
