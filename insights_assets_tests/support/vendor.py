"""What the tests of `market_data` share: a vendor made of plain bytes, and short ways to ask.

Everything goes over real sockets: what these tests guard against (a key in a log record of the
HTTP library, a deadline that a slow body outlives) cannot be seen on a stub.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import pytest
from redis.asyncio import ConnectionPool
from tenacity import wait_fixed

from insights_assets.datasets import DATASETS, treasury_yields
from insights_assets.datasets.manager import DataManager, Vendors
from insights_assets.local_stack import LocalStack
from insights_assets.model.dates import NEW_YORK, Clock, now
from insights_assets.model.outcomes import DatasetId, DatasetOutcome, VendorId
from insights_assets.vendors import client
from insights_assets.vendors.alpha_vantage.wire import WIRE
from insights_assets.vendors.client import VendorClient
from insights_assets.vendors.errors import VendorError
from insights_assets.vendors.query import Answer, Query
from insights_assets.vendors.rate_limit import RateLimiter
from insights_assets.vendors.wire import Access
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.storage import closed_port

KEY = "SeCrEtKey42OfUs"
NO_REDIS = f"redis://127.0.0.1:{closed_port()}/0"
TODAY = date(2025, 6, 11)  # a Wednesday like any other
TEN_O_CLOCK = datetime(2025, 6, 11, 10, tzinfo=NEW_YORK)

ALPHA_VANTAGE_DATASETS = tuple(id_ for id_ in DATASETS if id_ in SYNTHETIC.datasets)
"""Those that tests count requests of, however many the product has."""
QUERY = Query("FUNCTION", {}, "LABEL", "", 0)
"""A question about nothing in particular, for parsers."""

Say = Callable[[BaseHTTPRequestHandler], None]
T = TypeVar("T")


def ten_o_clock() -> datetime:
    """The clock of the manager and of the simulator: 10:00 New York on `TODAY`."""
    return TEN_O_CLOCK


class PlainServer(ThreadingHTTPServer):
    """A vendor that says what it was given, in this order, and then the last thing forever."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *says: Say) -> None:
        self.paths: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.paths.append(self.path)
                says[min(len(server.paths), len(says)) - 1](self)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """The URL of its query endpoint."""
        return f"http://127.0.0.1:{self.server_port}/query"

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


@contextmanager
def saying(*says: Say) -> Iterator[PlainServer]:
    """Serve in a thread for as long as the test needs it."""
    with PlainServer(*says) as server:
        # The default poll of half a second would be paid by every test.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def reply(body: bytes | str = b"", status: int = 200, **headers: str) -> Say:
    """A whole response; `Content_Type` stands for Content-Type."""
    raw = body.encode() if isinstance(body, str) else body

    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(raw)

    return say


def pieces(chunks: Callable[[], Iterable[bytes]], pause: float = 0.0) -> Say:
    """Bytes as they are, head and all, with a pause after each piece."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        for chunk in chunks():
            handler.wfile.write(chunk)
            handler.wfile.flush()
            time.sleep(pause)

    return say


def one_try_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no second try fit into any deadline, for tests that do not ask how often is asked."""
    monkeypatch.setattr(client, "wait_random_exponential", lambda **_: wait_fixed(60))
    monkeypatch.setattr(client, "SLOWED_TRIES", 0)


@dataclass
class Asked:
    """What came of some queries: answers or errors, how many requests, how many seconds."""

    results: Sequence[Answer | VendorError]
    requests: int
    seconds: float

    @property
    def result(self) -> Answer | VendorError:
        """What came of the only query."""
        (only,) = self.results
        return only


class Unlimited(RateLimiter):
    """Grants every request at once."""

    def __init__(self) -> None:
        super().__init__(1, None)

    async def acquire(self, unless: Callable[[], bool] = lambda: False) -> float:  # noqa: ARG002
        """Return at once."""
        return 0.0


def ask(
    url: str,
    *asked: Query,
    key: str = KEY,
    deadline: float = 3,
    limiter: RateLimiter | None = None,
    at_once: bool = True,
) -> Asked:
    """Ask a client of its own, by default for a Treasury yield."""
    wanted = asked or (treasury_yields.query("2year"),)

    async def asking() -> Asked:
        async with VendorClient(
            WIRE,
            Access(url, key, 10_000),
            deadline=deadline,
            limiter=limiter or Unlimited(),
            clock=now,
        ) as client:
            started = time.monotonic()
            if at_once:
                results = await asyncio.gather(*map(client.fetch, wanted), return_exceptions=True)
            else:
                results = [
                    (await asyncio.gather(client.fetch(query), return_exceptions=True))[0]
                    for query in wanted
                ]
            expected = [result for result in results if isinstance(result, Answer | VendorError)]
            assert len(expected) == len(results), results
            return Asked(expected, client.requests, time.monotonic() - started)

    return asyncio.run(asking())


@dataclass
class Run:
    """One run of the DataManager: outcomes by dataset and day, how many requests it took."""

    outcomes: Mapping[DatasetId, Mapping[date, DatasetOutcome]]
    requests: int
    seconds: float = field(compare=False, default=0.0)

    def __getitem__(self, id_: DatasetId) -> DatasetOutcome:
        """The outcome of the only day."""
        (only,) = self.outcomes[id_].values()
        return only


def run(
    base_url: str,
    redis_url: str,
    *days: date,
    ids: Sequence[DatasetId] = ALPHA_VANTAGE_DATASETS,
    vendor: VendorId = "alpha_vantage",
    clock: Clock = ten_o_clock,
    deadline: float = 3,
    rate: int = 10_000,
    on_request: Callable[[int], None] | None = None,
) -> Run:
    """Prefetch some datasets for some days, by default all of them for `TODAY`."""
    wanted = days or (TODAY,)

    async def running() -> Run:
        vendors = Vendors({vendor: Access(base_url, KEY, rate)}, deadline, redis_url)
        started = time.monotonic()
        connected = DataManager.connect(
            vendors, bulk=len(wanted) > 1, on_request=on_request, clock=clock
        )
        async with connected as manager:
            outcomes = await manager.prefetch_shared(ids, wanted)
        return Run(outcomes, manager.requests, time.monotonic() - started)

    return asyncio.run(running())


def with_pool(url: str, use: Callable[[ConnectionPool], Awaitable[T]]) -> T:
    """Use a connection pool in a loop of its own."""

    async def using() -> T:
        pool = ConnectionPool.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        try:
            return await use(pool)
        finally:
            await pool.aclose()

    return asyncio.run(using())


def any_ports(data_dir: Path) -> LocalStack:
    """The stores on free ports."""
    return LocalStack(data_dir, 0, 0)
