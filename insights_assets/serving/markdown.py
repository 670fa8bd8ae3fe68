"""The views in a few lines of markdown: for language models, and for people who read them."""

import re

from insights_assets.model.sanitize import one_line
from insights_assets.serving.changes import Changes, arrow
from insights_assets.serving.schemas import (
    CategoriesView,
    ComparisonView,
    CompositeView,
    ExplanationView,
    MetricDetailView,
    ScoreView,
    SnapshotsView,
    SnapshotView,
    TimelinessView,
    TrendView,
)
from insights_assets.serving.sentences import context_sentences, score_sentence, unusual_sentences

LONGEST_TABLE = 10
# An underscore inside a word, as in a dataset's name, is a letter.
_SPECIAL = re.compile(r"[\\`*<>\[\]]|(?<![^\W_])_|_(?![^\W_])")


def categories_markdown(view: CategoriesView) -> str:
    """Name every category with its metrics."""
    lines = []
    for category in view.categories:
        lines += [f"## {category.title} (`{category.id}`)", category.description, ""]
        lines += [
            f"- {metric.title} (`{metric.id}`), {metric.weight:.0%}" for metric in category.metrics
        ]
    return "\n".join(lines)


def snapshot_markdown(view: SnapshotView, changes: Changes | None) -> str:
    """Write a snapshot: the composite, a row for each metric, and what is missing."""
    since = f" {arrow(changes.composite)} since {changes.since}" if changes else ""
    lines = [
        f"## {view.category.title} on {view.date}: {_score(view.composite)}{since}",
        f"0 is calm, 100 alarming. Coverage: {view.coverage:.0%} of the weight.",
        "",
        "| metric | score | status | change | why |",
        "| --- | --- | --- | --- | --- |",
    ]
    for metric in view.metrics:
        gain = changes.metrics.get(metric.id) if changes else None
        stale = f" ({metric.quality})" if metric.quality != "fresh" else ""
        lines.append(
            f"| {metric.title} | {metric.score:.2f} | {metric.status}{stale} | {arrow(gain)}"
            f" | {_text(metric.summary)} |"
        )
    lines += [
        f"| {metric.title} | - | unavailable | - | {_text(metric.reason)} |"
        for metric in view.unavailable
    ]
    context = [_text(sentence) for sentence in context_sentences(view)]
    return "\n".join([*lines, "", *context, *_note(view.source_note)])


def snapshots_markdown(view: SnapshotsView) -> str:
    """Write the snapshot of every category, and why one has none."""
    missing = [_text(absent.reason) for absent in view.missing]
    return "\n\n".join(
        [*(snapshot_markdown(snapshot, None) for snapshot in view.snapshots), *missing]
    )


def metric_markdown(view: MetricDetailView, changes: Changes | None) -> str:
    """Write one metric with its explanation."""
    gain = changes.metrics.get(view.id) if changes else None
    since = f" {arrow(gain)} since {changes.since}" if changes and gain is not None else ""
    score = (
        f"{view.score:.2f} ({view.status}, {view.quality}){since}"
        if view.available
        else "unavailable"
    )
    value = f"Value: {view.value:g}. " if view.value is not None else ""
    why = (
        f"{value}{_text(view.summary or '')}"
        if view.available
        else f"There is no score: {_text(view.reason or '')}."
    )
    rank = [score_sentence(view.percentile)] if view.percentile else []
    explanation = view.explanation.markdown()
    lines = [f"## {view.title} on {view.date}: {score}", why, *rank, "", explanation]
    return "\n".join([*lines, *_old(view.timeliness), *_note(view.source_note)])


def comparison_markdown(view: ComparisonView) -> str:
    """Write two days side by side: the composites, and what each metric added to the change."""
    days = [f"{_composite(side)} on {side.date}" for side in (view.before, view.after)]
    head = f"## {view.title}: {' to '.join(days)}, {arrow(view.change)}"
    return "\n".join([head, *_changes(view), *_note(view.source_note)])


def explanation_markdown(view: ExplanationView) -> str:
    """Write what moved a snapshot since the session before, and whether that is unusual."""
    snapshot, comparison = view.snapshot, view.comparison
    title = comparison.title if comparison else snapshot.category_id
    lines = [
        f"## {title} on {snapshot.date}: {_composite(snapshot)}",
        view.headline,
        *(unusual_sentences(view.context) if view.context else ()),
    ]
    if comparison:
        before = comparison.before
        lines += ["", f"Compared with {before.date}: {_composite(before)}.", *_changes(comparison)]
    notes = comparison.source_note if comparison else snapshot.source_note
    return "\n".join([*lines, *_old(snapshot.timeliness), *_note(notes)])


def trend_markdown(view: TrendView, all_rows: str | None = None) -> str:
    """Write a trend: how it began and ended, its extremes, and its newest days.

    `all_rows` is the address under which every row can be read.
    """
    span = f"the {view.days} days from {view.first} to {view.last}"
    if not view.points:
        return f"There is no snapshot of {view.category_id} in {span}."
    newest, oldest = view.points[0], view.points[-1]
    scores = [point.composite.score for point in view.points]
    gain = arrow(scores[0] - scores[-1])
    lines = [
        f"## {view.category_id}: {_score(oldest.composite)} to {_score(newest.composite)}, {gain}",
        f"{len(scores)} snapshots in {span}; from {min(scores):.2f} to {max(scores):.2f}.",
        "",
        "| date | composite | status | change |",
        "| --- | --- | --- | --- |",
    ]
    befores = [*scores[1:], None]
    for point, before in list(zip(view.points, befores, strict=True))[:LONGEST_TABLE]:
        score, status = point.composite.score, point.composite.status
        change = arrow(None if before is None else score - before)
        lines.append(f"| {point.date} | {score:.2f} | {status} | {change} |")
    if len(scores) > LONGEST_TABLE:
        where = f" All rows as CSV: {all_rows}" if all_rows else ""
        lines.append(f"\nThe table leaves out {len(scores) - LONGEST_TABLE} earlier ones.{where}")
    return "\n".join([*lines, *_old(view.timeliness), *_note(view.source_note)])


def _score(view: ScoreView) -> str:
    return f"{view.score:.2f} ({view.status})"


def _composite(view: CompositeView) -> str:
    return f"{view.score:.2f} ({view.status}, {view.coverage:.0%} of the weight)"


def _changes(view: ComparisonView) -> list[str]:
    """Write a row for each metric; the points add up to the change of the composite."""
    rows = [
        f"| {change.title} | {change.points:+.2f} | {_number(change.before)}"
        f" | {_number(change.after)} | {change.quality}"
        f"{f', {_text(change.reason)}' if change.reason else ''} |"
        for change in view.metrics
    ]
    head = f"| metric | points of the {view.change:+.2f} | score then | score now | data |"
    return ["", head, "| --- | --- | --- | --- | --- |", *rows]


def _number(score: float | None) -> str:
    return "-" if score is None else f"{score:.2f}"


def _old(timeliness: TimelinessView | None) -> list[str]:
    return ["", f"**{timeliness.note}**"] if timeliness and timeliness.note else []


def _text(stored: str) -> str:
    """Write a stored text as the text it is: no link, no image, no HTML, no other cell."""
    return _SPECIAL.sub(r"\\\g<0>", one_line(stored).replace("|", "/"))


def _note(note: str | None) -> list[str]:
    return ["", f"**{note}**"] if note else []
