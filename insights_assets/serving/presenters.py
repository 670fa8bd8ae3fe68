"""From a snapshot and its category to the view of them."""

from collections.abc import Collection, Iterable
from datetime import date

from insights_assets.model.category import Category, Metric
from insights_assets.model.context import Context, Percentile, Timeliness, session_averages
from insights_assets.model.gaps import find_gaps
from insights_assets.model.headline import headline
from insights_assets.model.outcomes import Source, Unavailable
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.schemas import (
    CategoriesView,
    CategoryNameView,
    CategoryView,
    CompositeView,
    ContextView,
    GapView,
    MetricDetailView,
    MetricNameView,
    MetricView,
    MissingMetricView,
    ReadFrom,
    ScoreView,
    SnapshotView,
    TimelinessView,
    TrendMetricView,
    TrendPoint,
    TrendView,
)

NOT_PART = Unavailable("it is not part of this snapshot, which is older than the metric", "absent")
SOURCE_NOTES: dict[Source, str] = {
    "simulator": "The data are simulated: nothing here says anything about a market.",
    "replay": "The data are a replay of recorded history.",
    "imported": "Imported from an earlier system: its scores, without values and reasons.",
}


def source_note(sources: Iterable[Source]) -> str | None:
    """Return what a reader must know of these sources, each said once; None if nothing."""
    notes = dict.fromkeys(SOURCE_NOTES[source] for source in sources if source in SOURCE_NOTES)
    return " ".join(notes) or None


def nothing_yet(category: Category) -> str:
    """Say that a category has no snapshot, and what to do."""
    return (
        f"There is no snapshot of {category.id} yet: trigger one, or run `insights snapshot` first."
    )


def present_categories(categories: Iterable[Category]) -> CategoriesView:
    """Return which categories there are and what each weighs."""
    return CategoriesView(
        categories=[
            CategoryNameView(
                id=category.id,
                title=category.title,
                description=category.description,
                metrics=[
                    MetricNameView(id=metric.id, title=metric.title, weight=metric.weight)
                    for metric in category.metrics
                ],
            )
            for category in categories
        ]
    )


def present_context(
    category: Category, snapshot: Snapshot, context: Context, timeliness: Timeliness
) -> ContextView:
    """Return what the past says of a snapshot, and whether it is current."""
    return ContextView(
        is_current=timeliness.is_current,
        age_days=timeliness.age_days,
        next_expected_at=timeliness.next_expected_at,
        headline=headline(category, snapshot, context),
        previous=context.previous,
        change=context.change,
        attribution=dict(context.attribution),
        came=list(context.came),
        went=list(context.went),
        ago=context.ago,
        percentile=context.percentile,
        band_since=context.band_since,
        last_as_high=context.last_as_high,
        last_as_low=context.last_as_low,
        average_20=context.average_20,
    )


def present_snapshot(
    category: Category,
    snapshot: Snapshot,
    read_from: ReadFrom,
    context: ContextView | None = None,
    timeliness: TimelinessView | None = None,
) -> SnapshotView:
    """Return a snapshot with the explanation of every metric, and its context if that is known."""
    return SnapshotView(
        category=CategoryView(
            id=category.id,
            title=category.title,
            description=category.description,
            bands=category.bands,
        ),
        date=snapshot.date,
        composite=ScoreView(score=snapshot.composite_score, status=snapshot.composite_status),
        coverage=snapshot.coverage,
        source=snapshot.source,
        source_note=source_note([snapshot.source]),
        created_at=snapshot.created_at,
        run_id=snapshot.run_id,
        read_from=read_from,
        metrics=[
            _available(metric, snapshot)
            for metric in category.metrics
            if metric.id in snapshot.metrics
        ],
        unavailable=[
            MissingMetricView(
                id=metric.id,
                title=metric.title,
                weight=metric.weight,
                reason=snapshot.unavailable.get(metric.id, NOT_PART).reason,
                cause=snapshot.unavailable.get(metric.id, NOT_PART).cause,
                explanation=metric.explanation,
            )
            for metric in category.metrics
            if metric.id not in snapshot.metrics
        ],
        context=context,
        timeliness=timeliness,
    )


