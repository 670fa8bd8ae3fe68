"""A store behind a proxy on loopback, so that it can be slow, refuse, or be gone at a moment.

The proxy takes requests one by one, as the drivers send them: it knows the frame of MongoDB's
messages and of Redis' commands no further than it takes to count them and to answer in their place.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from socketserver import BaseRequestHandler, ThreadingTCPServer
from struct import pack, unpack_from
from typing import Any, Self
from urllib.parse import urlsplit

import bson

HEADER_BYTES = 16
OP_MSG = 2013
# What a driver asks on its own account, at moments of its own.
HANDSHAKE = {"hello", "ismaster", "isMaster", "ping", "endSessions"}


class Gone(Exception):
    """The store is gone from now on, for everybody."""


class CutOff(Exception):
    """This connection is cut, and a new one is welcome."""


@dataclass
class Exchange:
    """One request of a client, and the way to the store and back."""

    request: bytes
    server: socket.socket
    client: socket.socket
    read_answer: Callable[[], bytes]

    def forward(self) -> bytes:
        """Pass the request on; return the answer."""
        self.server.sendall(self.request)
        return self.read_answer()

    def pass_on(self) -> None:
        self.client.sendall(self.forward())


Fault = Callable[[Exchange], None]


def before(exchange: Exchange) -> None:
    """Be gone before a byte of the request arrives."""
    raise Gone


def halfway(exchange: Exchange) -> None:
    """Be gone with half of the request."""
    exchange.server.sendall(exchange.request[: len(exchange.request) // 2])
    raise Gone


def after(exchange: Exchange) -> None:
    """Do what was asked and be gone before the answer."""
    exchange.forward()
    raise Gone


def answering(exchange: Exchange) -> None:
    """Be gone in the middle of the answer."""
    reply = exchange.forward()
    exchange.client.sendall(reply[: len(reply) // 2])
    raise Gone


def hiccup(exchange: Exchange) -> None:
    """Do what was asked, and cut this one connection instead of answering."""
    exchange.forward()
    raise CutOff


def late(seconds: float) -> Fault:
    """Answer, but late."""

    def fault(exchange: Exchange) -> None:
        reply = exchange.forward()
        time.sleep(seconds)
        exchange.client.sendall(reply)

    return fault


def refusing(reply: Mapping[str, Any]) -> Fault:
    """Answer as MongoDB does that will not."""

    def fault(exchange: Exchange) -> None:
        asked = unpack_from("<i", exchange.request, 4)[0]
        body = pack("<i", 0) + b"\0" + bson.encode(reply)
        exchange.client.sendall(pack("<iiii", HEADER_BYTES + len(body), 0, asked, OP_MSG) + body)

    return fault


def first_of_bulk(count: int) -> Fault:
    """Do the first `count` writes of a bulk, as a server that dies among them, and be gone."""

    def fault(exchange: Exchange) -> None:
        request = exchange.request
        bulk = HEADER_BYTES + 4 + 1 + unpack_from("<i", request, HEADER_BYTES + 5)[0]
        assert request[bulk] == 1, "a bulk follows its command in a section of its own"
        name_end = request.index(b"\0", bulk + 5) + 1
        end = name_end
        for _ in range(count):
            end += unpack_from("<i", request, end)[0]
        section = b"\1" + pack("<i", end - bulk - 1) + request[bulk + 5 : end]
        body = request[4:bulk] + section
        exchange.request = pack("<i", 4 + len(body)) + body
        exchange.forward()
        raise Gone

    return fault


class Proxy:
    """Stands before the store at `url`; `fault` says what happens to which request."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url).port
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self.seen: list[str] = []
        self.away = False
        self.fault: Callable[[int, str], Fault | None] = lambda _number, _name: None
        proxy = self

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError, EOFError):
                    proxy._serve(self.request)

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.request_queue_size = 128
        self.port = self._server.server_address[1]
        self.url = url.replace(f":{self._target}", f":{self.port}")

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def go(self) -> None:
        """Be gone: cut every connection, and let none be made."""
        self.away = True
        with self._lock:
            for socket_ in self._sockets:
                with suppress(OSError):
                    socket_.shutdown(socket.SHUT_RDWR)

    def come_back(self) -> None:
        """Be there again, without faults, and count anew."""
        self.fault = lambda _number, _name: None
        self.seen.clear()
        self.away = False

    def at(self, number: int, fault: Fault) -> None:
        """Let `fault` happen to one request: the first is number 0."""
        self.fault = lambda seen, _name: fault if seen == number else None

    def on(self, names: set[str], fault: Fault) -> None:
        """Let `fault` happen to each request of these names."""
        self.fault = lambda _number, name: fault if name in names else None

    def read_request(self, client: BufferedReader) -> bytes:
        """Return the next request, whole."""
        raise NotImplementedError

    def read_answer(self, server: BufferedReader) -> bytes:
        """Return the answer to one request, whole."""
        raise NotImplementedError

    def name_of(self, request: bytes) -> str | None:
        """Name the command of a request; None for one that does not count."""
        raise NotImplementedError

    def _serve(self, client: socket.socket) -> None:
        if self.away:
            return
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            with self._lock:
                self._sockets |= {client, server}
            try:
                with client.makefile("rb") as requests, server.makefile("rb") as replies:
                    read_answer = partial(self.read_answer, replies)
                    while not self.away:
                        request = self.read_request(requests)
                        self._exchange(Exchange(request, server, client, read_answer))
            except CutOff:
                pass
            except Gone:
                self.go()
            finally:
                with self._lock:
                    self._sockets -= {client, server}

    def _exchange(self, exchange: Exchange) -> None:
        name = self.name_of(exchange.request)
        fault = None
        if name:
            with self._lock:
                number = len(self.seen)
                self.seen.append(name)
            fault = self.fault(number, name)
        (fault or Exchange.pass_on)(exchange)


