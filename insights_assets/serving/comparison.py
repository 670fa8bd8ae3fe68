"""Two days side by side: what each metric added to the change of the composite."""

from insights_assets.model.category import Category
from insights_assets.model.context import attribution
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.presenters import NOT_PART, present_composite, source_note
from insights_assets.serving.schemas import (
    ComparisonView,
    ContextView,
    ExplanationView,
    MetricChangeView,
    TimelinessView,
)

NO_HISTORY = "What moved it cannot be said: the history cannot be read now."


def present_comparison(category: Category, before: Snapshot, after: Snapshot) -> ComparisonView:
    """Return how `after` differs from `before`; the metric that added most comes first."""
    points = attribution(after, before)
    titles = {metric.id: metric.title for metric in category.metrics}
    ids = dict.fromkeys([*titles, *points])  # an old snapshot may have metrics that are gone
    changes = [
        _metric_change(id_, titles.get(id_, id_), points.get(id_, 0.0), before, after)
        for id_ in ids
    ]
    return ComparisonView(
        title=category.title,
        before=present_composite(before),
        after=present_composite(after),
        change=round(after.composite_score - before.composite_score, 2) + 0.0,
        metrics=sorted(changes, key=lambda change: -abs(change.points)),
        source_note=source_note([after.source, before.source]),
    )


def present_explanation(
    category: Category,
    snapshot: Snapshot,
    before: Snapshot | None,
    context: ContextView | None,
    timeliness: TimelinessView | None,
) -> ExplanationView:
    """Return why `snapshot` differs from `before`, the session that `context` compares with."""
    return ExplanationView(
        headline=context.headline if context else NO_HISTORY,
        snapshot=present_composite(snapshot, timeliness),
        comparison=present_comparison(category, before, snapshot) if before else None,
        context=context,
    )


def _metric_change(
    id_: str, title: str, points: float, before: Snapshot, after: Snapshot
) -> MetricChangeView:
    then, now = before.metrics.get(id_), after.metrics.get(id_)
    return MetricChangeView(
        id=id_,
        title=title,
        points=points,
        before=then.score if then else None,
        after=now.score if now else None,
        quality=now.quality if now else "unavailable",
        reason=now.reason if now else after.unavailable.get(id_, NOT_PART).reason,
    )
