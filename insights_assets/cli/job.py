"""Runs the daily job in this process, on Dagster's instance, and reads how it ended."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import click
import dagster as dg

from insights_assets.active_categories import active
from insights_assets.assets.partitions import RANGE_TAGS
from insights_assets.assets.progress import Progress
from insights_assets.automation.daily import DAILY_SNAPSHOT, RUN_OF_A_DAY
from insights_assets.definitions import build_definitions
from insights_assets.model.category import Category
from insights_assets.settings import load_settings

# Dagster writes an event for each asset and day; in batches that is half the work on PostgreSQL.
EVENT_BATCH_SIZE = ("DAGSTER_EVENT_BATCH_SIZE", "500")

# The commands print what a run found; Dagster's own log would only repeat it.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run failed for some categories.

    `refused` are the days of each that have no snapshot, with their reasons: all the others are
    stored. It is None if the run broke.
    """

    message: str
    category_ids: Sequence[str]
    refused: Mapping[str, Mapping[str, str]] | None = None
    resume_from: str | None = None

    def without_snapshot(self) -> list[str]:
        """Return the categories that have no snapshot of some day of the run."""
        if self.refused is None:
            return list(self.category_ids)
        return [id_ for id_, days in self.refused.items() if days]


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """Open Dagster's instance: that of DAGSTER_HOME, or one that lives as long as the command."""
    os.environ.setdefault(*EVENT_BATCH_SIZE)
    if os.environ.get("DAGSTER_HOME"):
        try:
            instance = dg.DagsterInstance.get()
        except dg.DagsterError as error:
            raise click.ClickException(
                f"DAGSTER_HOME cannot be used: {str(error).splitlines()[0]}"
            ) from None
    else:
        instance = dg.DagsterInstance.ephemeral()
    with instance:
        yield instance


def run_days(
    instance: dg.DagsterInstance,
    first: date,
    last: date,
    categories: Sequence[Category] | None = None,
    progress: Progress | None = None,
) -> list[RunFailure]:
    """Run the daily job once for the days from `first` to `last`; return what failed of it.

    It is about `categories`, or those that can run here.
    """
    settings = load_settings()
    categories = active(settings) if categories is None else categories
    definitions = build_definitions(settings, progress, categories)
    result = definitions.resolve_job_def(DAILY_SNAPSHOT).execute_in_process(
        instance=instance,
        run_config=QUIET,
        raise_on_error=False,
        partition_key=first.isoformat() if first == last else None,
        tags=RUN_OF_A_DAY
        if first == last
        else dict(zip(RANGE_TAGS, (first.isoformat(), last.isoformat()), strict=True)),
    )
    if result.success:
        return []
    everything = [category.id for category in categories]
    failed = [event for event in result.all_events if event.is_step_failure]
    return [_failure(event, everything) for event in failed] or [_broken(result, everything)]


def _failure(event: dg.DagsterEvent, category_ids: Sequence[str]) -> RunFailure:
    """Return the sentence of a failed step; a step that no category owns fails all of them."""
    owner = event.node_name.partition("__")[0]
    concerned = [owner] if owner in category_ids else category_ids
    given, error = event.step_failure_data.user_failure_data, event.step_failure_data.error
    if given and given.description:
        refused = given.metadata.get("refused")
        resume = given.metadata.get("resume_from")
        return RunFailure(
            given.description,
            concerned,
            cast("Mapping[str, Mapping[str, str]]", refused.data)
            if isinstance(refused, dg.JsonMetadataValue)
            else None,
            resume.text if isinstance(resume, dg.TextMetadataValue) else None,
        )
    reason = _innermost(error) if error else "Dagster gives no reason"
    return RunFailure(f"The step {event.step_key} failed: {reason}", concerned)


def _broken(result: dg.ExecuteInProcessResult, category_ids: Sequence[str]) -> RunFailure:
    """Return the first line of what broke a run in which no step failed."""
    failed = next((event for event in result.all_events if event.is_failure), None)
    if failed and (error := getattr(failed.event_specific_data, "error", None)):
        return RunFailure(f"The run failed: {_innermost(error)}", category_ids)
    reason = failed.message if failed else "Dagster gives no reason"
    return RunFailure(f"The run failed: {reason}", category_ids)


def _innermost(error: Any) -> str:  # noqa: ANN401 - Dagster does not publish its type
    """Return the first line of the error that caused an error."""
    while error.cause:
        error = error.cause
    line: str = error.message.splitlines()[0]
    return line.partition(f"{error.cls_name}: ")[2] or line
