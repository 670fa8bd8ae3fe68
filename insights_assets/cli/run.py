"""`insights snapshot` and `insights backfill`."""

from collections.abc import Iterator
from datetime import date, timedelta

import click
from rich.console import Console

from insights_assets.assets.partitions import BACKFILL_POLICY
from insights_assets.categories import CATEGORIES
from insights_assets.cli.bar import BackfillBar
from insights_assets.cli.job import open_instance, run_days
from insights_assets.cli.options import PartitionDay
from insights_assets.cli.read import json_option, open_reader
from insights_assets.cli.show import show_json, show_snapshot
from insights_assets.model.dates import now
from insights_assets.model.sanitize import plain_lines
from insights_assets.storage.documents import snapshot_fields


@click.command()
@click.option("--date", "day", type=PartitionDay(), help="The partition; today if not given.")
@json_option
def snapshot(day: date | None, *, as_json: bool) -> None:
    """Run the daily job for one day and print the snapshot it stored."""
    wanted = day or now().date()
    with open_instance() as instance:
        failure = run_days(instance, wanted, wanted)
    if failure:
        raise click.ClickException(plain_lines(failure.message))
    console = Console()
    for category in CATEGORIES:
        with open_reader() as reader:
            found = reader.snapshot(category.id, wanted)
        if found is None:
            raise click.ClickException(f"The run succeeded, but no snapshot of {wanted} is stored.")
        if as_json:
            show_json(snapshot_fields(found))
        else:
            show_snapshot(found, console)


@click.command()
@click.option("--from", "first", type=PartitionDay(), required=True, help="The first partition.")
@click.option("--to", "last", type=PartitionDay(), required=True, help="The last partition.")
@json_option
def backfill(first: date, last: date, *, as_json: bool) -> None:
    """Run the daily job for a range of days; a day that cannot be computed does not stop it."""
    if last < first:
        raise click.BadParameter(f"{last} is before {first}: swap them.", param_hint="--to")
    refused: dict[str, str] = {}
    messages: list[str] = []
    resume: str | None = None
    done = 0
    with BackfillBar(days=(last - first).days + 1) as bar:
        for start, end in runs_of(first, last):
            # An instance for each run: one in memory keeps all its events for as long as it lives.
            with open_instance() as instance:
                failure = run_days(instance, start, end, progress=bar)
            done += (end - start).days + 1
            bar.finish_run((end - start).days + 1)
            if failure:
                messages.append(failure.message)
                refused |= failure.refused or {}
                resume = failure.resume_from
                if resume or failure.refused is None:
                    break
    if as_json:
        show_json(
            {
                "from": str(first),
                "to": str(last),
                "days": done,
                "requests": bar.requests,
                "refused": refused,
                "resume_from": resume,
            }
        )
    if messages:
        raise click.ClickException(plain_lines("\n".join(messages)))
    if not as_json:
        Console().print(f"{done} days from {first} to {last} are stored, {bar.requests} requests.")


def runs_of(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Cut a range into runs as the backfill policy says."""
    size = BACKFILL_POLICY.max_partitions_per_run or (last - first).days + 1
    while first <= last:
        end = min(first + timedelta(days=size - 1), last)
        yield first, end
        first = end + timedelta(days=1)
