"""`insights latest` and `insights trend`: what the runs have stored."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console

from insights_assets.automation.stores import open_stores
from insights_assets.categories import CATEGORIES
from insights_assets.cli.show import show_json, show_snapshot, show_trend
from insights_assets.model.dates import now
from insights_assets.settings import load_settings
from insights_assets.storage.documents import snapshot_fields
from insights_assets.storage.reader import SnapshotReader

category_option = click.option(
    "--category",
    "category_id",
    type=click.Choice([category.id for category in CATEGORIES]),
    default=CATEGORIES[0].id,
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@contextmanager
def open_reader() -> Iterator[SnapshotReader]:
    """Open the read side on the configured stores."""
    with open_stores(load_settings()) as (history, latest):
        yield SnapshotReader(history, latest)


@click.command()
@category_option
@json_option
def latest(category_id: str, *, as_json: bool) -> None:
    """Print the latest snapshot: from Redis, or from MongoDB if the key is gone."""
    with open_reader() as reader:
        found = reader.latest(category_id)
    if not found:
        raise click.ClickException(
            f"There is no snapshot of {category_id} yet: run `insights snapshot` first."
        )
    if as_json:
        show_json(snapshot_fields(found.snapshot))
    else:
        console = Console()
        show_snapshot(found.snapshot, console)
        console.print(f"Read from {found.store}.")


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    help="Calendar days up to today.",
)
@category_option
@json_option
def trend(days: int, category_id: str, *, as_json: bool) -> None:
    """Print the snapshots of the last days, newest first; days without one are left out."""
    with open_reader() as reader:
        snapshots = reader.trend(category_id, last=now().date(), days=days)
    if as_json:
        show_json([snapshot_fields(snapshot) for snapshot in snapshots])
    elif snapshots:
        show_trend(snapshots, Console())
    else:
        raise click.ClickException(
            f"There is no snapshot of {category_id} in the last {days} days: run"
            " `insights snapshot` or `insights backfill` first."
        )
