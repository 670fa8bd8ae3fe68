"""The progress bar of `insights backfill`: days stored, requests made, time left."""

from collections.abc import Sequence

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from insights_assets.model.category import Category


class BackfillBar(Progress):
    """Shows how far a backfill of `categories` is on stderr.

    A run makes an asset for all its days before the next: each is an equal part of its days.
    """

    def __init__(self, days: int, categories: Sequence[Category]) -> None:
        super().__init__(
            BarColumn(),
            # A day counts when its run is over: the days of a run are all done at once.
            TextColumn("{task.fields[days]} of {task.total:.0f} days,"),
            TextColumn("{task.fields[requests]} requests,"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=Console(stderr=True),
        )
        datasets = {id_ for category in categories for id_ in category.datasets}
        metrics_and_snapshot = [len(category.metrics) + 1 for category in categories]
        self._assets = len(datasets) + sum(metrics_and_snapshot)
        self.requests = 0
        self._before_run = 0
        self._finished = 0
        self._bar = self.add_task("", total=days, days=0, requests=0)

    def requested(self, context: dg.AssetExecutionContext, made: int) -> None:  # noqa: ARG002
        """Show the requests of this run on top of those before it."""
        self.requests = self._before_run + made
        self.update(self._bar, requests=self.requests)

    def stored(self, context: dg.AssetExecutionContext, done: int, total: int) -> None:  # noqa: ARG002
        """Show one more asset stored."""
        self.advance(self._bar, len(context.partition_keys) / self._assets)

    def finish_run(self, days: int) -> None:
        """Show all days of a run as done."""
        self._finished += days
        self._before_run = self.requests
        self.update(self._bar, completed=self._finished, days=self._finished)
