"""The study in markdown: every figure from the tables, every table with what it does not say."""

import pandas as pd

from insights_assets.model.category import Category
from insights_assets.research.study.aftermath import FEW_PERIODS, RESAMPLES, SHORTEST_BLOCK
from insights_assets.research.study.measures import Crossings
from insights_assets.research.study.results import Results

SOURCES = {
    "replay": "a replay of recorded history",
    "simulator": "SIMULATED data, which say nothing about a market",
    "alpha_vantage": "the data of Alpha Vantage",
    "fred": "the data of FRED",
    "imported": "snapshots of the earlier system",
}


ENDS = "*% at 0 or 100*: there the score says no more than that its range has ended."
MEMORY = (
    "Autocorrelation over trading sessions: 1 is a score that stays, 0 one that has forgotten what"
    " it was."
)
SHARES = (
    "The covariance of each metric's contribution with the composite, over the composite's"
    " variance; it adds up to 100. A metric that comes or goes changes the weights of the others,"
    " and its share counts that as well."
)
CORRELATIONS = (
    "Rank correlation (Spearman) of the scores, day by day; neighbouring days are much alike, so"
    " that small numbers mean nothing."
)
AFTERMATH = (
    "From the close of a snapshot's day, in percent: what the basket returned, and the lowest"
    " close on the way (*worst*); means with 95 % intervals."
)
OVERLAP = (
    "Windows of neighbouring days overlap almost wholly: *independent periods* is how many of them"
    f" do not. Intervals are of {RESAMPLES:,} samples of blocks of {SHORTEST_BLOCK} sessions, or of"
    " the window's length if that is more, and are left out below"
    f" {FEW_PERIODS} independent periods. This is a few years of one sector: a difference between"
    " bands is no finding before their intervals part."
)
RANKS = (
    "Rank correlation of the composite with what followed: a composite that warned would go with"
    " lower returns and deeper losses, a correlation clearly below 0."
)


def page(results: Results, folder: str = "") -> str:
    """Return the study of one category; `folder` leads from the page to its plots."""
    category, bands = results.category, results.category.bands
    parts = [
        _origin(results),
        _plot(folder, category, "composite", "the composite by day, over its bands"),
        "#### Scores",
        _table(results.distribution, "score"),
        _plot(folder, category, "distribution", "the distribution of each score"),
        ENDS,
        "#### Memory",
        _table(results.memory, "score", digits=2),
        MEMORY,
        "#### What moves the composite",
        _plot(folder, category, "shares", "what each metric makes of the composite's movements"),
        _table(results.shares, "metric"),
        SHARES,
        _crossings(results.crossings),
        "#### Metrics with each other",
        _table(results.correlations, "metric", digits=2),
        CORRELATIONS,
        "#### Days in each band",
        _table(results.bands, "band"),
        f"The bands begin at {bands.normal:g}, {bands.elevated:g} and {bands.high:g}.",
        "#### What followed",
    ]
    return "\n\n".join([*parts, *_aftermath(results, folder)]) + "\n"


def _origin(results: Results) -> str:
    table = results.table
    sources = " and ".join(SOURCES[source] for source in table["source"].unique())
    return (
        f"Written by `insights study` from the {len(table):,} snapshots that were stored for"
        f" {table.index[0]:%Y-%m-%d} to {table.index[-1]:%Y-%m-%d}, made of {sources}; they cover"
        f" {table['coverage'].min():.0%} to {table['coverage'].max():.0%} of the weight. No figure"
        " is typed by hand."
    )


def _crossings(crossings: Crossings) -> str:
    return (
        f"The composite changed its band {crossings.by_score} times in {crossings.days:,} days,"
        f" {crossings.a_year(crossings.by_score):.1f} a year. As alerts count it, once a change is"
        f" two points deep or lasts for a second session, it did {crossings.alerts} times,"
        f" {crossings.a_year(crossings.alerts):.1f} a year."
    )


def _aftermath(results: Results, folder: str) -> list[str]:
    if results.followed.empty:
        return ["No prices are stored for these days, so that nothing can be said."]
    return [
        f"The basket is {', '.join(results.symbols)} in equal parts. {AFTERMATH}",
        _plot(folder, results.category, "aftermath", "returns after each band"),
        _table(results.followed.set_index("sessions after"), "sessions after"),
        OVERLAP,
        _table(results.ranks.set_index("sessions after"), "sessions after", digits=2),
        RANKS,
    ]


def _plot(folder: str, category: Category, name: str, what: str) -> str:
    return f"![{category.title}: {what}]({folder}{category.id}_{name}.svg)"


def _table(table: pd.DataFrame, index: str, digits: int = 1) -> str:
    lines = [f"| {index} | {' | '.join(map(str, table.columns))} |"]
    lines.append(f"| --- |{' ---: |' * len(table.columns)}")
    for name, row in zip(table.index, table.itertuples(index=False), strict=True):
        lines.append(f"| {name} | {' | '.join(_cell(cell, digits) for cell in row)} |")
    return "\n".join(lines)


def _cell(value: object, digits: int) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value + 0.0:.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
