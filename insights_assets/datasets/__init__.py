"""What is collected: one module for each dataset, registered here.

A **dataset** is one module that holds all of it: the type of its columns, its query and how long
an answer is cached, its parser, its as-of rule (`known`), how it is fetched, and a `DatasetSpec`
with its id, description, vendor and policy (how old its newest row may be, how long an older one
serves as a fallback). To add one, write the module and add its spec to `DATASETS` below; what the
simulator needs for it is in docs/CONTRIBUTING.md. Nothing else knows datasets by name: assets,
checks, storage of columns, repair and lineage follow from here. Where the logic is the same, it is
shared: `history.py` is a series of one value a day, `symbols.py` what holds where some
of several symbols are missing, and `daily_bars.daily_bars(id, symbols, description)` is a whole
dataset of closing prices in one call. A parser gets the query as well as the body, so that it can
refuse an answer to another question; it raises the errors of `vendors/errors.py`.

A **vendor** is a folder in `vendors/` with a `Wire`: its host, how a query becomes a URL, which
parameter carries the key, and what its refusals mean. To add one, write the wire, add its id to
`VendorId` in `model/outcomes.py` (it is the *source* that its data name) and the wire to
`vendors/registry.py`, give its address, key and rate a variable each in `settings.py` and an
`Access` in `assets/resources.py`, and name it in the specs of its datasets. The manager opens one
client for each vendor that a run needs; cache, rate limit, retries, deadline, bounded bodies and
masking of keys are the transport's, the same for all. A vendor without a key makes its own datasets
unavailable and no other. Importing this package opens nothing and needs neither httpx nor redis
(`manager.py` does).
"""

from collections.abc import Mapping

from insights_assets.datasets import (
    daily_bars,
    fred_series,
    intraday_bars,
    ipo_calendar,
    news_sentiment_feed,
    treasury_yields,
)
from insights_assets.datasets.fetching import DatasetSpec
from insights_assets.model.outcomes import DatasetId

DATASETS: Mapping[DatasetId, DatasetSpec] = {
    spec.id: spec
    for spec in (
        daily_bars.DATASET,
        intraday_bars.DATASET,
        treasury_yields.TREASURY_10Y,
        treasury_yields.TREASURY_2Y,
        news_sentiment_feed.DATASET,
        ipo_calendar.DATASET,
        fred_series.CREDIT_SPREAD_SERIES,
        fred_series.VOLATILITY_INDEX,
        fred_series.TERM_SPREAD,
        fred_series.OVERNIGHT_RATE,
    )
}
DATASET_IDS: tuple[DatasetId, ...] = tuple(DATASETS)
