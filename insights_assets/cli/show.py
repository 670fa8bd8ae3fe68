"""How snapshots look on a terminal and as JSON."""

import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from insights_assets.categories import CATEGORIES
from insights_assets.model.sanitize import one_line
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.presenters import category_of

STYLES = {"low": "green", "normal": "cyan", "elevated": "yellow", "high": "red"}
SOURCE_NOTES = {
    "imported": "Imported from an earlier system: its scores, without values and reasons.",
    "simulator": "The data are SIMULATED: nothing here says anything about a market.",
    "replay": "The data are a replay of recorded history.",
}


def show_json(value: Any) -> None:  # noqa: ANN401
    """Print a JSON value, and nothing else, to stdout: in ASCII, which no terminal obeys."""
    print(json.dumps(value, indent=2))


def show_snapshot(snapshot: Snapshot, console: Console) -> None:
    """Print one snapshot with all its metrics."""
    category = category_of(CATEGORIES, snapshot.category_id)
    table = Table(title=f"{category.title} on {snapshot.date}", title_justify="left")
    table.add_column("metric")
    table.add_column("score", justify="right")
    table.add_column("status")
    table.add_column("weight", justify="right")
    table.add_column("why")
    for metric in category.metrics:
        found = snapshot.metrics.get(metric.id)
        if found:
            stale = " (stale)" if found.quality == "stale" else ""
            table.add_row(
                metric.id,
                f"{found.score:.2f}",
                _status(found.status) + stale,
                f"{found.weight:.0%}",
                _text(found.summary),
            )
        else:
            reason = snapshot.unavailable.get(metric.id, "not part of this snapshot")
            table.add_row(metric.id, "-", "unavailable", f"{metric.weight:.0%}", _text(reason))
    table.add_section()
    table.add_row(
        "composite",
        f"{snapshot.composite_score:.2f}",
        _status(snapshot.composite_status),
        f"{snapshot.coverage:.0%}",
        "weighted mean of the available metrics",
        style="bold",
    )
    console.print(table)
    if note := SOURCE_NOTES.get(snapshot.source):
        console.print(note, style="bold yellow")


def show_trend(snapshots: list[Snapshot], console: Console) -> None:
    """Print a line for each snapshot, newest first."""
    table = Table(padding=(0, 0), pad_edge=False)
    table.add_column("date", no_wrap=True)
    table.add_column("composite", justify="right")
    table.add_column("status")
    table.add_column("coverage", justify="right")
    metrics = category_of(CATEGORIES, snapshots[0].category_id).metrics
    for metric in metrics:
        table.add_column(metric.title, justify="right")
    for snapshot in snapshots:
        scores = [snapshot.metrics.get(metric.id) for metric in metrics]
        table.add_row(
            str(snapshot.date),
            f"{snapshot.composite_score:.2f}",
            _status(snapshot.composite_status),
            f"{snapshot.coverage:.0%}",
            *[f"{found.score:.2f}" if found else "-" for found in scores],
        )
    console.print(table)


def _text(stored: str) -> Text:
    """Show a stored text as it is: neither as rich's markup nor to the terminal as commands."""
    return Text(one_line(stored))


def _status(status: str) -> str:
    return f"[{STYLES[status]}]{status}[/]"
