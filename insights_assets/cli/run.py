"""`insights snapshot` and `insights backfill`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import click
from rich.console import Console

from insights_assets.active_categories import skipped
from insights_assets.assets.partitions import BACKFILL_POLICY
from insights_assets.cli.bar import BackfillBar
from insights_assets.cli.job import open_instance, run_days
from insights_assets.cli.options import PartitionDay
from insights_assets.cli.read import (
    category_option,
    chosen,
    chosen_to_run,
    json_option,
    print_snapshots,
)
from insights_assets.model.category import Category
from insights_assets.model.dates import now
from insights_assets.model.sanitize import plain_lines
from insights_assets.serving.schemas import NoSnapshotView, SnapshotsView
from insights_assets.serving.service import open_insights
from insights_assets.settings import load_settings


@click.command()
@click.option(
    "--date",
    "day",
    type=PartitionDay(),
    default=lambda: str(now().date()),
    show_default="today",
    help="The partition.",
)
@category_option
@json_option
def snapshot(day: date, category_id: str | None, *, as_json: bool) -> None:
    """Run the daily job for one day and print what it stored; exit 0 only if that is all of it.

    A category whose vendor has no key is skipped, and named.
    """
    with open_instance() as instance:
        failures = run_days(instance, day, day, chosen_to_run(category_id))
    failed = [
        NoSnapshotView(category_id=id_, reason=failure.message)
        for failure in failures
        for id_ in failure.without_snapshot()
    ]
    without = {missing.category_id for missing in failed}
    kept = [category for category in chosen(category_id) if category.id not in without]
    views = SnapshotsView(date=day, snapshots=[], missing=[])
    if kept:
        with open_insights(load_settings()) as insights:
            views = insights.views(kept, day)
    views = views.model_copy(update={"missing": [*failed, *views.missing]})
    print_snapshots(views, alone=category_id is not None, as_json=as_json)


@click.command()
@click.option("--from", "first", type=PartitionDay(), required=True, help="The first partition.")
@click.option("--to", "last", type=PartitionDay(), required=True, help="The last partition.")
@category_option
@click.option(
    "--through-dagster",
    is_flag=True,
    help="Let the Dagster at INSIGHTS_DAGSTER_URL run it, 92 days a run, and return at once.",
)
@json_option
def backfill(
    first: date, last: date, category_id: str | None, *, through_dagster: bool, as_json: bool
) -> None:
    """Run the daily job for a range of days; a day that cannot be computed does not stop it."""
    if last < first:
        raise click.BadParameter(f"{last} is before {first}: swap them.", param_hint="--to")
    if through_dagster:
        # Here and not above: the client of Dagster's webserver is needed for nothing else.
        from insights_assets.cli.launch import launch  # noqa: PLC0415

        launch(first, last, category_id, runs=len(list(runs_of(first, last))), as_json=as_json)
        return
    categories = chosen_to_run(category_id)
    reasons = {} if category_id else skipped(load_settings())
    done = run_range(first, last, categories)
    for sentence in reasons.values():
        click.echo(sentence, err=True)
    if as_json:
        document = {
            "from": str(first),
            "to": str(last),
            "days": done.days,
            "requests": done.requests,
            "refused": done.refused,
            "resume_from": done.resume_from,
        }
        print(json.dumps(document, indent=2))
    if done.messages:
        raise click.ClickException(plain_lines("\n".join(done.messages)))
    if not as_json:
        Console().print(
            f"The days from {first} to {last} are stored, {done.days} in all, with"
            f" {done.requests} requests."
        )


@dataclass(slots=True)
class RangeDone:
    """What became of a range of days; `stopped` if the rest of it was not tried."""

    refused: dict[str, dict[str, str]]
    days: int = 0
    requests: int = 0
    messages: list[str] = field(default_factory=list)
    resume_from: str | None = None
    stopped: bool = False


def run_range(first: date, last: date, categories: Sequence[Category]) -> RangeDone:
    """Run the daily job for a range of days, under a bar."""
    done = RangeDone(refused={category.id: {} for category in categories})
    with BackfillBar((last - first).days + 1, categories) as bar:
        for start, end in runs_of(first, last):
            # An instance for each run: one in memory keeps all its events for as long as it lives.
            with open_instance() as instance:
                failures = run_days(instance, start, end, categories, progress=bar)
            done.days += (end - start).days + 1
            bar.finish_run((end - start).days + 1)
            done.messages += [failure.message for failure in failures]
            for failure in failures:
                for id_, refused in (failure.refused or {}).items():
                    done.refused[id_] |= refused
            resume = min((f.resume_from for f in failures if f.resume_from), default=None)
            if resume or any(failure.refused is None for failure in failures):
                done.resume_from, done.stopped = resume, True
                break
    done.requests = bar.requests
    return done


def runs_of(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Cut a range into runs as the backfill policy says."""
    size = BACKFILL_POLICY.max_partitions_per_run or (last - first).days + 1
    while first <= last:
        end = min(first + timedelta(days=size - 1), last)
        yield first, end
        first = end + timedelta(days=1)
