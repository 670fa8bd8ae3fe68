"""Raw upstream answers in Redis, so that a re-run does not spend the API quota again."""

import logging
from datetime import date, datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ValidationError
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from insights_assets.model.dates import CLOCKS_DIFFER, NEW_YORK, Clock
from insights_assets.model.outcomes import Source
from insights_assets.vendors.query import Answer, Query

logger = logging.getLogger(__name__)


class _Entry(BaseModel):
    origin: str
    source: Source
    fetched_at: AwareDatetime
    body: str


def _day(instant: datetime) -> date:
    return instant.astimezone(NEW_YORK).date()


class AnswerCache:
    """Keeps answers of `origin` (the vendor's address) for as long as their query says.

    An entry of another origin is not used: switching from the simulator to the vendor must not
    serve simulated data. A dead Redis costs the cache and nothing else.
    """

    def __init__(self, pool: ConnectionPool, origin: str, clock: Clock) -> None:
        self._redis = Redis(connection_pool=pool)
        self._origin = origin
        self._clock = clock
        self._alive = True

    async def get(self, query: Query) -> Answer | None:
        """Return the cached answer to `query`, if there is one."""
        if not (self._alive and query.lifetime):
            return None
        try:
            # None where GET would fail, as for a list: what is kept next replaces it.
            (raw,) = await self._redis.mget(query.cache_key)
        except RedisError as error:
            self._give_up(error)
            return None
        try:
            entry = _Entry.model_validate_json(raw) if raw else None
        except ValidationError:
            return None
        if entry is None or not self._can_serve(entry, query):
            return None
        return Answer(entry.body, entry.source, entry.fetched_at)

    async def put(self, query: Query, answer: Answer) -> None:
        """Keep `answer`; only answers that could be parsed come here, never errors."""
        if not (self._alive and query.lifetime):
            return
        entry = _Entry(origin=self._origin, **answer._asdict())
        try:
            await self._redis.set(query.cache_key, entry.model_dump_json(), ex=query.lifetime)
        except RedisError as error:
            self._give_up(error)

    async def forget(self, query: Query) -> None:
        """Drop the answer to `query`."""
        if not (self._alive and query.lifetime):
            return
        try:
            await self._redis.delete(query.cache_key)
        except RedisError as error:
            self._give_up(error)

    def _can_serve(self, entry: _Entry, query: Query) -> bool:
        now = self._clock()
        return (
            entry.origin == self._origin
            and (_day(entry.fetched_at) == _day(now) or not query.same_day)
            # Redis has a clock of its own: when ours leaps, its hour is no hour here.
            and -CLOCKS_DIFFER <= now - entry.fetched_at <= timedelta(seconds=query.lifetime)
        )

    def _give_up(self, error: RedisError) -> None:
        if self._alive:
            logger.warning(
                "Redis does not serve as a cache (%s): this run asks the vendor for everything.",
                type(error).__name__,
            )
        self._alive = False
