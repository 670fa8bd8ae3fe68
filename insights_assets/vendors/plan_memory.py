"""What was learned about a key's plan, in Redis: refused functions for a day, requests of today.

Without Redis nothing is remembered, and the vendor says it again.
"""

from datetime import datetime, timedelta
from hashlib import sha256

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from insights_assets.model.dates import NEW_YORK

REMEMBERED = timedelta(days=1)


def scope_of(base_url: str, api_key: str) -> str:
    """Name one key at one address, without showing it."""
    return sha256(f"{base_url} {api_key}".encode()).hexdigest()[:16]


class PlanMemory:
    """What one key at one address may not ask for, and how often it asked today."""

    def __init__(self, pool: ConnectionPool | None, scope: str) -> None:
        self._redis = Redis(connection_pool=pool) if pool else None
        self._prefix = f"insights:plan:{scope}"

    async def refused(self, function: str) -> str | None:
        """Return why `function` was refused within the last day, if it was."""
        if self._redis is None:
            return None
        try:
            reason = await self._redis.get(f"{self._prefix}:refused:{function}")
        except RedisError:
            self._redis = None
            return None
        return reason.decode() if isinstance(reason, bytes) else reason

    async def remember(self, function: str, finding: str, now: datetime) -> None:
        """Keep for a day that `function` is not in the plan."""
        if self._redis is None:
            return
        again = now.astimezone(NEW_YORK) + REMEMBERED
        text = (
            f"{finding}; it is asked for again after {again:%H:%M on %Y-%m-%d} New York, or once"
            " ALPHA_VANTAGE_PLAN=premium says that the plan has changed"
        )
        try:
            await self._redis.set(f"{self._prefix}:refused:{function}", text, ex=REMEMBERED)
        except RedisError:
            self._redis = None

    async def count(self, now: datetime) -> int:
        """Count one more request of today and return how many there are."""
        if self._redis is None:
            return 0
        key = f"{self._prefix}:requests:{now.astimezone(NEW_YORK).date()}"
        try:
            made = int(await self._redis.incr(key))
            await self._redis.expire(key, 2 * REMEMBERED)
        except RedisError:
            self._redis = None
            return 0
        return made
