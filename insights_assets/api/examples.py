"""What OpenAPI shows of the answers: the words of the first category, made-up numbers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from insights_assets.categories import CATEGORIES
from insights_assets.model.category import Metric
from insights_assets.model.context import context_of, timeliness
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.snapshot import MetricScore, Snapshot, weighted_mean
from insights_assets.serving import presenters, schemas
from insights_assets.serving.timeliness import present_timeliness

_CATEGORY = CATEGORIES[0]
_AVAILABLE, _MISSING = _CATEGORY.metrics[:-1], _CATEGORY.metrics[-1]
DAY = date(2025, 12, 29)
RUN_ID = "5f0c1c2e-6a0f-4f0e-9d5e-0c7d5a1b2c3d"
CREATED_AT = datetime(2025, 12, 29, 14, 30, 5, tzinfo=UTC)


def _reading(metric: Metric, n: int) -> MetricScore:
    score = 41.5 + 9.25 * n
    return MetricScore(
        score=score,
        status=_CATEGORY.bands.status(score),
        value=round(0.35 + 0.4 * n, 2),
        weight=metric.weight,
        quality="fresh",
        summary=f"One sentence about what {metric.title} found.",
    )


_METRICS = {metric.id: _reading(metric, n) for n, metric in enumerate(_AVAILABLE)}
SNAPSHOT = Snapshot(
    category_id=_CATEGORY.id,
    date=DAY,
    composite_score=weighted_mean(_METRICS),
    composite_status=_CATEGORY.bands.status(weighted_mean(_METRICS)),
    coverage=round(sum(metric.weight for metric in _AVAILABLE), 6),
    metrics=_METRICS,
    unavailable={_MISSING.id: Unavailable("the vendor's daily limit is used up", "quota")},
    source="alpha_vantage",
    run_id=RUN_ID,
    created_at=CREATED_AT,
)
_BEFORE = replace(SNAPSHOT, date=date(2025, 12, 26), composite_score=55.0)
_NOW = CREATED_AT + timedelta(hours=1)
_TIMELINESS = present_timeliness(DAY, _NOW)
_CONTEXT = presenters.present_context(
    _CATEGORY, SNAPSHOT, context_of(SNAPSHOT, [_BEFORE]), timeliness(DAY, _NOW)
)


def shown(example: object) -> dict[str, Any]:
    """Return the part of an answer's description that shows `example`."""
    return {"content": {"application/json": {"example": example}}}


def _read(view: BaseModel) -> dict[int | str, dict[str, Any]]:
    """Return the answers of a read, with `view` as the example."""
    unchanged = {"description": "The client has it already (If-None-Match)"}
    return {200: shown(view.model_dump(mode="json")), 304: unchanged}


_VIEW = presenters.present_snapshot(_CATEGORY, SNAPSHOT, "redis", _CONTEXT, _TIMELINESS)
CATEGORIES_EXAMPLE = _read(presenters.present_categories(CATEGORIES))
SNAPSHOT_EXAMPLE = _read(_VIEW)
SNAPSHOTS_EXAMPLE = _read(schemas.SnapshotsView(date=None, snapshots=[_VIEW], missing=[]))
COMPOSITE_EXAMPLE = _read(presenters.present_composite(SNAPSHOT, _TIMELINESS))
METRIC_EXAMPLE = _read(
    presenters.present_metric(
        _AVAILABLE[0], SNAPSHOT, _CONTEXT.percentile.metrics[_AVAILABLE[0].id], _TIMELINESS
    )
)
_TREND = presenters.present_trend(
    _CATEGORY, [SNAPSHOT, _BEFORE], DAY - timedelta(days=29), DAY, _TIMELINESS
)
TREND_EXAMPLE = _read(_TREND)
TREND_EXAMPLE[200]["content"]["text/csv"] = {"schema": {"type": "string"}}
TRENDS_EXAMPLE = _read(schemas.TrendsView(trends=[_TREND]))
