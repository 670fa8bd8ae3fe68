"""`insights gaps`: the days that the history lacks."""

import json
from collections.abc import Sequence

import click

from insights_assets.automation.reconciler import find_stored_gaps
from insights_assets.automation.stores import open_stores
from insights_assets.cli.read import category_option, chosen_to_run, json_option
from insights_assets.cli.run import run_range
from insights_assets.model.category import Category
from insights_assets.model.dates import newest_due, now
from insights_assets.model.gaps import Gap
from insights_assets.model.sanitize import plain_lines
from insights_assets.settings import load_settings


@click.command()
@click.option("--fill", is_flag=True, help="Run a backfill of each, the newest first.")
@category_option
@json_option
def gaps(category_id: str | None, *, fill: bool, as_json: bool) -> None:
    """Name the days without a snapshot, since the first stored one or INSIGHTS_START_DATE.

    Exit 1 if a day is missing, with --fill if one still is.
    """
    categories = chosen_to_run(category_id)
    open_gaps = _find(categories)
    if fill and open_gaps:
        _fill(open_gaps, categories)
        open_gaps = _find(categories)
    if as_json:
        print(json.dumps([_document(gap) for gap in open_gaps], indent=2))
    else:
        for gap in open_gaps:
            click.echo(f"{gap} ({gap.days} days). {gap.command}")
        if not open_gaps:
            click.echo("No day is missing.")
    if open_gaps:
        raise SystemExit(1)


def _find(categories: Sequence[Category]) -> list[Gap]:
    settings = load_settings()
    with open_stores(settings) as (history, _):
        return find_stored_gaps(settings, history, newest_due(now()), categories)


def _fill(open_gaps: Sequence[Gap], categories: Sequence[Category]) -> None:
    """Backfill each gap; what one of them lacks does not stop the others."""
    for gap in reversed(open_gaps):
        done = run_range(gap.first, gap.last, [c for c in categories if c.id in gap.categories])
        if done.messages:
            click.echo(plain_lines("\n".join(done.messages)), err=True)
        if done.stopped:  # by a limit, a key, a store: the next gap would meet the same
            return


def _document(gap: Gap) -> dict[str, object]:
    return {
        "from": str(gap.first),
        "to": str(gap.last),
        "days": gap.days,
        "categories": list(gap.categories),
        "command": gap.command,
    }
