"""The app on a loopback port: blocking for the command line, in a thread for tests."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast

import httpx
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from insights_assets.simulator.app import create_app
from insights_assets.simulator.market_days import new_york_now
from insights_assets.simulator.options import SimulatorOptions

_HOST = "127.0.0.1"


class _OpenConnection(H11Protocol):
    """Hands the connection to the app, which must be able to hang up: ASGI has no word for it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
        # asyncio does this only for sockets that name their protocol; without it every small
        # answer on a kept-alive connection waits 40 ms for an acknowledgement.
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def serve(
    options: SimulatorOptions, port: int, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve until Ctrl-C or SIGTERM; `on_ready` gets the base URL once the port is taken."""
    server = _server(create_app(options))  # what it refuses, it refuses before a port is taken
    listener = _listen(port)
    # uvicorn stops gracefully at SIGTERM and then raises the signal again for whoever was there
    # before it: as Ctrl-C does, it should end here and not kill the process.
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if on_ready:
            on_ready(_base_url(listener))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, previous)
        listener.close()


class SimulatorServer:
    """A simulator in a thread of this process.

    ```
    with SimulatorServer(SimulatorOptions(faults=("IPO_CALENDAR=http500",))) as vendor:
        httpx.get(vendor.base_url, params={"function": "IPO_CALENDAR", "apikey": "any"})
        vendor.set_faults([])
    ```
    """

    def __init__(
        self,
        options: SimulatorOptions,
        port: int = 0,
        clock: Callable[[], datetime] = new_york_now,
    ) -> None:
        self._server = _server(create_app(options, clock))
        self._port = port
        self.base_url = ""

    def __enter__(self) -> Self:
        listener = _listen(self._port)
        self.base_url = _base_url(listener)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        self._client = httpx.Client(trust_env=False)  # no proxy stands before a loopback port
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()
        self._server.should_exit = True
        self._thread.join()

    @property
    def fred_url(self) -> str:
        """The base URL of FRED."""
        return fred_url(self.base_url)

    def stats(self) -> dict[str, Any]:
        """What was asked so far."""
        return cast("dict[str, Any]", self._control("GET", "/stats").json())

    def reset(self) -> None:
        """Forget what was asked."""
        self._control("POST", "/reset")

    def set_faults(self, faults: Sequence[str]) -> None:
        """Replace the faults; none lifts them all."""
        response = self._control("PUT", "/faults", list(faults))
        if response.is_error:
            raise ValueError(response.json()["error"])

    def _control(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self._client.request(method, self.base_url.replace("/query", path), json=body)


def fred_url(base_url: str) -> str:
    """The base URL of FRED beside that of Alpha Vantage."""
    return base_url.replace("/query", "/fred")


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((_HOST, port), backlog=256)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(f"The simulator cannot listen on {_HOST}:{port}: {reason}.") from error


def _base_url(listener: socket.socket) -> str:
    return f"http://{_HOST}:{listener.getsockname()[1]}/query"


def _server(app: Starlette) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_OpenConnection,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,  # URLs carry the key
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,  # a fault that hangs must not hold the process
        )
    )
