"""The table of datasets: what each is, how it is fetched, how long an older one may stand in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from insights_assets.datasets import ipo_calendar, news_sentiment_feed, series
from insights_assets.datasets.fetching import Ask
from insights_assets.model.as_of import BARS_MAX_AGE, YIELDS_MAX_AGE
from insights_assets.model.datasets import DatasetId
from insights_assets.model.outcomes import DatasetOutcome

Fetch: TypeAlias = Callable[[Ask, Sequence[date], date], Awaitable[Mapping[date, DatasetOutcome]]]


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """One dataset; `max_staleness` is in days, 0 means that nothing older may stand in.

    Not even then may its newest observation be more than `max_age` days old.
    """

    id: DatasetId
    description: str
    fetch: Fetch
    max_staleness: int = 0
    max_age: int = 0


DATASETS: Mapping[DatasetId, DatasetSpec] = {
    spec.id: spec
    for spec in (
        DatasetSpec(
            "daily_bars",
            "Adjusted closing prices of NVDA, MSFT, AMD and PLTR: the last 260 sessions dated"
            " before the day.",
            series.daily_bars,
            max_staleness=4,
            max_age=BARS_MAX_AGE,
        ),
        DatasetSpec(
            "intraday_bars",
            "Half-hour bars of NVDA, MSFT and AMD: the last session that ended before 09:30 New"
            " York.",
            series.intraday_bars,
        ),
        DatasetSpec(
            "treasury_10y",
            "10-year Treasury yield in percent: the last 60 observations published by 09:30 New"
            " York.",
            series.treasury_10y,
            max_staleness=5,
            max_age=YIELDS_MAX_AGE,
        ),
        DatasetSpec(
            "treasury_2y",
            "2-year Treasury yield in percent: the last 60 observations published by 09:30 New"
            " York.",
            series.treasury_2y,
            max_staleness=5,
            max_age=YIELDS_MAX_AGE,
        ),
        DatasetSpec(
            "news_sentiment_feed",
            "The latest 50 technology articles of the 7 days up to 09:30 New York, with their"
            " sentiment scores.",
            news_sentiment_feed.news_sentiment_feed,
        ),
        DatasetSpec(
            "ipo_calendar",
            "Expected IPOs, as the vendor listed them on the day itself; past days cannot be"
            " fetched.",
            ipo_calendar.ipo_calendar,
        ),
    )
}
