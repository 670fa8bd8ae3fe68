"""The DataManager: the one place that talks to the vendor."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from redis.asyncio import ConnectionPool

from insights_assets.datasets.fetching import Fetched
from insights_assets.datasets.registry import DATASETS
from insights_assets.model.datasets import DatasetId
from insights_assets.model.dates import NEW_YORK, Clock, now
from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.vendors.alpha_vantage.queries import Query
from insights_assets.vendors.cache import AnswerCache
from insights_assets.vendors.client import AlphaVantageClient
from insights_assets.vendors.errors import VendorError
from insights_assets.vendors.rate_limit import RateLimiter

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Vendor:
    """Where the vendor is and what it grants us."""

    base_url: str
    api_key: str = field(repr=False)
    requests_per_minute: int
    fetch_deadline_seconds: float
    cache_url: str = field(repr=False)
    """The Redis that caches answers and shares the request rate."""


class DataManager:
    """Fetches what the selected datasets need, at once, through the cache and the rate limit."""

    def __init__(self, client: AlphaVantageClient, cache: AnswerCache, clock: Clock = now) -> None:
        self._client = client
        self._cache = cache
        self._clock = clock

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        vendor: Vendor,
        *,
        bulk: bool = False,
        on_request: Callable[[int], None] | None = None,
        clock: Clock = now,
    ) -> AsyncIterator["DataManager"]:
        """Open the connections for one run.

        `bulk` for a range of days; `on_request` hears the number of requests after each.
        """
        pool = ConnectionPool.from_url(vendor.cache_url, socket_timeout=2, socket_connect_timeout=2)
        cache = AnswerCache(pool, origin=vendor.base_url, clock=clock)
        limiter = RateLimiter(vendor.requests_per_minute, pool, bulk=bulk)
        client = AlphaVantageClient(
            vendor.base_url,
            vendor.api_key,
            deadline=vendor.fetch_deadline_seconds,
            limiter=limiter,
            clock=clock,
            on_request=on_request,
        )
        async with client:
            try:
                yield cls(client, cache, clock)
            finally:
                await pool.aclose()

    @property
    def requests(self) -> int:
        """Count the requests made to the vendor."""
        return self._client.requests

    async def prefetch_shared(
        self, dataset_ids: Iterable[DatasetId], days: Sequence[date]
    ) -> Mapping[DatasetId, Mapping[date, DatasetOutcome]]:
        """Return the outcome of each dataset on each day; one failing never stops the others."""
        ids = list(dataset_ids)
        today = self._clock().astimezone(NEW_YORK).date()
        fetched = await asyncio.gather(
            *[DATASETS[id_].fetch(self._ask, days, today) for id_ in ids], return_exceptions=True
        )
        outcomes: dict[DatasetId, Mapping[date, DatasetOutcome]] = {}
        for id_, found in zip(ids, fetched, strict=True):
            if isinstance(found, BaseException):
                logger.error("Fetching %s failed unexpectedly.", id_, exc_info=found)
                reason = f"fetching it failed unexpectedly: {type(found).__name__}"
                outcomes[id_] = dict.fromkeys(days, Unavailable(reason))
            else:
                outcomes[id_] = found
        return outcomes

    async def _ask(self, query: Query, parse: Callable[[str, str], T]) -> Fetched[T] | Unavailable:
        cached = await self._cache.get(query)
        if cached:
            # What cannot be read here was kept by another version: the vendor knows better.
            with suppress(VendorError):
                return Fetched(parse(query.label, cached.body), cached.source, cached.fetched_at)
        try:
            answer = await self._client.fetch(query)
            value = parse(query.label, answer.body)
        except VendorError as error:
            return error.outcome()
        await self._cache.put(query, answer)
        return Fetched(value, answer.source, answer.fetched_at)
