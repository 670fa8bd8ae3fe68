"""`insights backfill --through-dagster`: a running Dagster makes the runs, and shows them."""

import json
from datetime import date

import click

from insights_assets.api.dagster_runs import DagsterRefused, DagsterRuns, DagsterUnavailable
from insights_assets.categories import CATEGORIES
from insights_assets.serving.names import category_of
from insights_assets.settings import load_settings


def launch(first: date, last: date, category_id: str | None, *, runs: int, as_json: bool) -> None:
    """Start the backfill, which will be so many `runs`, and say where it can be seen."""
    category = category_of(CATEGORIES, category_id) if category_id else None
    try:
        page = DagsterRuns(load_settings().dagster_url).backfill(first, last, category)
    except (DagsterUnavailable, DagsterRefused) as error:
        raise click.ClickException(f"Starting the backfill: {error}") from None
    days = (last - first).days + 1
    if as_json:
        print(json.dumps({"from": str(first), "to": str(last), "days": days, "page": page}))
    else:
        click.echo(f"Dagster backfills {days} days in {runs} run{'s' if runs > 1 else ''}: {page}")
