"""The snapshots of a category as a table: one row for each stored day, one column for each fact."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import pandas as pd

from insights_assets.categories import CATEGORIES
from insights_assets.model.category import Category
from insights_assets.model.dates import now, parse_day
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.names import category_of
from insights_assets.serving.rows import row_of
from insights_assets.settings import load_settings
from insights_assets.storage.connections import open_history
from insights_assets.storage.indexes import Retention
from insights_assets.storage.mongo import MongoHistory

Day: TypeAlias = date | str
DType: TypeAlias = Literal["float64", "category"]
BEGINNING = date(1970, 1, 1)
STATUSES = pd.CategoricalDtype(["low", "normal", "elevated", "high"], ordered=True)
QUALITIES = pd.CategoricalDtype(["fresh", "partial", "stale", "unavailable"])
SOURCES = pd.CategoricalDtype(["alpha_vantage", "fred", "simulator", "replay", "imported"])


def history(category: str, first: Day | None = None, last: Day | None = None) -> pd.DataFrame:
    """Return the stored snapshots of `category` from `first` to `last`, a row for each day.

    The index is the day (New York), ascending; days without a snapshot have no row, and a metric
    that a day lacks is NaN with the quality `unavailable`. `columns(category)` describes every
    column with its dtype and unit. Days are dates or text as YYYY-MM-DD; without `first` all that
    is stored counts. The database is that of INSIGHTS_MONGO_URI and INSIGHTS_MONGO_DATABASE.
    """
    described = category_of(CATEGORIES, category)
    with open_stored() as stored:
        return table_of(described, stored.between(category, first, last))


def columns(category: str) -> pd.DataFrame:
    """Describe the columns of `history(category)`: dtype, unit and meaning of each."""
    return pd.DataFrame(
        _columns(category_of(CATEGORIES, category)), columns=["column", "dtype", "unit", "meaning"]
    ).set_index("column")


@dataclass(frozen=True, slots=True)
class Stored:
    """The configured database, as it is read."""

    history: MongoHistory
    today: date

    def between(self, category_id: str, first: Day | None, last: Day | None) -> list[Snapshot]:
        """Return the snapshots of a category, oldest first; without `first` from the beginning."""
        start, end = _day(first) or BEGINNING, _day(last) or self.today
        return self.history.snapshots(category_id, start, end)[::-1]


@contextmanager
def open_stored() -> Iterator[Stored]:
    """Open the database of INSIGHTS_MONGO_URI and INSIGHTS_MONGO_DATABASE."""
    settings = load_settings()
    with open_history(
        settings.mongo_uri.get_secret_value(), settings.mongo_database, Retention()
    ) as history:
        yield Stored(history, now().date())


def table_of(category: Category, snapshots: Iterable[Snapshot]) -> pd.DataFrame:
    """Return the table of `snapshots`, all of `category`."""
    rows = [row_of(category, snapshot) for snapshot in snapshots]
    names = {name: dtype for name, dtype, _, _ in _columns(category)}
    table = pd.DataFrame(rows, columns=["date", *names]).set_index("date").sort_index()
    table.index = pd.DatetimeIndex(table.index, name="date").as_unit("ns")
    return table.astype({name: _dtype(name, dtype) for name, dtype in names.items()})


def _columns(category: Category) -> Iterator[tuple[str, DType, str, str]]:
    """Return name, dtype, unit and meaning of each column but the index."""
    points = "points, 0 to 100"
    yield "composite_score", "float64", points, "the weighted mean of the available metrics"
    yield "composite_status", "category", "", "its band: low, normal, elevated or high"
    yield "coverage", "float64", "share of the weight, 0.5 to 1", "what the composite covers"
    yield "source", "category", "", "where the data came from"
    for metric in category.metrics:
        title = metric.title
        yield f"{metric.id}_score", "float64", points, f"{title}: the score"
        yield f"{metric.id}_value", "float64", metric.unit, f"{title}: {metric.explanation.formula}"
        yield f"{metric.id}_quality", "category", "", f"{title}: fresh, partial, stale, unavailable"


def _dtype(name: str, dtype: DType) -> object:
    if dtype == "float64":
        return dtype
    return {"composite_status": STATUSES, "source": SOURCES}.get(name, QUALITIES)


def _day(day: Day | None) -> date | None:
    return parse_day(day) if isinstance(day, str) else day
