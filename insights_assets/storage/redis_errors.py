"""The Redis driver's errors as sentences: what was being done, what was found, what helps."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions
from redis.exceptions import RedisError, ResponseError

from insights_assets.storage.errors import StoreRefused, StoreUnreachable
from insights_assets.storage.reasons import Reason, Wording, connection_reason, shortened

WORDING = Wording("INSIGHTS_REDIS_URL", "rediss://", "ssl_ca_certs", "ssl_certfile and ssl_keyfile")

_CLUSTER = (
    "name a single primary in INSIGHTS_REDIS_URL: a cluster is not supported (docs/stores.md)"
)
_REPLICA = (
    "it is a replica and takes no writes",
    "name its primary in INSIGHTS_REDIS_URL, or an address that follows it",
)
_KINDS: tuple[tuple[type[RedisError], str, str], ...] = (
    (exceptions.ReadOnlyError, *_REPLICA),
    (
        exceptions.NoPermissionError,
        "its user lacks a right ({text})",
        "grant what docs/stores.md lists",
    ),
    (exceptions.OutOfMemoryError, "its memory is full", "raise its maxmemory or let it evict keys"),
    (exceptions.MovedError, "it is a node of a cluster", _CLUSTER),
    (exceptions.AskError, "it is a node of a cluster", _CLUSTER),
    (exceptions.ClusterCrossSlotError, "it is a node of a cluster", _CLUSTER),
    (
        exceptions.MasterDownError,
        "it is a replica without its primary",
        "wait for the failover, or name the primary in INSIGHTS_REDIS_URL",
    ),
    (exceptions.ClusterDownError, "it is a node of a cluster that is down", _CLUSTER),
    (
        exceptions.AuthenticationError,
        "it does not accept the user name and password",
        "correct them in INSIGHTS_REDIS_URL",
    ),
    (exceptions.BusyLoadingError, "it still loads its file", "try again when it has"),
)
_BY_TEXT: tuple[tuple[str, str, str], ...] = (
    ("READONLY", *_REPLICA),  # Redis 6 words it as an error of the script that wrote
    ("MISCONF", "it cannot write its file", "free its disk, or look at its log"),
    ("maxmemory", "its memory is full", "raise its maxmemory or let it evict keys"),
    ("DB index", "it has no database of that number", "correct the number in INSIGHTS_REDIS_URL"),
    (
        "unknown command",
        "it lacks a command ({text})",
        "allow the commands that docs/stores.md lists",
    ),
    ("NOREPLICAS", "too few of its replicas are there", "look at its replicas"),
)


@contextmanager
def redis_errors(doing: str) -> Iterator[None]:
    """Raise a StoreError that says what was being done, instead of the driver's error."""
    try:
        yield
    except RedisError as error:
        reason = redis_reason(error)
        if isinstance(error, ResponseError | exceptions.AuthenticationError):
            raise StoreRefused(f"Redis refused {doing}: {reason.cause}; {reason.advice}.") from None
        raise StoreUnreachable(
            f"Redis does not answer while {doing} ({reason.cause}): {reason.advice}."
        ) from None


def redis_reason(error: RedisError) -> Reason:
    """Return what an error of the driver means, and what helps."""
    text = shortened(str(error))
    for kind, cause, advice in _KINDS:
        if isinstance(error, kind):
            return Reason(cause.format(text=text), advice)
    for words, cause, advice in _BY_TEXT:
        if words in text:
            return Reason(cause.format(text=text), advice)
    if isinstance(error, ResponseError):
        return Reason(text or type(error).__name__, "docs/stores.md says what it needs")
    return connection_reason(str(error) or type(error).__name__, WORDING)
