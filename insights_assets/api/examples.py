"""What OpenAPI shows of the answers: the words of the first category, made-up numbers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from insights_assets.categories import CATEGORIES
from insights_assets.model.context import context_of, timeliness
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.snapshot import MetricScore, Snapshot
from insights_assets.serving import presenters, schemas

_CATEGORY = CATEGORIES[0]
_AVAILABLE, _MISSING = _CATEGORY.metrics[:-1], _CATEGORY.metrics[-1]
SNAPSHOT = Snapshot(
    category_id=_CATEGORY.id,
    date=date(2025, 12, 28),
    composite_score=72.5,
    composite_status="elevated",
    coverage=round(sum(metric.weight for metric in _AVAILABLE), 6),
    metrics={
        metric.id: MetricScore(
            score=72.5,
            status="elevated",
            value=1.1,
            weight=metric.weight,
            quality="fresh",
            summary="One sentence about the value.",
        )
        for metric in _AVAILABLE
    },
    unavailable={_MISSING.id: Unavailable("the vendor's daily limit is used up", "quota")},
    source="alpha_vantage",
    run_id="5f0c1c2e-6a0f-4f0e-9d5e-0c7d5a1b2c3d",
    created_at=datetime(2025, 12, 28, 14, 30, 5, tzinfo=UTC),
)

_CONTEXT = presenters.present_context(
    _CATEGORY,
    SNAPSHOT,
    context_of(SNAPSHOT, [replace(SNAPSHOT, date=date(2025, 12, 26), composite_score=70.0)]),
    timeliness(SNAPSHOT.date, SNAPSHOT.created_at),
)


def example(view: BaseModel) -> dict[int | str, dict[str, Any]]:
    """Return the part of a route's description that shows `view`."""
    shown = view.model_dump(mode="json")
    unchanged = {"description": "The client has it already (If-None-Match)"}
    return {200: {"content": {"application/json": {"example": shown}}}, 304: unchanged}


CATEGORIES_EXAMPLE = example(presenters.present_categories(CATEGORIES))
SNAPSHOT_EXAMPLE = example(presenters.present_snapshot(_CATEGORY, SNAPSHOT, "redis", _CONTEXT))
SNAPSHOTS_EXAMPLE = example(
    schemas.SnapshotsView(
        date=None,
        snapshots=[presenters.present_snapshot(_CATEGORY, SNAPSHOT, "redis", _CONTEXT)],
        missing=[],
    )
)
COMPOSITE_EXAMPLE = example(presenters.present_composite(SNAPSHOT))
METRIC_EXAMPLE = example(presenters.present_metric(_AVAILABLE[0], SNAPSHOT))
_TREND = presenters.present_trend(
    _CATEGORY, [SNAPSHOT], SNAPSHOT.date - timedelta(days=29), SNAPSHOT.date
)
TREND_EXAMPLE = example(_TREND)
TREND_EXAMPLE[200]["content"]["text/csv"] = {"schema": {"type": "string"}}
TRENDS_EXAMPLE = example(schemas.TrendsView(trends=[_TREND]))
