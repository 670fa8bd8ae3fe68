"""The plots of a study: one SVG file each, the same bytes for the same numbers."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from insights_assets.model.category import Category
from insights_assets.research.study.aftermath import EVERY_BAND, HORIZONS
from insights_assets.research.study.results import Results

COLORS = {"low": "#2e9e6b", "normal": "#3d7dca", "elevated": "#d99a1c", "high": "#c8403a"}
NEUTRAL = "#55606e"
AVERAGE_DAYS = 28  # about 20 sessions


def draw(folder: Path, results: Results) -> None:
    """Write the plots of a study into `folder`."""
    with mpl.rc_context({"svg.hashsalt": "insights", "svg.fonttype": "none", "font.size": 9}):
        figures = {
            "composite": _composite(results.category, results.table),
            "distribution": _distribution(results.category, results.table),
            "shares": _shares(results.shares),
        }
        if not results.followed.empty:
            figures["aftermath"] = _aftermath(results.followed)
        for name, figure in figures.items():
            path = folder / f"{results.category.id}_{name}.svg"
            figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


def _composite(category: Category, table: pd.DataFrame) -> Figure:
    """Draw the composite by day, over its bands."""
    figure = Figure(figsize=(9, 3.2))
    axes = figure.subplots()
    bands = category.bands
    edges = [0.0, bands.normal, bands.elevated, bands.high, 100.0]
    for (name, color), low, high in zip(COLORS.items(), edges, edges[1:], strict=False):
        axes.axhspan(low, high, color=color, alpha=0.08, linewidth=0)
        axes.text(1.005, (low + high) / 200, name, transform=axes.transAxes, va="center")
    daily = table["composite_score"].resample("D").asfreq()
    axes.plot(daily.index, daily, color=NEUTRAL, linewidth=0.8, label="composite")
    mean = daily.rolling(AVERAGE_DAYS, min_periods=AVERAGE_DAYS // 2).mean()
    axes.plot(mean.index, mean, color="black", linewidth=1.6, label=f"mean of {AVERAGE_DAYS} days")
    axes.set_ylim(0, 100)
    axes.legend(loc="upper left", frameon=False, ncols=2)
    return _plain(figure, axes, f"{category.title}: the composite")


def _distribution(category: Category, table: pd.DataFrame) -> Figure:
    """Draw how often each score was how high, composite and metrics alike."""
    titles = {"composite_score": "composite"}
    titles |= {f"{metric.id}_score": metric.title for metric in category.metrics}
    there = {name: title for name, title in titles.items() if table[name].notna().any()}
    figure = Figure(figsize=(9, 0.55 * len(there) + 0.8))
    axes = figure.subplots()
    axes.boxplot(
        [table[name].dropna() for name in there],
        orientation="horizontal",
        tick_labels=list(there.values()),
        whis=(5, 95),
        widths=0.6,
        flierprops={"marker": ".", "markersize": 2, "markeredgecolor": NEUTRAL},
    )
    axes.invert_yaxis()
    axes.set_xlim(-2, 102)
    return _plain(figure, axes, "Scores: half of the days in the box, nine of ten in the whiskers")


def _shares(shares: pd.DataFrame) -> Figure:
    """Draw what each metric makes of the composite's variance and daily change."""
    figure = Figure(figsize=(9, 0.5 * len(shares) + 1.2))
    axes = figure.subplots()
    places = range(len(shares))
    for offset, (name, color) in enumerate(zip(shares, ("#9fb4cf", "#3d7dca"), strict=True)):
        at = [place + 0.4 * offset for place in places]
        axes.barh(at, shares[name], height=0.38, color=color, label=name)
    axes.set_yticks([place + 0.2 for place in places], shares.index)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.6)
    axes.legend(frameon=False)
    return _plain(figure, axes, "What moves the composite")


def _aftermath(followed: pd.DataFrame) -> Figure:
    """Draw mean returns after each band, with their intervals and independent periods."""
    figure = Figure(figsize=(9, 2.8))
    for axes, horizon in zip(figure.subplots(1, len(HORIZONS)), HORIZONS, strict=True):
        rows = followed[(followed["sessions after"] == horizon) & (followed["snapshots"] > 0)]
        for place, row in enumerate(rows.to_dict("records")):
            color = COLORS.get(row["band"], "black")
            if pd.notna(row["return from"]):
                axes.plot([row["return from"], row["return to"]], [place, place], color=color)
            axes.plot(row["mean return %"], place, "o", color=color)
        labels = [
            f"{'all days' if row['band'] == EVERY_BAND else row['band']} "
            f"({row['independent periods']})"
            for row in rows.to_dict("records")
        ]
        axes.set_yticks(range(len(rows)), labels)
        axes.margins(y=0.2)
        axes.invert_yaxis()
        axes.axvline(0, color="black", linewidth=0.6)
        _plain(figure, axes, f"% in the {horizon} sessions after")
    figure.tight_layout()
    return figure


def _plain(figure: Figure, axes: Axes, title: str) -> Figure:
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
