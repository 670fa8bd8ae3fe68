"""The tables of the documents that repeat what the code says: written by `make tables`.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; a test compares each with what
would be written now, so that a document and the code cannot drift apart.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from insights_assets.categories import CATEGORIES
from insights_assets.datasets import DATASETS
from insights_assets.model.category import Category
from insights_assets.model.scores import Bands
from insights_assets.research.study.web import write_web_page

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "specification.md")
_TABLE = re.compile(r"(<!-- table: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def metrics(category: Category) -> str:
    """Return the metrics of a category with their weights, inputs and formulas."""
    return _markdown(
        ("metric", "weight", "reads", "unit", "formula"),
        (
            (
                f"`{metric.id}`",
                f"{metric.weight:.2f}",
                ", ".join(f"`{id_}`" for id_ in metric.datasets),
                metric.unit,
                metric.explanation.formula,
            )
            for metric in category.metrics
        ),
    )


def categories() -> str:
    """Return every metric of every category with its weight, for a reader in a hurry."""
    return _markdown(
        ("category", "metric", "weight", "what it says"),
        (
            (category.title, metric.title, f"{metric.weight:.0%}", metric.explanation.meaning)
            for category in CATEGORIES
            for metric in category.metrics
        ),
    )


def bands() -> str:
    """Return the scores of each band of each category."""
    return _markdown(
        ("category", "low", "normal", "elevated", "high"),
        ((category.title, *_ranges(category.bands)) for category in CATEGORIES),
    )


def _ranges(bands: Bands) -> tuple[str, str, str, str]:
    normal, elevated, high = (f"{edge:g}" for edge in (bands.normal, bands.elevated, bands.high))
    return (
        f"below {normal}",
        f"{normal} to below {elevated}",
        f"{elevated} to below {high}",
        f"from {high}",
    )


def datasets() -> str:
    """Return what is kept of each dataset, and how old it may be."""
    return _markdown(
        ("dataset", "vendor", "kept", "oldest newest row", "fallback"),
        (
            (
                f"`{spec.id}`",
                spec.vendor,
                spec.description,
                f"{spec.max_age} days" if spec.max_age else "-",
                f"{spec.max_staleness} days" if spec.max_staleness else "none",
            )
            for spec in DATASETS.values()
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    "categories": categories,
    "bands": bands,
    "datasets": datasets,
    **{f"metrics {category.id}": partial(metrics, category) for category in CATEGORIES},
}


def updated(text: str) -> str:
    """Return a document with each of its tables as the code has it now."""
    return _TABLE.sub(lambda match: match[1] + TABLES[match["name"]]() + match[3], text)


def named(text: str) -> list[str]:
    """Return the names of the tables in a document."""
    return [match["name"] for match in _TABLE.finditer(text)]


def _markdown(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(updated(document.read_text(encoding="utf-8")), encoding="utf-8")
    write_web_page()
