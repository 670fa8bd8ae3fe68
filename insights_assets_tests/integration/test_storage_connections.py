"""Connections to MongoDB that fail, each for a reason of its own, on real sockets.

What is guarded here: "start it (insights stack)" for a server that runs, because a certificate, a
protocol or a replica set is the reason, and a file of an option that ends in a traceback.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from insights_assets.storage import connections
from insights_assets.storage.connections import open_history
from insights_assets.storage.errors import StoreRefused, StoreUnreachable
from insights_assets.storage.indexes import Retention
from insights_assets_tests.support.redis_servers import certificate
from insights_assets_tests.support.storage import CATEGORY, fresh_database, silent_server


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(connections, "MONGO_TIMEOUT_SECONDS", 0.5)


@contextmanager
def tls_server(folder) -> Iterator[int]:
    """A server that shakes hands by TLS and says no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, "server"))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with suppress(OSError), context.wrap_socket(client, server_side=True) as secure:
                    secure.recv(1)
                client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def refusal_of(uri: str) -> str:
    with (
        open_history(uri, fresh_database(), Retention()) as history,
        pytest.raises(StoreUnreachable) as away,
    ):
        history.newest_snapshot(CATEGORY)
    assert "\n" not in str(away.value)
    return str(away.value)


def test_tls_says_what_is_wrong_with_it(tmp_path):
    with tls_server(tmp_path) as port:
        unknown = refusal_of(f"mongodb://127.0.0.1:{port}/?tls=true")
        plain = refusal_of(f"mongodb://127.0.0.1:{port}")

    assert "signed by nobody who is trusted here): name the file of its certificate" in unknown
    assert "tlsCAFile in INSIGHTS_MONGO_URI" in unknown
    assert "(it closes the connection)" in plain
    assert "whether it expects TLS (tls=true in INSIGHTS_MONGO_URI)" in plain


def test_a_server_without_tls_is_named_as_one(stack):
    assert "(it does not speak TLS): leave out tls=true" in refusal_of(
        f"{stack.mongo_uri}/?tls=true"
    )


def test_a_name_that_the_dns_does_not_know_is_told_as_that():
    assert "(its name is not known to the DNS)" in refusal_of("mongodb://no-such-host.invalid")


def test_a_silent_server_is_not_said_to_be_stopped():
    with silent_server() as port:
        assert "(there is no answer in time): see whether" in refusal_of(
            f"mongodb://127.0.0.1:{port}"
        )


def test_another_replica_set_is_told_as_that(stack):
    sentence = refusal_of(f"{stack.mongo_uri}/?replicaSet=production")

    assert "correct replicaSet in INSIGHTS_MONGO_URI" in sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("tls=true&tlsCAFile=/no/such.pem", "No such file or directory: '/no/such.pem'"),
        ("tls=true&tlsCertificateKeyFile=/no/such.pem", "No such file or directory"),
        ("readPreferenceTags=a:b", "cannot be combined with tags"),
        ("connectTimeoutMS=soon", "connecttimeoutms must be"),
        ("authMechanism=GUESS", "authmechanism must be in"),
        ("tls=true&ssl=false", "conflicting values"),
        ("colour=blue", "Unknown option: colour"),
    ],
)
def test_an_option_that_cannot_be_used_is_told_in_one_sentence(options, sentence):
    with pytest.raises(StoreRefused) as refused:
        refusal_of(f"mongodb://me:hunter2@127.0.0.1/?{options}")

    assert str(refused.value).startswith("INSIGHTS_MONGO_URI cannot be used: ")
    assert sentence in str(refused.value)
    assert "hunter2" not in str(refused.value)
