"""What the tests of the stores share: examples of every stored value, and strategies for any.

Instants have whole milliseconds because MongoDB and Redis keep no more of them.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from mongomock.collection import BulkOperationBuilder

from insights_assets.datasets.daily_bars import DailyBars
from insights_assets.datasets.fred_series import ReleasedSeries
from insights_assets.datasets.history import Observations
from insights_assets.datasets.intraday_bars import IntradayBars, SessionBars
from insights_assets.datasets.ipo_calendar import IpoCalendar
from insights_assets.datasets.news_sentiment_feed import NewsFeed
from insights_assets.datasets.treasury_yields import Yields
from insights_assets.model.outcomes import (
    Dataset,
    DatasetData,
    Quality,
    Reading,
    Source,
    Unavailable,
)
from insights_assets.model.snapshot import MetricScore, Snapshot

CATEGORY = "synthetic"
DAY = date(2025, 1, 9)
COMPUTED = datetime(2025, 1, 9, 14, 30, 5, 250_000, tzinfo=UTC)

YIELDS = Yields(Observations((date(2025, 1, 7), date(2025, 1, 8)), (4.25, 4.5)))
DATASETS = {
    "daily_bars": DailyBars(
        prices={"NVDA": Observations((date(2025, 1, 7), date(2025, 1, 8)), (140.25, 142.0))},
        missing={"AMD": "the vendor's answer is empty"},
    ),
    "intraday_bars": IntradayBars(
        sessions={
            "MSFT": {
                date(2025, 1, 7): SessionBars((time(9, 30),), (422.0,), (420.25,)),
                date(2025, 1, 8): SessionBars(
                    (time(9, 30), time(10)), (420.5, 421.0), (421.0, 419.75)
                ),
            }
        },
        missing={},
    ),
    "treasury_2y": YIELDS,
    "overnight_rate": ReleasedSeries(Observations((date(2025, 1, 7),), (4.29,))),
    "news_sentiment_feed": NewsFeed(
        published=(datetime(2025, 1, 9, 13, 5, tzinfo=UTC),),
        urls=("https://example.com/chips",),
        titles=("Chips: “up” 3 %",),
        scores=(0.125,),
    ),
    "ipo_calendar": IpoCalendar(DAY, ("NEWCO",), ("New Company Inc",), (date(2025, 2, 3),)),
}


def dataset(
    data: DatasetData = YIELDS,
    *,
    source: Source = "simulator",
    quality: Quality = "fresh",
    fetched_at: datetime = COMPUTED,
) -> Dataset:
    return Dataset(data, quality, "as published", source, fetched_at)


def reading(value: float = 1.1, *, source: Source = "simulator") -> Reading:
    return Reading(value, 70.0, "10Y is 1.1 points above 2Y", "fresh", source)


def snapshot(
    day: date = DAY,
    created_at: datetime = COMPUTED,
    *,
    source: Source = "simulator",
    category: str = CATEGORY,
    score: float = 72.5,
) -> Snapshot:
    return Snapshot(
        category_id=category,
        date=day,
        composite_score=score,
        composite_status="elevated",
        coverage=0.9,
        metrics={"slope": MetricScore(70, "elevated", 1.1, 0.15, "fresh", "10Y above 2Y")},
        unavailable={
            "offerings": Unavailable("the calendar has no history for past dates", "absent")
        },
        source=source,
        run_id="run-1",
        created_at=created_at,
    )


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def fresh_database() -> str:
    return f"test_{uuid4().hex}"


def closed_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def silent_server() -> Iterator[int]:
    """Hold a port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def let_mongomock_replace_in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let mongomock 4.3 take the `sort` argument that pymongo 4.11 began to pass."""
    add_replace: Any = BulkOperationBuilder.add_replace

    def without_sort(self: Any, *args: Any, sort: object = None, **options: Any) -> None:
        add_replace(self, *args, **options)

    monkeypatch.setattr(BulkOperationBuilder, "add_replace", without_sort)


# Strategies: anything the model's types allow, in few rows.

_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
_SCORES = st.floats(0, 100)
_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
_SYMBOLS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=5)
_IDS = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=20)
_DAYS = st.dates(date(2000, 1, 1), date(2025, 12, 31))  # no snapshot is of a day to come
_QUALITIES = st.sampled_from(["fresh", "partial", "stale"])
_SOURCES = st.sampled_from(["alpha_vantage", "simulator", "replay"])
_CAUSES = st.sampled_from(["outage", "quota", "refused", "late", "data", "absent"])
_STATUSES = st.sampled_from(["low", "normal", "elevated", "high"])
_MISSING = st.dictionaries(_SYMBOLS, _TEXTS, max_size=2)
_INSTANTS = st.integers(0, 10**10).map(lambda number: COMPUTED + timedelta(milliseconds=number))


@st.composite
def _columns(draw: st.DrawFn, *kinds: st.SearchStrategy[Any]) -> Any:
    """Draw one tuple of each kind, all of the same length."""
    rows = draw(st.integers(1, 4))
    return tuple(tuple(draw(st.lists(k, min_size=rows, max_size=rows))) for k in kinds)


_OBSERVATIONS = _columns(_DAYS, _NUMBERS).map(lambda columns: Observations(*columns))
_SESSION_BARS = _columns(st.times(), _NUMBERS, _NUMBERS).map(lambda columns: SessionBars(*columns))
_DATA = st.one_of(
    st.builds(
        DailyBars,
        prices=st.dictionaries(_SYMBOLS, _OBSERVATIONS, min_size=1, max_size=3),
        missing=_MISSING,
    ),
    st.builds(
        IntradayBars,
        sessions=st.dictionaries(
            _SYMBOLS,
            st.dictionaries(_DAYS, _SESSION_BARS, min_size=1, max_size=3),
            min_size=1,
            max_size=3,
        ),
        missing=_MISSING,
    ),
    st.builds(Yields, observations=_OBSERVATIONS),
    _columns(_INSTANTS, _TEXTS, _TEXTS, _NUMBERS).map(lambda columns: NewsFeed(*columns)),
    st.builds(
        lambda day, columns: IpoCalendar(day, *columns), _DAYS, _columns(_SYMBOLS, _TEXTS, _DAYS)
    ),
)
_UNAVAILABLE = st.builds(Unavailable, reason=_TEXTS, cause=_CAUSES)

dataset_outcomes = st.one_of(
    st.builds(
        Dataset,
        data=_DATA,
        quality=_QUALITIES,
        reason=_TEXTS,
        source=_SOURCES,
        fetched_at=_INSTANTS,
    ),
    _UNAVAILABLE,
)
metric_outcomes = st.one_of(
    st.builds(
        Reading,
        value=_NUMBERS,
        score=_SCORES,
        summary=_TEXTS,
        quality=_QUALITIES,
        source=_SOURCES,
        reason=_TEXTS,
    ),
    _UNAVAILABLE,
)
snapshots = st.builds(
    Snapshot,
    category_id=_IDS,
    date=_DAYS,
    composite_score=_SCORES,
    composite_status=_STATUSES,
    coverage=st.floats(0.5, 1),
    metrics=st.dictionaries(
        _IDS,
        st.builds(
            MetricScore,
            score=_SCORES,
            status=_STATUSES,
            value=_NUMBERS,
            weight=st.floats(0, 1),
            quality=_QUALITIES,
            summary=_TEXTS,
            unit=_TEXTS,
            reason=_TEXTS,
        ),
        max_size=3,
    ),
    unavailable=st.dictionaries(_IDS, _UNAVAILABLE, max_size=3),
    source=_SOURCES,
    run_id=_IDS,
    created_at=_INSTANTS,
    schema_version=st.just(2),
)