def present_composite(
    snapshot: Snapshot, timeliness: TimelinessView | None = None
) -> CompositeView:
    """Return the composite alone."""
    return CompositeView(
        category_id=snapshot.category_id,
        date=snapshot.date,
        score=snapshot.composite_score,
        status=snapshot.composite_status,
        coverage=snapshot.coverage,
        source=snapshot.source,
        source_note=source_note([snapshot.source]),
        timeliness=timeliness,
    )


def present_metric(
    metric: Metric,
    snapshot: Snapshot,
    percentile: Percentile | None = None,
    timeliness: TimelinessView | None = None,
) -> MetricDetailView:
    """Return one metric: its reading, or the reason why there is none."""
    reading = snapshot.metrics.get(metric.id)
    missing = None if reading else snapshot.unavailable.get(metric.id, NOT_PART)
    return MetricDetailView(
        category_id=snapshot.category_id,
        date=snapshot.date,
        id=metric.id,
        title=metric.title,
        weight=reading.weight if reading else metric.weight,
        source_note=source_note([snapshot.source]),
        available=reading is not None,
        score=reading.score if reading else None,
        status=reading.status if reading else None,
        value=reading.value if reading else None,
        unit=metric.unit,
        quality=reading.quality if reading else None,
        summary=reading.summary if reading else None,
        reason=missing.reason if missing else (reading and reading.reason) or None,
        cause=missing.cause if missing else None,
        explanation=metric.explanation,
        percentile=percentile,
        timeliness=timeliness,
    )


def present_trend(
    category: Category,
    snapshots: Iterable[Snapshot],
    first: date,
    last: date,
    timeliness: TimelinessView | None = None,
    *,
    due: date | None = None,
) -> TrendView:
    """Return the snapshots of the calendar days from `first` to `last`, newest first.

    `snapshots`, newest first, may begin earlier: the average of the first days needs that. `due` is
    the newest day whose snapshot should exist, `last` if none is given.
    """
    stored = list(snapshots)
    averages = session_averages(stored)
    shown = [snapshot for snapshot in stored if first <= snapshot.date <= last]
    units = {metric.id: metric.unit for metric in category.metrics}
    return TrendView(
        category_id=category.id,
        source_note=source_note(snapshot.source for snapshot in shown),
        days=(last - first).days + 1,
        first=first,
        last=last,
        points=[
            TrendPoint(
                date=snapshot.date,
                coverage=snapshot.coverage,
                composite=ScoreView(
                    score=snapshot.composite_score, status=snapshot.composite_status
                ),
                source=snapshot.source,
                average_20=averages.get(snapshot.date),
                metrics={
                    id_: TrendMetricView(
                        score=reading.score,
                        status=reading.status,
                        value=reading.value,
                        unit=units.get(id_, ""),
                        quality=reading.quality,
                        reason=reading.reason,
                    )
                    for id_, reading in snapshot.metrics.items()
                },
                unavailable={
                    id_: unavailable.reason for id_, unavailable in snapshot.unavailable.items()
                },
            )
            for snapshot in shown
        ],
        gaps=_gaps(category, [snapshot.date for snapshot in stored], first, min(last, due or last)),
        timeliness=timeliness,
    )


def _gaps(category: Category, stored: Collection[date], first: date, last: date) -> list[GapView]:
    """Return the days from `first` to `last` that are not `stored`, if an earlier one is."""
    if not stored:
        return []
    return [
        GapView(first=gap.first, last=gap.last, days=gap.days, command=gap.command)
        for gap in find_gaps({category.id: stored}, max(first, min(stored)), last)
    ]


def _available(metric: Metric, snapshot: Snapshot) -> MetricView:
    reading = snapshot.metrics[metric.id]
    return MetricView(
        id=metric.id,
        title=metric.title,
        weight=reading.weight,
        score=reading.score,
        status=reading.status,
        value=reading.value,
        unit=metric.unit,
        quality=reading.quality,
        reason=reading.reason,
        summary=reading.summary,
        explanation=metric.explanation,
    )
