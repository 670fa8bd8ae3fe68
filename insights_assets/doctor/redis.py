"""Redis: connection, rights one by one, whether it takes writes, and whose snapshot it holds."""

from collections.abc import Callable, Iterator

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from insights_assets.active_categories import wanted
from insights_assets.doctor.finding import Finding, tried
from insights_assets.settings import Settings
from insights_assets.storage.connections import open_history, open_redis
from insights_assets.storage.errors import StoreError
from insights_assets.storage.indexes import Retention
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.publishing import disagreement
from insights_assets.storage.redis_errors import redis_errors

AREA = "Redis"
CACHED = ("market", "macro", "sentiment")  # how the keys of vendors' answers begin
PROBE_SECONDS = 60
WITHOUT = "runs go on without a cache, and readers are served by MongoDB"


def examine_redis(settings: Settings) -> Iterator[Finding]:
    """Look at the Redis of the settings; what is written for it is removed again."""
    database = settings.mongo_database
    try:
        with open_redis(settings.redis_url.get_secret_value()) as redis:
            with redis_errors("looking at it"):
                redis.mget(f"{database}:doctor")
            scheme = settings.redis_url.get_secret_value().partition(":")[0]
            tls = "TLS" if scheme == "rediss" else "no TLS"
            yield Finding(AREA, "connection", "ok", f"answers (version {_version(redis)}, {tls})")
            yield from _rights(redis, database)
            yield from _keys(LatestSnapshots(redis, database), settings)
    except StoreError as error:
        yield Finding(AREA, "connection", "warning", str(error), WITHOUT)


def _version(redis: Redis) -> str:
    try:
        return str(redis.info("server")["redis_version"])
    except RedisError:
        return "unknown, INFO is not granted and not needed"


def _rights(redis: Redis, database: str) -> Iterator[Finding]:
    key, rate = f"{database}:doctor", "insights:rate:doctor"
    script = "return 1"
    uses: dict[str, Callable[[], object]] = {
        "mget": lambda: redis.mget(key),
        "get": lambda: redis.get(key),
        "set": lambda: redis.set(key, "", ex=PROBE_SECONDS),
        "script|load": lambda: redis.script_load(script),
        "evalsha": lambda: redis.evalsha(_sha(redis, script), 1, key),
        "lpush": lambda: redis.lpush(rate, ""),
        "lindex": lambda: redis.lindex(rate, 0),
        "ltrim": lambda: redis.ltrim(rate, 0, 1),
        "expire": lambda: redis.expire(rate, PROBE_SECONDS),
        "del": lambda: (redis.delete(key), redis.delete(rate)),
        **{
            f"keys {prefix}:*": lambda prefix=prefix: redis.set(  # type: ignore[misc]
                f"{prefix}:doctor", "", ex=1
            )
            for prefix in CACHED
        },
    }
    for name, use in uses.items():

        def doing(use: Callable[[], object] = use, name: str = name) -> None:
            with redis_errors(name):
                use()

        yield tried(AREA, f"right {name}", doing, failing="warning")


def _sha(redis: Redis, script: str) -> str:
    try:
        return str(redis.script_load(script))
    except ResponseError:
        return "0" * 40


def _keys(latest: LatestSnapshots, settings: Settings) -> Iterator[Finding]:
    for category in wanted(settings):
        subject = f"latest of {category.id}"
        try:
            held = latest.look(category.id)
            if held.frozen:
                yield Finding(AREA, subject, "warning", str(held.frozen), WITHOUT)
                continue
            with open_history(
                settings.mongo_uri.get_secret_value(), settings.mongo_database, Retention()
            ) as history:
                newest = history.newest_snapshot(category.id)
                differs = disagreement(category.id, newest, history, latest)
        except StoreError as error:
            yield Finding(AREA, subject, "warning", str(error))
            continue
        if differs:
            advice = "the repair publishes the newest; materializing latest_snapshot does it now"
            yield Finding(AREA, subject, "warning", differs, advice)
        else:
            contents = (
                f"holds the snapshot of {held.snapshot.date}" if held.snapshot else "holds none"
            )
            yield Finding(AREA, subject, "ok", f"{contents}, as MongoDB does")
