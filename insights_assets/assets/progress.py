"""How far a run over many days is: told to the step's log, or to whoever takes its place."""

import time
from typing import Protocol

import dagster as dg

LOG_EVERY_SECONDS = 5.0


class Progress(Protocol):
    """Hears of every request made to the vendor and of every asset that is stored."""

    def requested(self, context: dg.AssetExecutionContext, made: int) -> None:
        """Hear that the run has `made` so many requests by now."""
        ...

    def stored(self, context: dg.AssetExecutionContext, done: int, total: int) -> None:
        """Hear that `done` of the `total` assets of a step are stored, for all its days."""
        ...


class StepLog:
    """Says in the step's log what was done and how long the rest may take, every few seconds."""

    def __init__(self) -> None:
        self._step: dg.AssetExecutionContext | None = None
        self._began = self._logged = time.monotonic()

    def requested(self, context: dg.AssetExecutionContext, made: int) -> None:
        """Log the number of requests."""
        if self._is_time(context):
            context.log.info("%d requests made to the vendor so far.", made)

    def stored(self, context: dg.AssetExecutionContext, done: int, total: int) -> None:
        """Log what is done and the time left."""
        if self._is_time(context):
            left = (time.monotonic() - self._began) * (total - done) / done
            days = len(context.partition_keys)
            context.log.info(
                "%d of %d partitions of this step are stored (%d assets, %d days each),"
                " about %.0f s left.",
                done * days,
                total * days,
                total,
                days,
                left,
            )

    def _is_time(self, context: dg.AssetExecutionContext) -> bool:
        now = time.monotonic()
        if context is not self._step:
            self._step, self._began, self._logged = context, now, now
        if now - self._logged < LOG_EVERY_SECONDS:
            return False
        self._logged = now
        return True
