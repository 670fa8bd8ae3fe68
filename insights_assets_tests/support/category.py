"""Two categories made for tests: generic code is tried with these, whatever the product measures.

They read real datasets, so that the whole pipeline runs on them, and know nothing of their rows:
a formula counts them.
"""

from insights_assets.model.category import Category, Explanation, Metric
from insights_assets.model.outcomes import DatasetData, DatasetId, Measurement
from insights_assets.model.scores import Bands, score


def count_rows(*datasets: DatasetData) -> Measurement:
    """The number of rows; the score is 100 from a thousand of them on."""
    rows = sum(data.rows for data in datasets)
    return Measurement(float(rows), score(rows / 1000), f"There are {rows} rows.")


def counting(id_: str, weight: float, *datasets: DatasetId) -> Metric:
    return Metric(
        id=id_,
        title=id_.capitalize(),
        weight=weight,
        datasets=datasets,
        formula=count_rows,
        unit="rows",
        explanation=Explanation(
            meaning=f"How much is known for {id_}.",
            formula="value = rows; score = 100 · clip01(value / 1000)",
            interpretation="100 is a lot.",
        ),
    )


SYNTHETIC = Category(
    id="synthetic",
    title="Synthetic",
    description="How much data there is, from 0 (none) to 100 (a lot).",
    bands=Bands(normal=25, elevated=60, high=80),
    metrics=(
        counting("prices", 0.20, "daily_bars"),
        counting("headlines", 0.20, "news_sentiment_feed"),
        counting("hours", 0.20, "intraday_bars"),
        counting("offerings", 0.10, "ipo_calendar"),
        counting("slope", 0.15, "treasury_10y", "treasury_2y"),
        counting("shift", 0.15, "treasury_2y"),
    ),
)
NARROW = Category(
    id="narrow",
    title="Narrow",
    description="The same of the two-year yield and the calendar alone.",
    bands=Bands(normal=20, elevated=40, high=60),
    metrics=(
        counting("rates", 0.5, "treasury_2y"),
        counting("calendar", 0.5, "ipo_calendar"),
    ),
)
TWO_CATEGORIES = (SYNTHETIC, NARROW)
