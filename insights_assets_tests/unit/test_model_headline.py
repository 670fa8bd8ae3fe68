"""The sentence above the figures: guards against one that names the wrong metric or no reason."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from insights_assets.model.context import Earlier
from insights_assets.model.headline import headline
from insights_assets.model.scores import Bands

THURSDAY = date(2025, 1, 9)
BANDS = Bands(normal=25, elevated=60, high=80)
CATEGORY = SimpleNamespace(
    bands=BANDS,
    metrics=[
        SimpleNamespace(id=id_, title=title)
        for id_, title in (("tide", "Tide"), ("wind", "Wind"), ("rain", "IPO rain"))
    ],
)


def sentence(score, *, before=50.0, day=date(2025, 1, 7), points, came=(), went=()):
    previous = Earlier(day, before, 1.0)
    context = SimpleNamespace(
        previous=previous,
        change=round(score - before, 2),
        attribution=points,
        came=came,
        went=went,
    )
    snapshot = SimpleNamespace(
        date=THURSDAY,
        composite_score=score,
        composite_status=BANDS.status(score),
        created_at=datetime(2025, 1, 9, 14, 30, tzinfo=UTC),
    )
    return headline(CATEGORY, snapshot, context)


@pytest.mark.parametrize(
    ("said", "given"),
    [
        (
            "Down 22.9 since Tuesday, elevated → normal: almost all of it Tide, −23.9 points.",
            {"score": 42.0, "before": 64.9, "points": {"tide": -23.9, "wind": 1.0}},
        ),
        (
            "Up 5.0 since Tuesday: Wind, +3.0 points, and IPO rain, +2.0.",
            {"score": 55.0, "points": {"rain": 2.0, "wind": 3.0}},
        ),
        (
            "Unchanged since Tuesday: Tide, +4.0 points, and Wind, −4.0.",
            {"score": 50.0, "points": {"tide": 4.0, "wind": -4.0}},
        ),
        ("Unchanged since Tuesday.", {"score": 50.0, "points": {"tide": 0.0}}),
        (
            (
                "Down 10.0 since 28 October 2024: almost all of it Tide, −10.0 points;"
                " IPO rain is new; Tide is missing now."
            ),
            {
                "score": 40.0,
                "day": date(2024, 10, 28),
                "points": {"tide": -10.0},
                "came": ("rain",),
                "went": ("tide",),
            },
        ),
    ],
)
def test_the_headline_says_how_far_since_when_and_why(said, given):
    assert sentence(**given) == said


def test_the_first_snapshot_has_nothing_to_be_compared_with():
    context = SimpleNamespace(previous=None, change=None)

    assert headline(CATEGORY, None, context) == "There is no earlier session to compare it with."
