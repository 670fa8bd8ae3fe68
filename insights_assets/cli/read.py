"""`insights latest`, `insights show` and `insights trend`: what the runs have stored.

`--json` prints what the API serves under the same question: for one category its own document, for
all of them one document with every category in it.
"""

from collections.abc import Sequence
from datetime import date

import click
from rich.console import Console

from insights_assets.active_categories import active, wanted
from insights_assets.categories import CATEGORIES
from insights_assets.cli.options import PartitionDay
from insights_assets.cli.show import show_json, show_snapshot, show_trend
from insights_assets.model.category import Category
from insights_assets.model.sanitize import plain_lines
from insights_assets.serving.names import category_of
from insights_assets.serving.presenters import nothing_yet
from insights_assets.serving.schemas import SnapshotsView
from insights_assets.serving.service import open_insights
from insights_assets.settings import load_settings

STORES = {"redis": "Redis", "mongodb": "MongoDB"}

category_option = click.option(
    "--category",
    "category_id",
    type=click.Choice([category.id for category in CATEGORIES]),
    help="All that INSIGHTS_CATEGORIES names if not given.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def chosen(category_id: str | None) -> Sequence[Category]:
    """Return the category that was named, those of INSIGHTS_CATEGORIES if none was."""
    return [category_of(CATEGORIES, category_id)] if category_id else wanted(load_settings())


def chosen_to_run(category_id: str | None) -> Sequence[Category]:
    """Return the category that was named, those that can run here if none was."""
    return [category_of(CATEGORIES, category_id)] if category_id else active(load_settings())


class TooOld(click.ClickException):
    """The newest snapshot is older than a script accepts."""

    exit_code = 3


@click.command()
@category_option
@click.option(
    "--max-age",
    type=click.IntRange(0),
    metavar="DAYS",
    help="Exit with 3 if a snapshot is older; 0 accepts today's alone, in New York.",
)
@json_option
def latest(category_id: str | None, max_age: int | None, *, as_json: bool) -> None:
    """Print the latest snapshot: from Redis, or from MongoDB if the key is gone.

    A note follows where that is not the one that should exist now. Exit 0 if every snapshot is
    there, 1 if one is missing, 3 if one is older than --max-age.
    """
    with open_insights(load_settings()) as insights:
        views = insights.views(chosen(category_id))
        skipped = {} if category_id else insights.skipped
    print_snapshots(views, alone=category_id is not None, as_json=as_json)
    ages = {snapshot.category.id: snapshot.timeliness for snapshot in views.snapshots}
    old = [
        f"The latest snapshot of {id_} is {age.age_days} days old, --max-age allows {max_age}."
        for id_, age in ages.items()
        if age and max_age is not None and age.age_days > max_age and id_ not in skipped
    ]
    if old:
        raise TooOld("\n".join(old))


@click.command()
@click.option("--date", "day", type=PartitionDay(), required=True, help="The day of the snapshot.")
@category_option
@json_option
def show(day: date, category_id: str | None, *, as_json: bool) -> None:
    """Print the snapshot of a day, or why there is none."""
    with open_insights(load_settings()) as insights:
        views = insights.views(chosen(category_id), day)
    print_snapshots(views, alone=category_id is not None, as_json=as_json)


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    help="Calendar days up to today.",
)
@category_option
@json_option
def trend(days: int, category_id: str | None, *, as_json: bool) -> None:
    """Print the snapshots of the last days, newest first; days without one are left out."""
    categories = chosen(category_id)
    with open_insights(load_settings()) as insights:
        views = insights.trends(categories, days)
        empty = [c for c, view in zip(categories, views.trends, strict=True) if not view.points]
        missed = [c for c in empty if len(empty) == len(categories) or insights.is_expected(c)]
    if as_json:
        show_json(views.trends[0] if category_id else views)
    else:
        console = Console()
        for view in views.trends:
            if view.points:
                category = category_of(CATEGORIES, view.category_id)
                console.print(f"{category.title}, newest first", style="italic")
                show_trend(view, {m.id: m.title for m in category.metrics}, console)
    for category in empty:
        if category not in missed:
            click.echo(insights.skipped.get(category.id) or nothing_yet(category), err=True)
    if missed:
        ids = ", ".join(category.id for category in missed)
        raise click.ClickException(
            f"There is no snapshot of {ids} in the last {days} days: run `insights snapshot` or"
            " `insights backfill` first."
        )


def print_snapshots(views: SnapshotsView, *, alone: bool, as_json: bool) -> None:
    """Print the snapshots, as tables or as one document; exit with 1 and the reasons if some miss.

    `alone` is for a single category that was named: its document is its snapshot. What is not
    expected is told and not missed, where there is something else.
    """
    if as_json and not alone:
        show_json(views)
    elif as_json:
        for snapshot in views.snapshots:
            show_json(snapshot)
    else:
        console = Console()
        for snapshot in views.snapshots:
            show_snapshot(snapshot, console)
            console.print(f"Read from {STORES[snapshot.read_from]}.")
    missed = [missing for missing in views.missing if missing.expected or not views.snapshots]
    for missing in views.missing:
        if missing not in missed:
            click.echo(plain_lines(missing.reason), err=True)
    if missed:
        reasons = dict.fromkeys(missing.reason for missing in missed)
        raise click.ClickException(plain_lines("\n".join(reasons)))
