"""From a driver's words to what was found and what helps.

What is guarded here: the advice to start a server that runs, or to check rights where a certificate
is the reason; and a server's own words that break a sentence.
"""

from types import SimpleNamespace

import pytest
from pymongo.errors import BulkWriteError, OperationFailure, ServerSelectionTimeoutError
from redis import exceptions

from insights_assets.storage.errors import StoreUnreachable
from insights_assets.storage.mongo_errors import (
    WORDING,
    code_and_text,
    mongo_errors,
    refused_because,
)
from insights_assets.storage.reasons import connection_reason
from insights_assets.storage.redis_errors import redis_reason


@pytest.mark.parametrize(
    ("text", "cause", "advice"),
    [
        ("db:27017: [Errno 111] Connection refused", "nothing listens there", "start it"),
        ("db: [Errno -2] Name or service not known", "not known to the DNS", "correct the host"),
        ("The DNS query name does not exist: _mongodb._tcp.db", "not known to the DNS", "host in"),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
            "signed by nobody who is trusted here",
            "with tlsCAFile in INSIGHTS_MONGO_URI",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch",
            "its TLS certificate is for another name",
            "use the name that the certificate has",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired",
            "has expired",
            "renew",
        ),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "does not speak TLS", "tls=true"),
        ("_ssl.c:989: The handshake operation timed out", "does not speak TLS", "tls=true"),
        ("[Errno 104] Connection reset by peer", "closes the connection", "whether it expects TLS"),
        ("tlsv13 alert certificate required", "wants a TLS certificate", "tlsCertificateKeyFile"),
        ("db:27017: timed out", "there is no answer in time", "the network lets us through"),
        ("client is configured to connect to a replica set named 'a'", "replica set", "replicaSet"),
        ("No replica set members match selector", "no primary can be found", "every member"),
        ("something new\nwith lines", "something new", "start it (insights stack)"),
    ],
)
def test_why_a_connection_fails_has_its_own_advice(text, cause, advice):
    reason = connection_reason(text, WORDING)

    assert cause in reason.cause
    assert advice in reason.advice
    assert "\n" not in reason.cause


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ([None, "db-1:27017: something new"], "db-1:27017: something new"),
        ([None, None], "nobody is there"),
    ],
    ids=["a server", "none"],
)
def test_what_a_server_says_goes_before_what_the_driver_makes_of_it(said, cause):
    error = ServerSelectionTimeoutError(
        "nobody is there, Topology Description: <TopologyDescription id: 1>"
    )
    servers = {(f"db-{at}", 27017): SimpleNamespace(error=text) for at, text in enumerate(said)}
    topology = SimpleNamespace(server_descriptions=lambda: servers)
    database = SimpleNamespace(client=SimpleNamespace(topology_description=topology))

    with pytest.raises(StoreUnreachable) as away, mongo_errors(database, "reading"):
        raise error

    assert f"does not answer while reading ({cause}):" in str(away.value)


@pytest.mark.parametrize(
    ("code", "text", "advice"),
    [
        (13, "not authorized on insights to execute command { insert }", "readWrite"),
        (18, "Authentication failed.", "user name, password and authSource"),
        (20, "Transaction numbers are only allowed on a replica set", "retryWrites=false"),
        (301, "This deployment does not support retryable writes", "retryWrites=false"),
        (64, "waiting for replication timed out", "its replica set"),
        (86, "An existing index has the same name", "insights migrate"),
        (8000, "you are over your space quota, using 513 MB of 512 MB", "more space"),
        (8000, "bad auth : authentication failed", "user name, password and authSource"),
        (8000, "user is not allowed to do action [insert] on [insights.x]", "readWrite"),
        (14031, "No space left on device", "more space"),
        (16500, "Request rate is large", "request units"),
        (238, "Command not supported", "docs/stores.md"),
        (9999, "something new", "docs/stores.md"),
    ],
)
def test_a_refusal_of_mongodb_has_the_advice_of_its_code(code, text, advice):
    refused = OperationFailure(text, code, {"errmsg": text, "code": code})
    bulk = BulkWriteError({"writeErrors": [{"index": 0, "code": code, "errmsg": text}]})

    for error in (refused, bulk):
        reason = refused_because(error)
        assert reason.cause == text.rstrip(".")
        assert advice in reason.advice


@pytest.mark.parametrize(
    ("error", "cause", "advice"),
    [
        (exceptions.ReadOnlyError("You can't write"), "replica and takes no writes", "its primary"),
        (exceptions.NoPermissionError("no permissions to run 'set'"), "lacks a right", "stores.md"),
        (exceptions.OutOfMemoryError("used memory"), "its memory is full", "maxmemory"),
        (exceptions.MovedError("3999 127.0.0.1:6381"), "node of a cluster", "single primary"),
        (exceptions.ClusterDownError("CLUSTERDOWN down"), "node of a cluster", "single primary"),
        (exceptions.AuthenticationError("invalid"), "does not accept the user name", "correct"),
        (exceptions.BusyLoadingError("loading"), "still loads its file", "try again"),
        (exceptions.ResponseError("MISCONF Redis is configured"), "cannot write its file", "disk"),
        (exceptions.ResponseError("DB index is out of range"), "no database of that", "number"),
        (exceptions.ResponseError("unknown command 'EVALSHA'"), "lacks a command", "stores.md"),
        (exceptions.ResponseError(""), "ResponseError", "stores.md"),
        (exceptions.ConnectionError("Error 111. Connection refused."), "nothing listens", "start"),
        (exceptions.TimeoutError("Timeout connecting to server"), "no answer in time", "network"),
        (
            exceptions.ConnectionError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"),
            "nobody who is trusted",
            "ssl_ca_certs in INSIGHTS_REDIS_URL",
        ),
    ],
)
def test_an_error_of_redis_has_its_own_cause_and_advice(error, cause, advice):
    reason = redis_reason(error)

    assert cause in reason.cause
    assert advice in reason.advice


def test_a_refusal_is_quoted_in_the_servers_words_where_it_has_any():
    quoted = OperationFailure("the driver's words", 13, {"errmsg": "not authorized"})

    assert code_and_text(quoted) == (13, "not authorized")
    assert code_and_text(OperationFailure("the driver's words", 13)) == (13, "the driver's words")
