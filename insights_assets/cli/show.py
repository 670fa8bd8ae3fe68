"""How snapshots look on a terminal and as JSON."""

import json

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from insights_assets.model.sanitize import one_line
from insights_assets.serving.schemas import SnapshotView, TrendView
from insights_assets.serving.sentences import context_sentences

STYLES = {"low": "green", "normal": "cyan", "elevated": "yellow", "high": "red"}


def show_json(document: BaseModel) -> None:
    """Print one JSON document, and nothing else, to stdout: in ASCII, which no terminal obeys."""
    print(json.dumps(document.model_dump(mode="json"), indent=2))


def show_snapshot(snapshot: SnapshotView, console: Console) -> None:
    """Print one snapshot with all its metrics."""
    table = Table(title=f"{snapshot.category.title} on {snapshot.date}", title_justify="left")
    table.add_column("metric")
    table.add_column("score", justify="right")
    table.add_column("status")
    table.add_column("weight", justify="right")
    table.add_column("why")
    for metric in snapshot.metrics:
        is_fresh = metric.quality == "fresh"
        table.add_row(
            metric.id,
            f"{metric.score:.2f}",
            _status(metric.status) + ("" if is_fresh else f" ({metric.quality})"),
            f"{metric.weight:.0%}",
            _text(metric.summary if is_fresh else f"{metric.summary} ({metric.reason})"),
        )
    for missing in snapshot.unavailable:
        table.add_row(
            missing.id, "-", "unavailable", f"{missing.weight:.0%}", _text(missing.reason)
        )
    table.add_section()
    table.add_row(
        "composite",
        f"{snapshot.composite.score:.2f}",
        _status(snapshot.composite.status),
        f"{snapshot.coverage:.0%}",
        "weighted mean of the available metrics",
        style="bold",
    )
    console.print(table)
    for sentence in context_sentences(snapshot):
        console.print(_text(sentence))
    if snapshot.source_note:
        console.print(snapshot.source_note, style="bold yellow")


def show_trend(trend: TrendView, titles: dict[str, str], console: Console) -> None:
    """Print a line for each snapshot, newest first; `titles` are those of the metrics, by id."""
    table = Table(padding=(0, 0), pad_edge=False)
    table.add_column("date", no_wrap=True)
    table.add_column("composite", justify="right")
    table.add_column("status")
    table.add_column("coverage", justify="right")
    for title in titles.values():
        table.add_column(title, justify="right")
    for point in trend.points:
        scores = [point.metrics.get(metric_id) for metric_id in titles]
        table.add_row(
            str(point.date),
            f"{point.composite.score:.2f}",
            _status(point.composite.status),
            f"{point.coverage:.0%}",
            *[f"{metric.score:.2f}" if metric else "-" for metric in scores],
        )
    console.print(table)


def _text(stored: str) -> Text:
    """Show a stored text as it is: neither as rich's markup nor to the terminal as commands."""
    return Text(one_line(stored))


def _status(status: str) -> str:
    return f"[{STYLES[status]}]{status}[/]"
