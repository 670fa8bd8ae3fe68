"""The HTTP client: one connection pool, typed errors, retries within a deadline."""

import asyncio
import ssl
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
from insights_assets.vendors.key_transport import MAX_CONNECTIONS, KeyTransport
from insights_assets.vendors.network import certificate_problem, proxy_for, trust
from insights_assets.vendors.plan_memory import PlanMemory
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
CONNECT_SECONDS = 5.0
TRY_SECONDS = 10.0  # or half of what is left of the deadline, where that is more
SLOWED_TRIES = 6  # of one query that was refused for speed, each at a slower pace
SHORTEST_TRY_SECONDS = 0.2  # with less left, "no answer" would only hide what the vendor said


class VendorClient:
    """Asks one vendor; `deadline` is the time in seconds for all tries of one query.

    The time spent waiting for our own rate limit does not count: the vendor is not slow then. It
    counts again where the vendor, asked ever more slowly, has answered nothing in between.
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
        memory: PlanMemory | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._wire = wire
        self._url = httpx.URL(access.base_url)
        self._api_key = access.api_key.strip()  # a mounted secret often ends with a newline
        self._plan = wire.plan(access)
        self._named_plan = bool(access.plan)
        self._memory = memory or PlanMemory(None, "")
        self._refused: dict[str, str] = {}
        self._deadline = deadline
        self._limiter = limiter
        self._clock = clock
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._for_good: errors.VendorError | None = None
        self._refused_since: float | None = None  # for speed, with no answer since then
        self._last_refusal = ""
        self._on_request = on_request
        self.requests = 0
        self._http = httpx.AsyncClient(
            transport=KeyTransport(
                wire.key_parameter, self._api_key, proxy_for(self._url), tls or trust()
            ),
            headers={"Accept-Encoding": "gzip"},
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),  # each try has its time as well
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
        await self._refuse_known(query)
        busy = 0.0
        longer = wait_random_exponential(multiplier=0.5, min=0.25, max=8)

        def pause(state: RetryCallState) -> float:
            # The pace that a refusal set is pause enough.
            return 0.0 if _error_of(state, errors.RateLimited) else longer(state)

        def is_over(state: RetryCallState) -> bool:
            if _error_of(state, errors.DoubtfulCall) and state.attempt_number > 1:
                return True
            if _error_of(state, errors.RateLimited) and (
                state.attempt_number > SLOWED_TRIES or self._refused_too_long()
            ):
                return True
            spent = busy + state.idle_for + state.upcoming_sleep
            return spent + SHORTEST_TRY_SECONDS >= self._deadline

        retrying = AsyncRetrying(
            retry=retry_if_exception_type((errors.Outage, errors.DoubtfulCall)),
            wait=pause,
            stop=is_over,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                async with self._slots:
                    spacing = await self._limiter.acquire(
                        unless=lambda: self._known_refusal(query) is not None
                    )
                    if known := self._known_refusal(query):
                        raise known
                    started = time.monotonic()
                    left = self._deadline - busy - attempt.retry_state.idle_for
                    try:
                        answer = await self._once(query, min(left, max(TRY_SECONDS, left / 2)))
                    except errors.RateLimited as refusal:
                        self._refused_since = self._refused_since or started
                        self._last_refusal = refusal.finding
                        await self._limiter.slow_down(refusal, spacing)
                        raise
                    else:
                        self._refused_since = None
                        return answer
                    finally:
                        busy += time.monotonic() - started
        raise AssertionError("tenacity either returns or raises")

    async def _refuse_known(self, query: Query) -> None:
        """Raise what is known without asking: the plan, or the vendor earlier today, says no."""
        if query.function in self._plan.lacks:
            raise errors.NotInPlan(
                query.label,
                f"the {self._plan.name} plan does not include {query.function};"
                f" {self._wire.title}'s premium plans do",
            )
        if not self._named_plan:
            known = await self._memory.refused(query.function)
            if known:
                raise errors.PremiumEndpoint(query.label, known)

    def _refused_too_long(self) -> bool:
        """Return whether the vendor refused whatever was asked, at every pace, for the deadline."""
        since = self._refused_since
        return since is not None and time.monotonic() - since >= self._deadline

    def _known_refusal(self, query: Query) -> errors.VendorError | None:
        """Return what another query of this run was told, if it holds for this one as well."""
        if self._for_good:
            return type(self._for_good)(query.label, self._for_good.finding)
        if query.function in self._refused:
            return errors.PremiumEndpoint(query.label, self._refused[query.function])
        if self._refused_too_long():
            return errors.RateLimited(query.label, self._last_refusal)
        return None

    async def _count(self, query: Query) -> None:
        self.requests += 1
        if self._on_request:
            self._on_request()
        per_day = self._plan.per_day
        if per_day and await self._memory.count(self._clock()) > per_day:
            raise errors.DailyLimitReached(
                query.label,
                f"the {per_day} requests a day of the {self._plan.name} plan are used up; the next"
                " try makes sense after midnight New York",
            )

    async def _once(self, query: Query, seconds: float) -> Answer:
        label = query.label
        try:
            await self._count(query)
            async with asyncio.timeout(seconds):
                return await self._ask(query)
        except (TimeoutError, httpx.TimeoutException):
            raise errors.NoAnswer(
                label, f"the vendor did not answer within {seconds:.3g} s"
            ) from None
        except httpx.TransportError as error:
            if untrusted := certificate_problem(error):
                raise errors.UntrustedCertificate(
                    label,
                    f"the certificate that {self._url.host} shows is not trusted ({untrusted}); if"
                    " a proxy of yours signs it, name its authority's file in SSL_CERT_FILE",
                ) from None
            raise errors.NoAnswer(
                label,
                f"the vendor at {self._url.host} could not be reached"
                f" ({type(error).__name__}); check the network and {self._wire.url_variable}",
            ) from None
        except (
            errors.DailyLimitReached,
            errors.InvalidKey,
            errors.UntrustedCertificate,
            errors.WrongClock,
        ) as error:
            # These hold whatever is asked: asking on would only be rude.
            self._for_good = error
            raise
        except errors.PremiumEndpoint as error:
            self._refused[query.function] = error.finding
            await self._memory.remember(query.function, error.finding, self._clock())
            raise

    async def _ask(self, query: Query) -> Answer:
        path, params = self._wire.request(query)
        url = self._url.copy_with(path=self._url.path.rstrip("/") + path) if path else self._url
        async with self._http.stream("GET", url, params=params) as response:
            status = response.status_code
            check_status(self._wire, query.label, status)
            encoding = response.headers.get("Content-Encoding", "")
            received = BoundedBody(query.label, encoding, self._api_key)
            async for piece in response.aiter_raw():
                received.add(piece)
            body = received.text()
            try:
                self._wire.check_body(query.label, status, body)
            except errors.VendorError as error:  # some of the vendors' messages repeat the key
                error.reword(masked(error.finding, self._api_key))
                raise
            refuse_other_status(self._wire, query.label, status, body)
            answer = Answer(body, self._source(response), self._clock())
            if answer.source == self._wire.id:  # a stand-in may live on any day
                check_clock(query.label, response.headers.get("Date", ""), answer.fetched_at)
            return answer

    def _source(self, response: httpx.Response) -> Source:
        """Return whose data this is; a stand-in that does not say counts as a simulator."""
        if response.url.host == self._wire.host and response.url.scheme == "https":
            return self._wire.id
        named = response.headers.get(SOURCE_HEADER)
        return "replay" if named == "replay" else "simulator"


def _error_of(state: RetryCallState, kind: type[errors.VendorError]) -> bool:
    return state.outcome is not None and isinstance(state.outcome.exception(), kind)
