"""`insights export` and `insights study`: the stored snapshots for analysts."""

import io
import sys
from datetime import date
from pathlib import Path

import click

from insights_assets.categories import CATEGORIES
from insights_assets.cli.options import Day
from insights_assets.research import export as exports
from insights_assets.research.tables import history

category_option = click.option(
    "--category",
    "category_id",
    type=click.Choice([category.id for category in CATEGORIES]),
    default=CATEGORIES[0].id,
    help="The category.",
)


@click.command()
@click.option(
    "--format", "form", type=click.Choice(exports.FORMATS), default="csv", help="What to write."
)
@click.option("--from", "first", type=Day(), help="The first day; all that is stored if not given.")
@click.option("--to", "last", type=Day(), help="The last day; today if not given.")
@category_option
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout."
)
def export(
    form: exports.Format, first: date | None, last: date | None, category_id: str, out: Path | None
) -> None:
    """Write the stored snapshots, a row for each day, as CSV, Parquet or JSON."""
    if first and last and last < first:
        raise click.BadParameter(f"{last} is before {first}: swap them.", param_hint="--to")
    if form == "parquet" and not out and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a terminal: name a file with --out.")
    table = history(category_id, first, last)
    if table.empty:
        raise click.ClickException(
            f"There is no snapshot of {category_id} in these days: run `insights backfill` first."
        )
    content = io.BytesIO()
    try:
        exports.write(table, form, content)
    except exports.MissingPart as error:
        raise click.ClickException(str(error)) from None
    if not out:
        sys.stdout.buffer.write(content.getvalue())
        return
    try:
        out.write_bytes(content.getvalue())
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from None


@click.command()
@click.option("--from", "first", type=Day(), help="The first day; all that is stored if not given.")
@click.option("--to", "last", type=Day(), help="The last day; today if not given.")
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder that gets markdown, CSV and plots.",
)
@click.option(
    "--page",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A markdown file whose lines from <!-- study:CATEGORY --> to <!-- /study --> it fills.",
)
def study(first: date | None, last: date | None, folder: Path, page: Path | None) -> None:
    """Say what the stored snapshots were like, and what followed them (extra `research`)."""
    try:
        from insights_assets.research.study import write  # noqa: PLC0415  (needs matplotlib)
    except ImportError:
        raise click.ClickException(
            "A study needs packages that are not installed: run"
            " `pip install 'insights_assets[research]'`."
        ) from None
    try:
        studies = write.write_study(first, last, folder)
        if page:
            write.fill_in(page, studies, folder)
    except write.NothingStored as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"{error.filename} cannot be written: {error.strerror}."
        ) from None
    for results in studies:
        click.echo(f"{results.category.title}: {folder / results.category.id}.md")
