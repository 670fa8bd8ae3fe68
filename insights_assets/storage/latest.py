"""The latest snapshot in Redis: what programs read at once."""

from dataclasses import dataclass
from datetime import datetime

from redis import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from insights_assets.model.dates import CLOCKS_DIFFER, NEW_YORK
from insights_assets.model.outcomes import is_real
from insights_assets.model.snapshot import Snapshot
from insights_assets.storage.documents import snapshot_json, snapshot_of_json, stamp
from insights_assets.storage.errors import MixedSources, StoreRefused
from insights_assets.storage.redis_errors import redis_errors

TTL_SECONDS = 86_400
SERVING = "serving the latest snapshot"

# Compared and set in one step on the server: two runs at once cannot step back. What is not a
# snapshot under our key (ARGV[5]) is replaced. A server without room keeps what it holds: that is
# older than the history by now, and readers find the newest there if the key is gone.
_PUBLISH = """
local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' and held.err and not held.err:find('WRONGTYPE') then
    return held
end
if type(held) == 'string' and held ~= ARGV[5] then
    local ok, old = pcall(cjson.decode, held)
    if ok and type(old) == 'table'
        and type(old.date) == 'string' and old.date:match('^%d%d%d%d%-%d%d%-%d%d$')
        and type(old.created_at) == 'string' and old.created_at:match('^%d%d%d%d%-%d%d%-%d%dT')
        and (old.date > ARGV[2] or (old.date == ARGV[2] and old.created_at > ARGV[3])) then
        return 0
    end
end
local set = redis.pcall('SET', KEYS[1], ARGV[1], 'EX', ARGV[4])
if set.err then
    redis.pcall('DEL', KEYS[1])
    return set
end
return 1
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What Redis holds of a category, and why it is not written to any more, if so.

    A replica, or a server that cannot write its file, goes on showing what it once had.
    """

    snapshot: Snapshot | None
    frozen: StoreRefused | None = None


class LatestSnapshots:
    """The key `<database>:<category>:latest` of each category.

    A Redis may serve several databases of MongoDB: the key and the value name theirs, and what
    names another one reads as nothing.
    """

    def __init__(self, redis: Redis, database: str) -> None:
        self._redis = redis
        self._database = database
        self._publish = redis.register_script(_PUBLISH)

    def publish(self, snapshot: Snapshot, now: datetime) -> bool:
        """Replace what is held, unless it is newer; return whether it was replaced.

        Raise MixedSources if real data are held and `snapshot` is of a stand-in: another system
        uses a database of the same name.
        """
        with redis_errors(SERVING):
            held = self._held(snapshot.category_id)
            cached = self._snapshot(held)
            if cached and is_real(cached.source) and not is_real(snapshot.source):
                raise MixedSources(
                    f"Redis holds the snapshot of {cached.source} for a database of the name"
                    f" {self._database}; one of {snapshot.source} may not replace it: set"
                    " INSIGHTS_MONGO_DATABASE to another name."
                )
            stays = (
                cached is not None
                and is_real(cached.source) == is_real(snapshot.source)
                and _can_be(cached, now)
            )
            replaced = self._publish(
                keys=[self._key(snapshot.category_id)],
                args=[
                    snapshot_json(snapshot, database=self._database, cached_at=now),
                    snapshot.date.isoformat(),
                    stamp(snapshot.created_at),
                    TTL_SECONDS,
                    b"" if held is None or stays else held,
                ],
            )
        return bool(replaced)

    def read(self, category_id: str) -> Snapshot | None:
        """Return the latest snapshot, or None where the key is gone or holds something else.

        Raise StoreRefused if it takes no writes: what it holds may be old.
        """
        cached = self.look(category_id)
        if cached.frozen:
            raise cached.frozen
        return cached.snapshot

    def look(self, category_id: str) -> Look:
        """Return what is held, and whether it can still be replaced."""
        key = self._key(category_id)
        with redis_errors(SERVING):
            # Deleting what is never there changes nothing, and only a writable server does it.
            asked = self._redis.pipeline(transaction=False)
            asked.mget(key)
            asked.delete(f"{key}:none")
            replies, deleted = asked.execute(raise_on_error=False)
            if isinstance(replies, RedisError):
                raise replies
        return Look(self._snapshot(_bytes(replies[0])), _frozen(deleted))

    def seconds_left(self, category_id: str) -> int:
        """Return how long the key still lives; a negative number if it does not."""
        with redis_errors(SERVING):
            return int(self._redis.ttl(self._key(category_id)))

    def _held(self, category_id: str) -> bytes | None:
        return _bytes(self._redis.mget(self._key(category_id))[0])

    def _snapshot(self, held: bytes | None) -> Snapshot | None:
        """Read a snapshot of our database; anything else is None."""
        try:
            return snapshot_of_json(held, self._database) if held else None
        except ValueError:
            return None

    def _key(self, category_id: str) -> str:
        return f"{self._database}:{category_id}:latest"


def _bytes(held: object) -> bytes | None:
    return held if isinstance(held, bytes) else None  # None where GET fails, as for a list


def _frozen(reply: object) -> StoreRefused | None:
    """Return why a write was refused; a user who may only read says nothing about the server."""
    if not isinstance(reply, ResponseError) or isinstance(reply, NoPermissionError):
        return None
    try:
        with redis_errors("writing the latest snapshot"):
            raise reply
    except StoreRefused as refused:
        return refused


def _can_be(snapshot: Snapshot, now: datetime) -> bool:
    """Return whether `snapshot` is none of the future, which only a wrong clock makes."""
    latest = (now + CLOCKS_DIFFER).astimezone(NEW_YORK)
    return snapshot.date <= latest.date() and snapshot.created_at <= latest
