"""Attackers who guess secrets or forge tokens.

What these tests guard against: a limit that a forged header or another address walks around, and a
token that is believed for what it says of itself.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from insights_assets.api import access, http_server, lockout
from insights_assets.api.app import create_app
from insights_assets.api.lockout import Lockout
from insights_assets.api.tokens import AdminTokens, TokenRefused
from insights_assets.mcp_server.serving import http_app
from insights_assets.serving.service import open_insights
from insights_assets_tests.support.api import (
    JWT_SECRET,
    READ_TOKEN,
    SECRET,
    RememberedRuns,
    client_on,
    settings_on,
)
from insights_assets_tests.support.category import TWO_CATEGORIES
from insights_assets_tests.support.storage import closed_port

AREA = "Security"
TRIGGER = "/api/admin/insights/trigger-snapshot"
PER_MINUTE = 10


@contextmanager
def served(app, monkeypatch) -> Iterator[str]:
    """Serve an application on a port with the settings of `insights api`."""
    chosen = {}
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: chosen.update(options))
    monkeypatch.setattr(http_server.signal, "signal", lambda *_: None)
    port = closed_port()
    http_server.run(app, "127.0.0.1", port)
    running = uvicorn.Server(uvicorn.Config(app, **chosen))
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        while not running.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        thread.join()


@contextmanager
def guarded(stack, monkeypatch) -> Iterator[str]:
    configured = settings_on(stack, admin_secret=SecretStr(SECRET))
    with open_insights(configured, TWO_CATEGORIES) as insights:
        app = create_app(configured, insights, RememberedRuns())
        with served(app, monkeypatch) as address:
            yield address + TRIGGER


def visitor(address: str = "127.0.0.1") -> httpx.Client:
    """A client that comes from an address of the loopback network."""
    return httpx.Client(transport=httpx.HTTPTransport(local_address=address))


def test_a_forged_address_does_not_buy_another_guess(stack, monkeypatch, how_often, tried):
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    guesses = how_often(60, 5_000)
    with guarded(stack, monkeypatch) as url, visitor() as attacker, visitor("127.0.0.2") as admin:
        statuses = [
            attacker.post(
                url,
                headers={
                    "X-Admin-Secret": f"guess {n}",
                    "X-Forwarded-For": f"198.51.{n // 250}.{n % 250}",
                    "X-Real-IP": f"198.51.{n // 250}.{n % 250}",
                    "Forwarded": f"for=198.51.100.{n % 250}",
                },
            ).status_code
            for n in range(guesses)
        ]
        right = {"X-Admin-Secret": SECRET}
        locked_out = attacker.post(url, headers=right).status_code
        elsewhere = admin.post(url, headers=right).status_code

    assert statuses == [401] * PER_MINUTE + [429] * (guesses - PER_MINUTE)
    assert (locked_out, elsewhere) == (429, 202)
    tried(
        AREA,
        "The admin secret is guessed from one address under forged X-Forwarded-For",
        "ten guesses a minute; the right secret still works from elsewhere",
        times=guesses,
    )


def test_over_mcp_nothing_but_the_right_token_reads_and_guesses_are_limited(
    stack, monkeypatch, how_often, tried
):
    guesses = how_often(60, 5_000)
    wrong = [
        f"Bearer {READ_TOKEN}x",
        f"Bearer {READ_TOKEN[:-1]}",
        f"Bearer {READ_TOKEN.upper()}",
        f"Basic {READ_TOKEN}",
        f"Bearer Bearer {READ_TOKEN}",
    ]
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    with (
        open_insights(settings_on(stack), TWO_CATEGORIES) as insights,
        served(http_app(insights, READ_TOKEN, "127.0.0.1"), monkeypatch) as address,
        visitor() as attacker,
        visitor("127.0.0.2") as reader,
    ):
        answers = [
            attacker.post(
                f"{address}/mcp?token={READ_TOKEN}",
                json=ask,
                headers={
                    **accept,
                    "Authorization": wrong[n % len(wrong)],
                    "X-Forwarded-For": f"198.51.{n // 250}.{n % 250}",
                },
            )
            for n in range(guesses)
        ]
        right = {**accept, "Authorization": f"Bearer {READ_TOKEN}"}
        read = reader.post(f"{address}/mcp", json=ask, headers=right)

    statuses = [answer.status_code for answer in answers]
    assert statuses == [401] * PER_MINUTE + [429] * (guesses - PER_MINUTE)
    assert not any("tools" in answer.text for answer in answers)
    assert read.json()["result"]["tools"]
    tried(
        AREA,
        "The read token is guessed over MCP, in other spellings, schemes and places",
        "no answer but 401, ten a minute; the right token still works from elsewhere",
        times=guesses,
    )


def test_behind_a_proxy_the_address_that_the_proxy_saw_counts(stack, monkeypatch, tried):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    with guarded(stack, monkeypatch) as url, visitor() as proxy:

        def status(secret: str, forwarded: str) -> int:
            headers = {"X-Admin-Secret": secret, "X-Forwarded-For": forwarded}
            return proxy.post(url, headers=headers).status_code

        guessed = [status(f"guess {n}", f"10.0.0.{n}, 203.0.113.7") for n in range(PER_MINUTE + 5)]
        elsewhere = status(SECRET, "203.0.113.8")

    assert guessed == [401] * PER_MINUTE + [429] * 5
    assert elsewhere == 202
    tried(
        AREA,
        "The same behind a trusted proxy, which adds the real address",
        "ten guesses a minute; the right secret still works from elsewhere",
        times=len(guessed),
    )


def test_guesses_from_many_addresses_are_limited_and_forgotten(how_often, tried):
    clock = [0.0]
    limit = Lockout(PER_MINUTE, lambda: clock[0])
    addresses = how_often(20_000, 1_000_000)
    for n in range(addresses):
        limit.count(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(limit._failures) <= lockout.MOST_REMEMBERED

    for n in range(PER_MINUTE):  # one customer of an IPv6 provider has 2^64 addresses
        limit.check(f"2001:db8::{n:x}")
        limit.count(f"2001:db8::{n:x}")
    with pytest.raises(lockout.HTTPException):
        limit.check("2001:db8::ffff:ffff")
    limit.check("2001:db8:0:1::1")
    limit.check("::ffff:203.0.113.7")
    clock[0] += lockout.WINDOW_SECONDS
    limit.check("2001:db8::1")
    tried(
        AREA,
        "Wrong credentials from very many addresses",
        "the newest ten thousand are remembered, an IPv6 network as one",
        times=addresses,
    )


def test_what_is_presented_is_compared_in_constant_time(stack, monkeypatch):
    compared = []

    def constant_time(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(access, "compare_digest", constant_time)
    configured = settings_on(
        stack, admin_secret=SecretStr(SECRET), read_token=SecretStr("a-read-token")
    )
    with client_on(configured) as client:
        for presented in (SECRET, SECRET[:-1], "x"):
            client.post(TRIGGER, headers={"X-Admin-Secret": presented})
            client.get("/metrics", headers={"Authorization": f"Bearer {presented}"})

    assert len(compared) == 6


# Tokens

RSA = rsa.generate_private_key(65537, 2048)
ATTACKER = rsa.generate_private_key(65537, 2048)
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
ATTACKERS_PEM = (
    ATTACKER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
)
CLAIMS = {"role": "admin", "exp": 9_999_999_999}


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


ALGORITHMS = st.sampled_from(
    [
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "PS256",
        "ES256",
        "EdDSA",
        "none",
        "None",
        "nOnE",
        "",
        None,
    ]
)
TRICKS = st.fixed_dictionaries(
    {"alg": ALGORITHMS},
    optional={
        "typ": st.sampled_from(["JWT", "at+jwt", "JWE", None]),
        "kid": st.sampled_from(
            ["../../../../dev/null", "' UNION SELECT ''--", "0", "/proc/self/environ", PEM]
        ),
        "jku": st.just("http://127.0.0.1:1/jwks.json"),
        "x5u": st.just("http://127.0.0.1:1/cert.pem"),
        "jwk": st.just({"kty": "oct", "k": encoded(b"attacker")}),
        "x5c": st.just([ATTACKERS_PEM]),
        "crit": st.sampled_from([["exp"], ["b64"], []]),
        "b64": st.booleans(),
        "zip": st.just("DEF"),
        "cty": st.just("JWT"),
    },
)
KEYS = st.sampled_from(
    [b"", b"\0", b"null", b"secret", b"attacker", PEM.encode(), PEM.strip().encode(), b"x" * 64]
)


def hmac_of(signed: str, key: bytes) -> bytes:
    return hmac.new(key, signed.encode(), hashlib.sha256).digest()


def rsa_of(signed: str, _key: bytes) -> bytes:
    return jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(
        signed.encode(), ATTACKER
    )


def test_no_forged_token_is_believed(tried):
    tokens = AdminTokens(JWT_SECRET, PEM)
    many = min(settings().max_examples, 5_000)

    @settings(deadline=None, max_examples=many)
    @given(
        header=TRICKS,
        key=KEYS,
        sign=st.sampled_from([hmac_of, rsa_of, lambda *_: b"", lambda *_: b"\0" * 32]),
        claims=st.just(CLAIMS) | st.fixed_dictionaries({"role": st.just("admin")}),
    )
    def refused(header, key, sign, claims):
        signed = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
        with pytest.raises(TokenRefused) as raised:
            tokens.role(f"{signed}.{encoded(sign(signed, key))}")
        assert str(raised.value).startswith(("The token is not valid", "The token has no exp"))

    refused()
    tried(
        AREA,
        "Forged tokens: no algorithm, another one, the public key as a secret, kid, jku, jwk, crit",
        "each is refused with a sentence",
        times=many,
    )


def test_a_right_token_with_one_letter_changed_is_refused(how_often, tried):
    tokens = AdminTokens(JWT_SECRET, "")
    right = jwt.encode(CLAIMS, JWT_SECRET, "HS256")
    assert tokens.role(right) == "admin"
    letters = "AZaz09-_.=%\n"
    places = range(0, len(right) - 1, how_often(5, 1))  # the last letter carries two spare bits
    for place in places:
        for letter in letters.replace(right[place], ""):
            with pytest.raises(TokenRefused):
                tokens.role(right[:place] + letter + right[place + 1 :])
    past = datetime.now(UTC) - timedelta(seconds=1)
    for claims in ({"exp": past}, {"nbf": 9e9, "exp": 9e9}, {"exp": "soon"}, {"exp": -1e300}):
        with pytest.raises(TokenRefused):
            tokens.role(jwt.encode({"role": "admin", **claims}, JWT_SECRET, "HS256"))
    tried(
        AREA,
        "One letter of a right token is changed",
        "it is refused",
        times=len(places) * (len(letters) - 1),
    )
