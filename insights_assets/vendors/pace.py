"""One pace for all requests with a key: how far apart they are, whichever process sends them.

The vendor's refusals set it: a burst that was refused slows everybody down, and after a while
without another one the pace is the plan's again. Without Redis each process keeps
its own.
"""

import time

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

LONGEST_SPACING = 15.0  # seconds


class Pace:
    """The time between two requests; `usual` seconds unless the vendor asked for more."""

    def __init__(self, pool: ConnectionPool | None, scope: str, usual: float) -> None:
        self._redis = Redis(connection_pool=pool) if pool else None
        self._slot, self._slowed = f"insights:pace:{scope}:slot", f"insights:pace:{scope}:spacing"
        self._usual = usual
        self._next = 0.0
        self._own: tuple[float, float] = (usual, 0.0)

    async def take(self) -> tuple[float, float]:
        """Return the seconds until it is worth asking again, 0 if granted, and the spacing."""
        spacing = await self.spacing()
        if not spacing:
            return 0.0, 0.0
        if self._redis:
            try:
                if await self._redis.set(self._slot, 1, nx=True, px=_milliseconds(spacing)):
                    return 0.0, spacing
                return max(await self._redis.pttl(self._slot), 1) / 1000, spacing
            except RedisError:
                self._redis = None
        now = time.monotonic()
        if now < self._next:
            return self._next - now, spacing
        self._next = now + spacing
        return 0.0, spacing

    async def spacing(self) -> float:
        """Return the time between two requests as it is now."""
        if self._redis:
            try:
                slowed = await self._redis.get(self._slowed)
                return max(float(slowed or 0), self._usual)
            except (RedisError, ValueError):
                self._redis = None
        slowed_to, until = self._own
        return slowed_to if time.monotonic() < until else self._usual

    async def slow_down(self, asked: float, lasting: float, granted: float) -> None:
        """Put requests `asked` seconds apart for `lasting` seconds; further if that is no change.

        `granted` is the spacing under which the refused request was sent: of a burst that was
        refused, the first refusal slows down and the others say nothing new.
        """
        if await self.spacing() > granted:
            return
        spacing = min(asked if asked > granted else 2 * granted, LONGEST_SPACING)
        self._own = (spacing, time.monotonic() + lasting)
        self._next = time.monotonic() + spacing
        if self._redis:
            try:
                await self._redis.set(self._slowed, spacing, ex=int(lasting))
                await self._redis.set(self._slot, 1, px=_milliseconds(spacing))
            except RedisError:
                self._redis = None


def _milliseconds(seconds: float) -> int:
    return max(round(1000 * seconds), 1)
