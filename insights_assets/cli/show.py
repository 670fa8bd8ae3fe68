"""How snapshots look on a terminal and as JSON."""

import json

from pydantic import BaseModel
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from insights_assets.model.context import Percentile
from insights_assets.model.sanitize import one_line
from insights_assets.serving.schemas import SnapshotView, TrendView
from insights_assets.serving.sentences import context_sentences

STYLES = {"low": "green", "normal": "cyan", "elevated": "yellow", "high": "red"}
NONE = "-"


def show_json(document: BaseModel) -> None:
    """Print one JSON document, and nothing else, to stdout: in ASCII, which no terminal obeys."""
    print(json.dumps(document.model_dump(mode="json"), indent=2))


def show_snapshot(snapshot: SnapshotView, console: Console) -> None:
    """Print one snapshot: its metrics in a table of at most 80 columns, then what they say."""
    context = snapshot.context
    moved = context.attribution if context and context.previous else {}
    ranks = context.percentile.metrics if context else {}
    table = _table("metric", "score", "moved it", "percentile", "weight", "status")
    for metric in snapshot.metrics:
        table.add_row(
            metric.title,
            f"{metric.score:.2f}",
            _points(moved.get(metric.id)),
            _rank(ranks.get(metric.id)),
            f"{metric.weight:.0%}",
            _status(metric.status) + ("" if metric.quality == "fresh" else f", {metric.quality}"),
        )
    for missing in snapshot.unavailable:
        points = _points(moved.get(missing.id))
        table.add_row(missing.title, NONE, points, NONE, f"{missing.weight:.0%}", "unavailable")
    table.add_section()
    table.add_row(
        "composite",
        f"{snapshot.composite.score:.2f}",
        _points(context.change if context else None),
        _rank(context.percentile.composite if context else None),
        f"{snapshot.coverage:.0%}",
        _status(snapshot.composite.status),
        style="bold",
    )
    console.print(f"{snapshot.category.title} on {snapshot.date}", style="bold")
    console.print(table)
    for metric in snapshot.metrics:
        reason = f" ({metric.reason})" if metric.quality != "fresh" else ""
        console.print(_text(f"{metric.title}: {metric.summary}{reason}"))
    for missing in snapshot.unavailable:
        console.print(_text(f"{missing.title} is unavailable: {missing.reason}"))
    console.print()
    for sentence in context_sentences(snapshot):
        console.print(_text(sentence))
    if snapshot.source_note:
        console.print(snapshot.source_note, style="bold yellow")


def show_trend(trend: TrendView, titles: dict[str, str], console: Console) -> None:
    """Print a line for each snapshot, newest first; `titles` are those of the metrics, by id.

    The metrics have numbers, which leave room for six of them in 80 columns.
    """
    numbers = {metric_id: str(n) for n, metric_id in enumerate(titles, start=1)}
    table = _table("date", "composite", "coverage", *numbers.values(), "status")
    for point in trend.points:
        scores = [point.metrics.get(metric_id) for metric_id in titles]
        table.add_row(
            str(point.date),
            f"{point.composite.score:.2f}",
            f"{point.coverage:.0%}",
            *[f"{metric.score:.1f}" if metric else NONE for metric in scores],
            _status(point.composite.status),
        )
    console.print(table)
    console.print(", ".join(f"{numbers[id_]} is {title}" for id_, title in titles.items()) + ".")
    if trend.timeliness and trend.timeliness.note:
        console.print(trend.timeliness.note, style="bold yellow")
    if trend.source_note:
        console.print(trend.source_note, style="bold yellow")


def _table(first: str, *others: str) -> Table:
    """Return a narrow table whose columns are all numbers but the first and the last."""
    *numbers, last = others
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    table.add_column(last)
    return table


def _points(points: float | None) -> str:
    return NONE if points is None else f"{points:+.2f}"


def _rank(percentile: Percentile | None) -> str:
    return NONE if percentile is None or percentile.value is None else f"{percentile.value:.0f}"


def _text(stored: str) -> Text:
    """Show a stored text as it is: neither as rich's markup nor to the terminal as commands."""
    return Text(one_line(stored))


def _status(status: str) -> str:
    return f"[{STYLES[status]}]{status}[/]"
