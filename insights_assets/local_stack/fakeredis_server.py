"""The stand-in for redis-server: ``python -m insights_assets.local_stack.fakeredis_server PORT``.

fakeredis 2.40 closes a connection after every error reply, and a client may send its next command
before it notices. Redis keeps the connection, and clients count on it: NOSCRIPT is how EVALSHA
says that a script must be loaded first. So here an error is a reply like any other.
"""

import sys

from fakeredis import FakeRedisConnection, TcpFakeServer
from redis import ResponseError

_read_response = FakeRedisConnection.read_response


def _response_or_error(connection: FakeRedisConnection, **options: object) -> object:
    try:
        return _read_response(connection, **options)
    except ResponseError as error:
        return error


if __name__ == "__main__":
    FakeRedisConnection.read_response = _response_or_error  # type: ignore[assignment,method-assign]
    TcpFakeServer(("127.0.0.1", int(sys.argv[1]))).serve_forever()
