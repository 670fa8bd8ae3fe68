"""`insights migrate`: takes over the snapshots of an earlier system."""

import click

from insights_assets.categories import CATEGORIES
from insights_assets.settings import load_settings
from insights_assets.storage.connections import open_database
from insights_assets.storage.indexes import Retention
from insights_assets.storage.migration import EARLIER, Migration, Migrator

NAMED = 10  # documents that could not be converted; the rest are counted


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def migrate(*, dry_run: bool) -> None:
    """Take over the snapshots of an earlier system: the newest of each day, as imported.

    It copies every document that is not ours before it changes anything, may be stopped and run
    again, and leaves what it cannot convert where it is.
    """
    settings = load_settings()
    retention = Retention(settings.dataset_retention_days, settings.snapshot_retention_days)
    uri = settings.mongo_uri.get_secret_value()
    with open_database(uri, settings.mongo_database) as database:
        migrator = Migrator(database, CATEGORIES, retention)
        migration = migrator.plan() if dry_run else migrator.run()
    for line in sentences(migration, settings.mongo_database, dry_run=dry_run):
        click.echo(line)


def sentences(migration: Migration, database: str, *, dry_run: bool) -> list[str]:
    """Say what was done, or would be."""
    are, held = ("would be", "holds") if dry_run else ("are", "held")
    lines = [
        f"The database {database} {held} {_documents(migration.found)} not written by this system."
    ]
    if migration.converted:
        days = [snapshot.date for snapshot in migration.converted]
        lines.append(
            f"{len(days)} days from {min(days)} to {max(days)} {are} stored as imported: composite,"
            " bands and scores as they were kept; values and reasons were not."
        )
    if migration.earlier_that_day:
        lines.append(
            f"{_documents(migration.earlier_that_day)}: there is a newer one of the same day."
        )
    if migration.ours:
        lines.append(
            f"{_documents(migration.ours)}: the day has a snapshot of this system already."
        )
    if migration.found:
        lines.append(f"All of them {are} kept unchanged in the collection {EARLIER}.")
    lines += [f"A unique index replaces {index}." for index in migration.indexes]
    for identifier, reason in list(migration.left.items())[:NAMED]:
        lines.append(f"Not converted, and left where it is: {identifier}, {reason}.")
    for identifier, reason in list(migration.aside.items())[:NAMED]:
        lines.append(
            f"Not converted, and moved to {EARLIER} because it stands where a snapshot belongs:"
            f" {identifier}, {reason}."
        )
    more = sum(max(len(some) - NAMED, 0) for some in (migration.left, migration.aside))
    if more:
        lines.append(f"Not converted either: {_documents(more)} more.")
    if not (migration.found or migration.converted or migration.indexes):
        lines = [f"There is nothing to migrate in the database {database}."]
    return lines


def _documents(count: int) -> str:
    return f"{count} document" if count == 1 else f"{count} documents"