class MongoProxy(Proxy):
    """Knows MongoDB's messages, and lets everybody in who shows any password (PLAIN)."""

    def read_request(self, client: BufferedReader) -> bytes:
        """Return one message."""
        size = _exactly(client, 4)
        return size + _exactly(client, unpack_from("<i", size)[0] - 4)

    read_answer = read_request

    login: Mapping[str, Any] = {"ok": 1.0, "conversationId": 1, "done": True, "payload": b""}

    def name_of(self, request: bytes) -> str | None:
        """Name the command, unless it is a driver's own."""
        name = _command(request)
        return None if name in HANDSHAKE else name

    def _exchange(self, exchange: Exchange) -> None:
        if _command(exchange.request) == "saslStart":
            refusing(self.login)(exchange)
        else:
            super()._exchange(exchange)


def _command(request: bytes) -> str:
    """Return the first field of the document in the first section."""
    if unpack_from("<i", request, 12)[0] != OP_MSG:
        return "hello"
    return next(iter(bson.decode(request[HEADER_BYTES + 5 :][: unpack_from("<i", request, 21)[0]])))


class RedisProxy(Proxy):
    """Knows Redis' commands and answers, which have the same frame."""

    def read_request(self, client: BufferedReader) -> bytes:
        """Return one command, or one answer."""
        line = client.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        kind, count = line[:1], line[1:].strip()
        if kind in b"$=!" and count != b"-1":
            return line + _exactly(client, int(count) + 2)
        if kind in b"*~>%":
            parts = int(count) * (2 if kind == b"%" else 1)
            return line + b"".join(self.read_request(client) for _ in range(parts))
        return line

    read_answer = read_request

    def name_of(self, request: bytes) -> str | None:
        """Name the command: its first part; what a driver opens with is none."""
        name = request.split(b"\r\n", 3)[2].decode(errors="replace")
        return None if name in {"HELLO", "CLIENT", "SELECT", "AUTH"} else name


def _exactly(source: BufferedReader, count: int) -> bytes:
    received = source.read(count)
    if len(received) < count:
        raise EOFError
    return received
