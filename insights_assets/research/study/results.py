"""One study of one category: all its tables."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from insights_assets.model.category import Category
from insights_assets.model.snapshot import Snapshot
from insights_assets.research.prices import Basket
from insights_assets.research.study import measures
from insights_assets.research.study.aftermath import aftermath, by_band, rank_correlations
from insights_assets.research.tables import table_of


@dataclass(frozen=True)
class Results:
    """The snapshots as a table, and what was measured of them."""

    category: Category
    table: pd.DataFrame
    distribution: pd.DataFrame
    memory: pd.DataFrame
    shares: pd.DataFrame
    correlations: pd.DataFrame
    bands: pd.DataFrame
    crossings: measures.Crossings
    symbols: tuple[str, ...]
    followed: pd.DataFrame
    ranks: pd.DataFrame

    def write(self, folder: Path) -> None:
        """Write every table as CSV, without the last digits, which differ among processors."""
        for name in ("distribution", "memory", "shares", "correlations", "bands"):
            self._write(folder, name, index=True)
        for name in ("followed", "ranks"):
            self._write(folder, name, index=False)

    def _write(self, folder: Path, name: str, *, index: bool) -> None:
        table: pd.DataFrame = getattr(self, name)
        table.to_csv(folder / f"{self.category.id}_{name}.csv", index=index, float_format="%.12g")


def measure(
    category: Category,
    snapshots: list[Snapshot],
    basket: Basket,
) -> Results:
    """Measure the `snapshots` of a category, oldest first, and what the basket did after them."""
    table = table_of(category, snapshots)
    scores = measures.scores_of(table, category)
    after = aftermath(table, basket.values)
    return Results(
        category=category,
        table=table,
        distribution=measures.distribution(scores),
        memory=measures.memory(scores),
        shares=measures.shares(measures.contributions(table, category)),
        correlations=measures.correlations(scores),
        bands=measures.days_in_bands(table),
        crossings=measures.crossings(category, snapshots),
        symbols=basket.symbols,
        followed=by_band(after) if len(after) else pd.DataFrame(),
        ranks=rank_correlations(after) if len(after) else pd.DataFrame(),
    )
