"""What is told, in a few lines of markdown: for language models, and for people who read them."""

import re

from insights_assets.model.sanitize import one_line
from insights_assets.serving.changes import Changes, arrow
from insights_assets.serving.schemas import (
    CategoriesView,
    MetricDetailView,
    ScoreView,
    SnapshotView,
    TrendView,
)

LONGEST_TABLE = 10
# An underscore inside a word, as in a dataset's name, is a letter.
_SPECIAL = re.compile(r"[\\`*<>\[\]]|(?<![^\W_])_|_(?![^\W_])")
SOURCE_NOTES = {
    "imported": "Imported from an earlier system: its scores, without values and reasons.",
    "simulator": "**The data are simulated: nothing here says anything about a market.**",
    "replay": "The data are a replay of recorded history.",
}


def categories_markdown(told: CategoriesView) -> str:
    """Name every category with its metrics."""
    lines = []
    for category in told.categories:
        lines += [f"## {category.title} (`{category.id}`)", category.description, ""]
        lines += [f"- {each.title} (`{each.id}`), {each.weight:.0%}" for each in category.metrics]
    return "\n".join(lines)


def snapshot_markdown(told: SnapshotView, changes: Changes | None) -> str:
    """Tell a snapshot: the composite, a row for each metric, and what is missing."""
    since = f" {arrow(changes.composite)} since {changes.since}" if changes else ""
    lines = [
        f"## {told.category.title} on {told.date}: {_score(told.composite)}{since}",
        f"0 is calm, 100 alarming. Coverage: {told.coverage:.0%} of the weight.",
        "",
        "| metric | score | status | change | why |",
        "| --- | --- | --- | --- | --- |",
    ]
    for metric in told.metrics:
        gain = changes.metrics.get(metric.id) if changes else None
        stale = " (stale)" if metric.quality == "stale" else ""
        lines.append(
            f"| {metric.title} | {metric.score:.2f} | {metric.status}{stale} | {arrow(gain)}"
            f" | {_text(metric.summary)} |"
        )
    lines += [
        f"| {metric.title} | - | unavailable | - | {_text(metric.reason)} |"
        for metric in told.unavailable
    ]
    return "\n".join([*lines, *_note(told.source)])


def metric_markdown(told: MetricDetailView, changes: Changes | None, source: str) -> str:
    """Tell one metric with its explanation."""
    gain = changes.metrics.get(told.id) if changes else None
    since = f" {arrow(gain)} since {changes.since}" if changes and gain is not None else ""
    found = (
        f"{told.score:.2f} ({told.status}, {told.quality}){since}"
        if told.available
        else "unavailable"
    )
    value = f"Value: {told.value:g}. " if told.value is not None else ""
    why = (
        f"{value}{_text(told.summary or '')}"
        if told.available
        else f"There is no score: {_text(told.reason or '')}."
    )
    explanation = told.explanation.markdown()
    lines = [f"## {told.title} on {told.date}: {found}", why, "", explanation]
    return "\n".join([*lines, *_note(source)])


def trend_markdown(told: TrendView) -> str:
    """Tell a trend: how it began and ended, its extremes, and its newest days."""
    span = f"the {told.days} days from {told.first} to {told.last}"
    if not told.points:
        return f"There is no snapshot of {told.category_id} in {span}."
    newest, oldest = told.points[0], told.points[-1]
    scores = [point.composite.score for point in told.points]
    gain = arrow(scores[0] - scores[-1])
    lines = [
        f"## {told.category_id}: {_score(oldest.composite)} to {_score(newest.composite)}, {gain}",
        f"{len(scores)} snapshots in {span}; from {min(scores):.2f} to {max(scores):.2f}.",
        "",
        "| date | composite | status | change |",
        "| --- | --- | --- | --- |",
    ]
    befores = [*scores[1:], None]
    for point, before in list(zip(told.points, befores, strict=True))[:LONGEST_TABLE]:
        score, status = point.composite.score, point.composite.status
        change = arrow(None if before is None else score - before)
        lines.append(f"| {point.date} | {score:.2f} | {status} | {change} |")
    if len(scores) > LONGEST_TABLE:
        lines.append(f"\nThe structured content has {len(scores) - LONGEST_TABLE} earlier ones.")
    return "\n".join(lines)


def _score(told: ScoreView) -> str:
    return f"{told.score:.2f} ({told.status})"


def _text(stored: str) -> str:
    """Write a stored text as the text it is: no link, no image, no HTML, no other cell."""
    return _SPECIAL.sub(r"\\\g<0>", one_line(stored).replace("|", "/"))


def _note(source: str) -> list[str]:
    return ["", SOURCE_NOTES[source]] if source in SOURCE_NOTES else []
