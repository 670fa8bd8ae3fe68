"""Writes a study: markdown, CSV and plots of each category into a folder."""

from collections.abc import Iterable
from datetime import date
from os.path import relpath
from pathlib import Path

from insights_assets.categories import CATEGORIES
from insights_assets.research.prices import basket
from insights_assets.research.study.page import page
from insights_assets.research.study.plots import draw
from insights_assets.research.study.results import Results, measure
from insights_assets.research.tables import open_stored

END = "<!-- /study -->"


class NothingStored(RuntimeError):
    """There is no snapshot to study."""


def write_study(first: date | None, last: date | None, folder: Path) -> list[Results]:
    """Study each category that has snapshots from `first` to `last`; return what was found."""
    with open_stored() as stored:
        studies = []
        for category in CATEGORIES:
            snapshots = stored.between(category.id, first, last)
            if snapshots:
                prices = basket(stored.history, snapshots[0].date, stored.today)
                studies.append(measure(category, snapshots, prices))
    if not studies:
        raise NothingStored(
            "There is no snapshot in these days, so that there is nothing to study: run"
            " `insights backfill` first."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for results in studies:
        results.write(folder)
        draw(folder, results)
        title = f"# {results.category.title}: what its snapshots were like\n\n"
        path = folder / f"{results.category.id}.md"
        path.write_text(title + page(results), encoding="utf-8")
    return studies


def fill_in(document: Path, studies: Iterable[Results], folder: Path) -> None:
    """Replace the lines between the marks of each category in `document` by its study."""
    text = document.read_text(encoding="utf-8")
    to_folder = f"{relpath(folder, document.parent)}/"
    for results in studies:
        mark = f"<!-- study:{results.category.id} -->\n"
        before, marked, rest = text.partition(mark)
        if marked:
            text = before + mark + page(results, to_folder) + END + rest.partition(END)[2]
    document.write_text(text, encoding="utf-8")
