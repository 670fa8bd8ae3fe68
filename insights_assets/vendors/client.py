"""The HTTP client: one connection pool, typed errors, retries within a deadline.

The API key is added below httpx's own logging: httpx logs each URL at INFO and keeps the request
on its exceptions, and neither ever sees the key. httpcore below it logs at DEBUG what it received,
and a redirect repeats the key: those records are dropped.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from insights_assets.model.dates import Clock
from insights_assets.model.outcomes import Source
from insights_assets.vendors import errors
from insights_assets.vendors.bounded_body import BoundedBody
from insights_assets.vendors.query import Answer, Query
from insights_assets.vendors.rate_limit import RateLimiter
from insights_assets.vendors.wire import (
    Access,
    Wire,
    check_clock,
    check_status,
    masked,
    refuse_other_status,
)

SOURCE_HEADER = "X-Insights-Source"
MAX_CONNECTIONS = 16
TRY_SECONDS = 10.0
SHORTEST_TRY_SECONDS = 0.2  # with less left, "no answer" would only hide what the vendor said


class VendorClient:
    """Asks one vendor; `deadline` is the time in seconds for all tries of one query.

    The time spent waiting for our own rate limit does not count: the vendor is not slow then.
    """

    def __init__(
        self,
        wire: Wire,
        access: Access,
        *,
        deadline: float,
        limiter: RateLimiter,
        clock: Clock,
        on_request: Callable[[], None] | None = None,
    ) -> None:
        self._wire = wire
        self._url = httpx.URL(access.base_url)
        self._api_key = access.api_key.strip()  # a mounted secret often ends with a newline
        self._deadline = deadline
        self._limiter = limiter
        self._clock = clock
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._for_good: errors.VendorError | None = None
        self._on_request = on_request
        self.requests = 0
        self._http = httpx.AsyncClient(
            transport=_KeyTransport(wire.key_parameter, self._api_key),
            headers={"Accept-Encoding": "gzip"},
            timeout=httpx.Timeout(TRY_SECONDS, connect=5.0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def fetch(self, query: Query) -> Answer:
        """Return the vendor's answer to `query`; raise the VendorError that it means."""
        busy = 0.0

        def out_of_time(state: RetryCallState) -> bool:
            spent = busy + state.idle_for + state.upcoming_sleep
            return spent + SHORTEST_TRY_SECONDS >= self._deadline

        retrying = AsyncRetrying(
            retry=retry_if_exception_type(errors.Outage),
            wait=wait_random_exponential(multiplier=0.5, min=0.25, max=8),
            stop=out_of_time,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                async with self._slots:
                    await self._limiter.acquire(unless=self._is_over)
                    if self._for_good:
                        raise type(self._for_good)(query.label, self._for_good.finding)
                    started = time.monotonic()
                    left = self._deadline - busy - attempt.retry_state.idle_for
                    try:
                        return await self._once(query, min(left, TRY_SECONDS))
                    finally:
                        busy += time.monotonic() - started
        raise AssertionError("tenacity either returns or raises")

    def _is_over(self) -> bool:
        return self._for_good is not None

    async def _once(self, query: Query, seconds: float) -> Answer:
        label = query.label
        self.requests += 1
        if self._on_request:
            self._on_request()
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(query)
        except (TimeoutError, httpx.TimeoutException):
            raise errors.NoAnswer(
                label, f"the vendor did not answer within {seconds:.3g} s"
            ) from None
        except httpx.TransportError as error:
            raise errors.NoAnswer(
                label,
                f"the vendor at {self._url.host} could not be reached"
                f" ({type(error).__name__}); check the network and {self._wire.url_variable}",
            ) from None
        except (errors.DailyLimitReached, errors.InvalidKey, errors.WrongClock) as error:
            # These hold whatever is asked: asking on would only be rude.
            self._for_good = error
            raise

    async def _ask(self, query: Query) -> Answer:
        path, params = self._wire.request(query)
        url = self._url.copy_with(path=self._url.path.rstrip("/") + path) if path else self._url
        async with self._http.stream("GET", url, params=params) as response:
            status = response.status_code
            check_status(self._wire, query.label, status)
            encoding = response.headers.get("Content-Encoding", "")
            incoming = BoundedBody(query.label, encoding, self._api_key)
            async for piece in response.aiter_raw():
                incoming.add(piece)
            body = incoming.text()
            try:
                self._wire.check_body(query.label, status, body)
            except errors.VendorError as error:  # some of the vendors' messages repeat the key
                raise type(error)(query.label, masked(error.finding, self._api_key)) from None
            refuse_other_status(self._wire, query.label, status)
            answer = Answer(body, self._source(response), self._clock())
            if answer.source == self._wire.id:  # a stand-in may live on any day
                check_clock(query.label, response.headers.get("Date", ""), answer.fetched_at)
            return answer

    def _source(self, response: httpx.Response) -> Source:
        """Tell whose data this is; a stand-in that does not say counts as a simulator."""
        if response.url.host == self._wire.host and response.url.scheme == "https":
            return self._wire.id
        named = response.headers.get(SOURCE_HEADER)
        return "replay" if named == "replay" else "simulator"


def _without_answers(record: logging.LogRecord) -> bool:
    message = str(record.msg)
    return not message.startswith("receive_response") or ".started" in message


logging.getLogger("httpcore.http11").addFilter(_without_answers)


class _KeyTransport(httpx.AsyncHTTPTransport):
    """Adds the key to each URL on its way out, where nobody logs it."""

    def __init__(self, parameter: str, api_key: str) -> None:
        super().__init__(limits=httpx.Limits(max_connections=MAX_CONNECTIONS))
        self._parameter = parameter
        self._api_key = api_key

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        keyed = httpx.Request(
            request.method,
            request.url.copy_add_param(self._parameter, self._api_key),
            headers=request.headers,
            extensions=request.extensions,
        )
        response = await super().handle_async_request(keyed)
        response.extensions.pop("reason_phrase", None)  # free text, which httpx logs
        return response
