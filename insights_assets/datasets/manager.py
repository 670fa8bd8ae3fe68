"""The DataManager: the one place that talks to the vendors."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from redis.asyncio import ConnectionPool

from insights_assets.datasets import DATASETS
from insights_assets.datasets.fetching import Fetched
from insights_assets.model.dates import NEW_YORK, Clock, now
from insights_assets.model.outcomes import DatasetId, DatasetOutcome, Unavailable, VendorId
from insights_assets.vendors.cache import AnswerCache
from insights_assets.vendors.client import VendorClient
from insights_assets.vendors.errors import VendorError
from insights_assets.vendors.network import trust
from insights_assets.vendors.pace import Pace
from insights_assets.vendors.plan_memory import PlanMemory, scope_of
from insights_assets.vendors.query import Query
from insights_assets.vendors.rate_limit import RateLimiter
from insights_assets.vendors.registry import WIRES
from insights_assets.vendors.wire import Access

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Vendors:
    """How each vendor is reached, and what a run grants them."""

    accesses: Mapping[VendorId, Access]
    fetch_deadline_seconds: float
    cache_url: str = field(repr=False)
    """The Redis that caches answers and shares the request rates."""

    def without_key(self, vendor_ids: Iterable[VendorId]) -> dict[VendorId, str]:
        """Return those of the vendors that have no key, and what to do about each."""
        return {id_: WIRES[id_].no_key for id_ in vendor_ids if not self.accesses[id_].api_key}


class Fetcher:
    """Asks one vendor for a run: first the cache, then the client."""

    def __init__(self, client: VendorClient, cache: AnswerCache) -> None:
        self._client = client
        self._cache = cache

    @property
    def requests(self) -> int:
        """Count the requests made to the vendor."""
        return self._client.requests

    async def ask(self, query: Query, parse: Callable[[Query, str], T]) -> Fetched[T] | Unavailable:
        """Return the answer to `query` as read by `parse`, or what went wrong."""
        cached = await self._cache.get(query)
        if cached:
            # What cannot be read here was kept by another version: the vendor knows better.
            with suppress(VendorError):
                return Fetched(parse(query, cached.body), cached.source, cached.fetched_at)
        try:
            answer = await self._client.fetch(query)
            value = parse(query, answer.body)
        except VendorError as error:
            return error.outcome()
        await self._cache.put(query, answer)
        return Fetched(value, answer.source, answer.fetched_at)

    async def forget(self, queries: Iterable[Query]) -> None:
        """Ask the vendor the next time, whatever it answered."""
        for query in queries:
            await self._cache.forget(query)


class DataManager:
    """Fetches what the selected datasets need, at once, each from its vendor."""

    def __init__(
        self,
        fetchers: Mapping[VendorId, Fetcher],
        clock: Clock = now,
        log: logging.Logger = logger,
    ) -> None:
        self._fetchers = fetchers
        self._clock = clock
        self._log = log

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        vendors: Vendors,
        vendor_ids: Iterable[VendorId] | None = None,
        *,
        bulk: bool = False,
        on_request: Callable[[int], None] | None = None,
        clock: Clock = now,
        log: logging.Logger = logger,
    ) -> AsyncIterator["DataManager"]:
        """Open the connections for one run, to `vendor_ids` or to all vendors that have a key.

        `bulk` for a range of days; `on_request` hears the number of requests after each; `log` is
        told of what should never happen.
        """
        pool = ConnectionPool.from_url(
            vendors.cache_url, socket_timeout=2, socket_connect_timeout=2
        )
        async with AsyncExitStack() as opened:
            opened.push_async_callback(pool.aclose)
            fetchers: dict[VendorId, Fetcher] = {}
            manager = cls(fetchers, clock, log)
            tls = trust()

            def count() -> None:
                if on_request:
                    on_request(manager.requests)

            for id_ in vendors.accesses if vendor_ids is None else vendor_ids:
                access = vendors.accesses[id_]
                if not access.api_key:
                    continue
                wire, scope = WIRES[id_], scope_of(access.base_url, access.api_key)
                pace = Pace(pool, scope, wire.plan(access).spacing)
                client = VendorClient(
                    wire,
                    access,
                    deadline=vendors.fetch_deadline_seconds,
                    limiter=RateLimiter(
                        access.requests_per_minute, pool, vendor=id_, bulk=bulk, pace=pace
                    ),
                    clock=clock,
                    on_request=count,
                    memory=PlanMemory(pool, scope),
                    tls=tls,
                )
                await opened.enter_async_context(client)
                cache = AnswerCache(pool, origin=access.base_url, clock=clock)
                fetchers[id_] = Fetcher(client, cache)
            yield manager

    @property
    def requests(self) -> int:
        """Count the requests made to the vendors."""
        return sum(fetcher.requests for fetcher in self._fetchers.values())

    async def prefetch_shared(
        self, dataset_ids: Iterable[DatasetId], days: Sequence[date]
    ) -> Mapping[DatasetId, Mapping[date, DatasetOutcome]]:
        """Return the outcome of each dataset on each day; one failing never stops the others."""
        ids = list(dataset_ids)
        today = self._clock().astimezone(NEW_YORK).date()
        fetched = await asyncio.gather(
            *[self._fetch(id_, days, today) for id_ in ids], return_exceptions=True
        )
        outcomes: dict[DatasetId, Mapping[date, DatasetOutcome]] = {}
        for id_, fetch in zip(ids, fetched, strict=True):
            if isinstance(fetch, BaseException):
                self._log.error("Fetching %s failed unexpectedly.", id_, exc_info=fetch)
                reason = f"fetching it failed unexpectedly: {type(fetch).__name__}"
                outcomes[id_] = dict.fromkeys(days, Unavailable(reason))
            else:
                outcomes[id_] = fetch
        return outcomes

    async def _fetch(
        self, id_: DatasetId, days: Sequence[date], today: date
    ) -> Mapping[date, DatasetOutcome]:
        spec = DATASETS[id_]
        fetcher = self._fetchers.get(spec.vendor)
        if fetcher is None:
            return dict.fromkeys(days, Unavailable(WIRES[spec.vendor].no_key, "refused"))
        asked: list[Query] = []

        async def ask(query: Query, parse: Callable[[Query, str], T]) -> Fetched[T] | Unavailable:
            asked.append(query)
            return await fetcher.ask(query, parse)

        outcomes = await spec.fetch(ask, days, today)
        # An answer can be read and be of no use all the same; the next one may be better.
        if any(outcome.cause == "data" for outcome in outcomes.values()):
            await fetcher.forget(asked)
        return outcomes
