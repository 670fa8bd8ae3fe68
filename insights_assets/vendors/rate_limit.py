"""One request rate for all processes that share a Redis; each on its own without it."""

import asyncio
import logging
import random
import time
from collections.abc import Callable

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool

from insights_assets.model.outcomes import VendorId
from insights_assets.vendors.errors import RateLimited
from insights_assets.vendors.pace import Pace

logger = logging.getLogger(__name__)

BULK_SHARE = 0.8  # a backfill leaves the rest of each minute to the daily run
MAX_SLEEP_SECONDS = 1.0
# Two seconds more than the vendor's minute: a request is granted here a little before it arrives
# there, and that little varies.
WINDOW_SECONDS = 62


class RateLimiter:
    """Grants at most `per_minute` requests in any 60 seconds.

    With `bulk`, at most four fifths of them, so that a daily run beside a backfill never has to
    wait for it.
    """

    def __init__(
        self,
        per_minute: int,
        pool: ConnectionPool | None,
        *,
        vendor: VendorId = "alpha_vantage",
        bulk: bool = False,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace(None, vendor, 0)
        self._turn = asyncio.Lock()
        self._limits = [(RateLimitItemPerSecond(per_minute, WINDOW_SECONDS), str(vendor))]
        if bulk:
            share = max(int(per_minute * BULK_SHARE), 1)
            self._limits.insert(
                0, (RateLimitItemPerSecond(share, WINDOW_SECONDS), f"{vendor}_bulk")
            )
        self._storage = _shared_storage(pool) if pool else MemoryStorage()

    async def acquire(self, unless: Callable[[], bool] = lambda: False) -> float:
        """Return when one more request may be sent, or once `unless` says that none is needed.

        What is returned is the time in seconds to the next request, for `slow_down`.
        """
        async with self._turn:
            for item, key in self._limits:
                while not unless():
                    wait = await self._hit(item, key)
                    if not wait:
                        break
                    await asyncio.sleep(min(wait, MAX_SLEEP_SECONDS))
            spacing = 0.0
            while not unless():
                wait, spacing = await self._pace.take()
                if not wait:
                    break
                await asyncio.sleep(min(wait, MAX_SLEEP_SECONDS))
            return spacing

    async def slow_down(self, refusal: RateLimited, granted: float) -> None:
        """Send the next requests further apart: the vendor refused one sent at `granted`."""
        await self._pace.slow_down(refusal.spacing, refusal.lasting, granted)

    async def _hit(self, item: RateLimitItemPerSecond, key: str) -> float:
        """Return 0 if a request was granted, else the seconds until it is worth asking again."""
        storage = self._storage
        try:
            window = MovingWindowRateLimiter(storage)
            if await window.hit(item, key):
                return 0
            reset_time = (await window.get_window_stats(item, key)).reset_time
        except StorageError:
            if storage is self._storage:  # else another request has met this before
                logger.warning(
                    "Redis is unavailable: the request rate is limited for this process alone."
                )
                self._storage = MemoryStorage()
            return await self._hit(item, key)
        # The jitter keeps waiting processes from asking again at the same instant.
        return max(reset_time - time.time(), 0) + random.uniform(0.02, 0.2)  # noqa: S311


def _shared_storage(pool: ConnectionPool) -> Storage:
    return RedisStorage(
        "async+redis://",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="insights:rate",
        connection_pool=pool,  # type: ignore[arg-type]  # documented, but not in its annotation
    )
