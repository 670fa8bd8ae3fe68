"""How a dataset asks for data: a query and its parser in, a value with its provenance out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from insights_assets.model.datasets import DailyBars, DatasetData, IntradayBars
from insights_assets.model.outcomes import (
    Dataset,
    DatasetOutcome,
    Source,
    Unavailable,
    common_source,
)
from insights_assets.vendors.alpha_vantage.queries import Query

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T_co]):
    """A parsed answer, and where and when it was had."""

    value: T_co
    source: Source
    fetched_at: datetime


class Ask(Protocol):
    """Asks the cache, then the vendor; what went wrong comes back as unavailable."""

    async def __call__(
        self, query: Query, parse: Callable[[str, str], T]
    ) -> Fetched[T] | Unavailable:
        """Return the answer to `query` as read by `parse`."""
        ...


def fresh(
    data: DatasetData | Unavailable, answers: Iterable[Fetched[T] | Unavailable]
) -> DatasetOutcome:
    """Return `data` with the provenance of the `answers` it was taken from, the oldest counts."""
    if isinstance(data, Unavailable):
        return data
    fetched = [answer for answer in answers if isinstance(answer, Fetched)]
    return Dataset(
        data=data,
        quality="fresh",
        reason=_description(data),
        source=common_source(answer.source for answer in fetched),
        fetched_at=min(answer.fetched_at for answer in fetched),
    )


def _description(data: DatasetData) -> str:
    text = f"{data.rows} rows, the newest of {data.newest}"
    if isinstance(data, DailyBars | IntradayBars) and data.missing:
        missing = "; ".join(f"{symbol} ({reason})" for symbol, reason in data.missing.items())
        text += f"; missing are {missing}"
    return text
