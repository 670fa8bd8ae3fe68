"""The latest snapshot in Redis: what programs read at once."""

from datetime import datetime

from redis import Redis

from insights_assets.model.dates import CLOCKS_DIFFER, NEW_YORK
from insights_assets.model.snapshot import Snapshot
from insights_assets.storage.documents import snapshot_json, snapshot_of_json, stamp
from insights_assets.storage.redis_errors import redis_errors

TTL_SECONDS = 86_400
SERVING = "serving the latest snapshot"

# Compared and set in one step on the server: two runs at once cannot step back. What is not a
# snapshot under our key (ARGV[5]) is replaced. A server without room keeps what it holds: that is
# older than the history by now, and readers find the newest there if the key is gone.
_PUBLISH = """
local held = redis.pcall('GET', KEYS[1])
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


class LatestSnapshots:
    """The key `insights:<category>:latest` of each category."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._publish = redis.register_script(_PUBLISH)

    def publish(self, snapshot: Snapshot, now: datetime) -> bool:
        """Replace what is held, unless it is newer; return whether it was replaced."""
        with redis_errors(SERVING):
            held = self._held(snapshot.category_id)
            replaced = self._publish(
                keys=[_key(snapshot.category_id)],
                args=[
                    snapshot_json(snapshot, cached_at=now),
                    snapshot.date.isoformat(),
                    stamp(snapshot.created_at),
                    TTL_SECONDS,
                    b"" if held is None or _can_be(held, now) else held,
                ],
            )
        return bool(replaced)

    def read(self, category_id: str) -> Snapshot | None:
        """Return the latest snapshot, or None where the key is gone or holds something else."""
        with redis_errors(SERVING):
            held = self._held(category_id)
        return _snapshot(held) if held else None

    def seconds_left(self, category_id: str) -> int:
        """Return how long the key still lives; a negative number if it does not."""
        with redis_errors(SERVING):
            return int(self._redis.ttl(_key(category_id)))

    def _held(self, category_id: str) -> bytes | None:
        held = self._redis.mget(_key(category_id))[0]  # None where GET fails, as for a list
        return held if isinstance(held, bytes) else None


def _snapshot(held: bytes) -> Snapshot | None:
    try:
        return snapshot_of_json(held)
    except ValueError:
        return None


def _can_be(held: bytes, now: datetime) -> bool:
    """Tell whether `held` is a snapshot, and none of the future, which only a wrong clock makes."""
    found, latest = _snapshot(held), (now + CLOCKS_DIFFER).astimezone(NEW_YORK)
    return found is not None and found.date <= latest.date() and found.created_at <= latest


def _key(category_id: str) -> str:
    return f"insights:{category_id}:latest"
