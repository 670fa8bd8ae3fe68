"""The progress bar of `insights backfill`: days stored, requests made, time left."""

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from insights_assets.definitions import defs


class BackfillBar(Progress):
    """Shows how far a backfill is on stderr; each output of a run is a part of its days."""

    def __init__(self, days: int) -> None:
        super().__init__(
            BarColumn(),
            # A day counts when its run is over: the days of a run are all done at once.
            TextColumn("{task.fields[days]} of {task.total:.0f} days,"),
            TextColumn("{task.fields[requests]} requests,"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=Console(stderr=True),
        )
        # Here and not above: `insights snapshot` has no bar, and would only wait for the graph.
        self._outputs = len(defs.resolve_asset_graph().get_all_asset_keys())
        self.requests = 0
        self._before_run = 0
        self._finished = 0
        self._bar = self.add_task("", total=days, days=0, requests=0)

    def requested(self, context: dg.AssetExecutionContext, made: int) -> None:  # noqa: ARG002
        """Show the requests of this run on top of those before it."""
        self.requests = self._before_run + made
        self.update(self._bar, requests=self.requests)

    def stored(self, context: dg.AssetExecutionContext, done: int, total: int) -> None:  # noqa: ARG002
        """Show one more output stored."""
        self.advance(self._bar, len(context.partition_keys) / self._outputs)

    def finish_run(self, days: int) -> None:
        """Show all days of a run as done."""
        self._finished += days
        self._before_run = self.requests
        self.update(self._bar, completed=self._finished, days=self._finished)
