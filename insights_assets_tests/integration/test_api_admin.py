"""The admin routes: guards against a door that is open by default, or to the wrong key.

Each way to present a credential has its row: right, wrong, missing, expired, of another kind.
"""

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from unittest.mock import create_autospec
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError
from pydantic import SecretStr

from insights_assets.api.dagster_runs import (
    DagsterRefused,
    DagsterRuns,
    DagsterUnavailable,
    Run,
    _covers,
    assets_of,
)
from insights_assets.api.tokens import AdminTokens
from insights_assets.settings import SettingsError
from insights_assets_tests.support.api import (
    JWT_SECRET,
    SECRET,
    TODAY,
    RememberedRuns,
    client_on,
    days_ago,
    settings_on,
)
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.storage import closed_port

TRIGGER = "/api/admin/insights/trigger-snapshot"
RIGHT = {"X-Admin-Secret": SECRET}
RSA, OTHER_RSA = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
WEAK_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505
EC = ec.generate_private_key(ec.SECP256R1())
SOON = datetime.now(UTC) + timedelta(hours=1)
PAST = datetime.now(UTC) - timedelta(seconds=1)


def pem(private_key) -> str:
    return (
        private_key.public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def token(key=JWT_SECRET, algorithm="HS256", **claims) -> str:
    given = {"role": "admin", "exp": SOON, **claims}
    return jwt.encode({k: v for k, v in given.items() if v is not None}, key, algorithm)


def forged(header: dict, claims: dict, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def signed_with_text(text: str) -> str:
    """An HS256 token whose secret is the text of a public key: the classic confusion."""
    import hashlib
    import hmac

    head = forged({"alg": "HS256"}, {"role": "admin", "exp": SOON.timestamp()}).rstrip(".")
    return (
        head
        + "."
        + base64.urlsafe_b64encode(hmac.new(text.encode(), head.encode(), hashlib.sha256).digest())
        .rstrip(b"=")
        .decode()
    )


@pytest.fixture(scope="module")
def settings(stack):
    return settings_on(stack)


@pytest.fixture(scope="module")
def client(settings):
    with client_on(settings.model_copy(update={"admin_secret": SecretStr(SECRET)})) as opened:
        yield opened


def answer_to(settings, headers, **configured):
    update = {name: SecretStr(value) for name, value in configured.items()}
    with client_on(settings.model_copy(update=update)) as client:
        return client.post(TRIGGER, headers=headers)


def test_nothing_configured_is_closed_and_says_how_to_open_it(settings):
    for headers in ({}, RIGHT, {"Authorization": f"Bearer {token()}"}):
        response = answer_to(settings, headers)
        assert response.status_code == 503
        assert "INSIGHTS_ADMIN_SECRET" in response.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (RIGHT, 202),
        ({"x-admin-secret": SECRET}, 202),
        ({}, 401),
        ({"X-Admin-Secret": ""}, 401),
        ({"X-Admin-Secret": SECRET[:-1]}, 401),
        ({"X-Admin-Secret": SECRET + "x"}, 401),
        ({"X-Admin-Secret": SECRET.upper()}, 401),
        ({"X-Admin-Secret": "sécret".encode()}, 401),
        ({"Authorization": f"Bearer {SECRET}"}, 401),
        ({"Authorization": f"Bearer {token()}"}, 401),
    ],
)
def test_the_admin_secret(settings, headers, status):
    assert answer_to(settings, headers, admin_secret=SECRET).status_code == status


def test_a_secret_outside_ascii_works_as_its_utf_8(settings):
    headers = {"X-Admin-Secret": "schlüssel".encode()}
    assert answer_to(settings, headers, admin_secret="schlüssel").status_code == 202


HS256 = {"jwt_secret": JWT_SECRET}
RS256 = {"jwt_public_key": pem(RSA)}
ES256 = {"jwt_public_key": pem(EC)}
BOTH = {**HS256, **RS256}


@pytest.mark.parametrize(
    ("configured", "presented", "status"),
    [
        pytest.param(HS256, token(), 202, id="HS256"),
        pytest.param(RS256, token(RSA, "RS256"), 202, id="RS256"),
        pytest.param(ES256, token(EC, "ES256"), 202, id="ES256"),
        pytest.param(BOTH, token(), 202, id="HS256 of both"),
        pytest.param(BOTH, token(RSA, "RS256"), 202, id="RS256 of both"),
        pytest.param(HS256, token(role="reader"), 403, id="another role"),
        pytest.param(HS256, token(role=None), 403, id="no role"),
        pytest.param(HS256, token(role=["admin"]), 403, id="a list of roles"),
        pytest.param(HS256, token(exp=PAST), 401, id="expired"),
        pytest.param(HS256, token(exp=None), 401, id="no exp"),
        pytest.param(HS256, token(nbf=SOON), 401, id="not yet valid"),
        pytest.param(HS256, token(JWT_SECRET + "x"), 401, id="another secret"),
        pytest.param(HS256, token(JWT_SECRET * 2, "HS512"), 401, id="another HMAC"),
        pytest.param(HS256, token(RSA, "RS256"), 401, id="RS256 where HS256 is meant"),
        pytest.param(RS256, token(OTHER_RSA, "RS256"), 401, id="another key"),
        pytest.param(RS256, token(RSA, "PS256"), 401, id="PS256 with the right key"),
        pytest.param(RS256, signed_with_text(pem(RSA)), 401, id="the public key as a secret"),
        pytest.param(BOTH, signed_with_text(pem(RSA)), 401, id="the same where both are meant"),
        pytest.param(ES256, token(RSA, "RS256"), 401, id="RS256 where ES256 is meant"),
        pytest.param(
            HS256, forged({"alg": "none"}, {"role": "admin", "exp": 9e9}), 401, id="algorithm none"
        ),
        pytest.param(
            RS256, forged({"alg": "None"}, {"role": "admin", "exp": 9e9}), 401, id="algorithm None"
        ),
        pytest.param(HS256, token()[:-2], 401, id="a torn signature"),
        pytest.param(HS256, token().rpartition(".")[0] + ".", 401, id="no signature"),
        pytest.param(HS256, "not.a.token", 401, id="no token at all"),
    ],
)
def test_tokens(settings, configured, presented, status):
    headers = {"Authorization": f"Bearer {presented}"}

    response = answer_to(settings, headers, **configured)

    assert response.status_code == status, response.text
    assert presented not in response.text


def test_the_answer_says_what_is_wrong_with_a_token(settings):
    def refusal_of(presented):
        headers = {"Authorization": f"Bearer {presented}"}
        return answer_to(settings, headers, **HS256).json()["detail"]

    assert refusal_of(token(exp=PAST)) == "The token has expired."
    assert refusal_of(token(exp=None)) == "The token has no exp: one that never ends is refused."
    assert refusal_of(token(RSA, "RS256")) == "The token is not valid: its algorithm must be HS256."
    assert (
        refusal_of(token(role="reader")) == "The token is right, but its claim role is not admin."
    )


@pytest.mark.parametrize(
    ("secret", "public_key", "sentence"),
    [
        ("short", "", "INSIGHTS_JWT_SECRET: HS256 needs 32 bytes or more"),
        ("", "not PEM", "INSIGHTS_JWT_PUBLIC_KEY: it should be a public key in PEM"),
        ("", pem(WEAK_RSA), "RSA with 2048 bits or more"),
        ("", pem(ec.generate_private_key(ec.SECP384R1())), "on the curve P-256"),
    ],
    ids=["short secret", "not PEM", "weak RSA", "another curve"],
)
def test_a_key_that_protects_nothing_is_refused_at_the_start(secret, public_key, sentence):
    with pytest.raises(SettingsError, match=sentence):
        AdminTokens(secret, public_key)


def test_a_public_key_may_come_on_one_line(settings):
    headers = {"Authorization": f"Bearer {token(RSA, 'RS256')}"}
    one_line = pem(RSA).replace("\n", "\\n")
    assert answer_to(settings, headers, jwt_public_key=one_line).status_code == 202


def test_whoever_fails_too_often_has_to_wait_even_with_the_right_secret(settings):
    guarded = settings.model_copy(update={"admin_secret": SecretStr(SECRET)})
    with client_on(guarded, failures_per_minute=3) as client:
        statuses = [
            client.post(TRIGGER, headers={"X-Admin-Secret": str(n)}).status_code for n in range(3)
        ]
        refused = client.post(TRIGGER, headers=RIGHT)

    assert statuses == [401, 401, 401]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "60"


def test_success_is_never_limited(settings):
    guarded = settings.model_copy(update={"admin_secret": SecretStr(SECRET)})
    with client_on(guarded, failures_per_minute=3) as client:
        assert {client.post(TRIGGER, headers=RIGHT).status_code for _ in range(10)} == {202}


def test_asking_without_a_credential_is_no_failure(settings):
    guarded = settings.model_copy(
        update={"admin_secret": SecretStr(SECRET), "read_token": SecretStr("r3ad")}
    )
    with client_on(guarded, failures_per_minute=1) as client:
        asked = [client.post(TRIGGER).status_code, client.get("/api/insights/categories")]
        assert asked[0] == asked[1].status_code == 401
        assert client.post(TRIGGER, headers=RIGHT).status_code == 202


def test_no_secret_is_logged(settings, caplog):
    caplog.set_level(logging.DEBUG)
    presented = token(exp=PAST)
    answer_to(settings, RIGHT | {"Authorization": f"Bearer {presented}"}, admin_secret=SECRET)
    answer_to(settings, {"Authorization": f"Bearer {presented}"}, **HS256)

    for secret in (SECRET, JWT_SECRET, presented):
        assert secret not in caplog.text


def test_a_trigger_names_its_run_and_where_to_see_it(client):
    response = client.post(TRIGGER, headers=RIGHT)

    view = response.json()
    assert response.status_code == 202
    assert set(view) == {"status", "run_id", "message"}
    assert view["status"] == "started"
    assert str(TODAY) in view["message"]
    assert response.headers["location"] == f"/api/admin/insights/runs/{view['run_id']}"
    run = client.get(response.headers["location"], headers=RIGHT).json()
    assert run == {
        "run_id": view["run_id"],
        "status": "queued",
        "date": str(TODAY),
        "started_at": None,
        "ended_at": None,
    }


@pytest.mark.parametrize("body", [None, {}, {"date": None, "category_id": None}])
def test_today_in_new_york_is_meant_unless_a_date_is_said(settings, body):
    runs = RememberedRuns()
    with client_on(settings.model_copy(update={"admin_secret": SecretStr(SECRET)}), runs) as client:
        client.post(TRIGGER, headers=RIGHT, json=body)

    assert runs.triggered == [(TODAY, None)], "the code location knows which categories run"


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"date": str(days_ago(-1))}, 422, "is after today"),
        ({"date": "9999-12-31"}, 422, "is after today"),
        ({"date": "2020-12-31"}, 422, "is before the first partition, 2021-01-04"),
        ({"date": "2025-02-30"}, 422, "is not a date: write it as YYYY-MM-DD"),
        ({"date": "20250109"}, 422, "is not a date"),
        ({"date": 20250109}, 422, "date: Input should be a valid string"),
        ({"date": "2025-01-09T00:00:00Z"}, 422, "is not a date"),
        ({"day": "2025-01-09"}, 422, "day: Extra inputs are not permitted"),
        ({"category_id": "weather"}, 404, "the categories are synthetic"),
        ({"category_id": ["synthetic"]}, 422, "category_id: Input should be a valid string"),
        ([], 422, "Input should be"),
        ("2025-01-09", 422, "Input should be"),
    ],
)
def test_what_cannot_be_triggered_is_refused(client, body, status, sentence):
    response = client.post(TRIGGER, headers=RIGHT, json=body)

    assert response.status_code == status
    assert sentence in response.json()["detail"]


def test_a_run_that_nobody_knows(client):
    unknown = client.get(f"/api/admin/insights/runs/{uuid4()}", headers=RIGHT)
    no_id = client.get("/api/admin/insights/runs/latest", headers=RIGHT)

    assert unknown.status_code == 404
    assert unknown.json()["detail"].startswith("Dagster knows no run")
    assert no_id.status_code == 422


def test_runs_are_closed_like_the_trigger(client):
    assert client.get(f"/api/admin/insights/runs/{uuid4()}").status_code == 401


def test_while_dagster_is_away_a_sentence_says_so(settings):
    guarded = settings.model_copy(update={"admin_secret": SecretStr(SECRET)})
    runs = DagsterRuns(f"http://user:hunter2@127.0.0.1:{closed_port()}")
    with client_on(guarded, runs) as client:
        triggered = client.post(TRIGGER, headers=RIGHT)
        asked = client.get(f"/api/admin/insights/runs/{uuid4()}", headers=RIGHT)
    with pytest.raises(DagsterUnavailable):
        runs._submit(TODAY, {("a", "b")})

    assert triggered.status_code == asked.status_code == 503
    assert "INSIGHTS_DAGSTER_URL" in triggered.json()["detail"]
    assert "hunter2" not in triggered.text


@pytest.mark.parametrize(
    "error",
    [
        KeyError("message"),  # the client's, where Dagster answers InvalidSubsetError
        DagsterGraphQLClientError("JobNotFoundError", "No jobs with the name ... exist"),
    ],
)
def test_a_dagster_that_cannot_load_its_code_is_told_in_a_sentence(error, monkeypatch):
    client = create_autospec(DagsterGraphQLClient)
    client.return_value.submit_job_execution.side_effect = error
    monkeypatch.setattr("insights_assets.api.dagster_runs.DagsterGraphQLClient", client)

    with pytest.raises(DagsterRefused, match="whether the code location is up"):
        DagsterRuns("http://127.0.0.1")._submit(TODAY, {("a", "b")})


def run_of(job="daily_snapshot", assets=None):
    selection = None if assets is None else [{"path": list(path)} for path in assets]
    return {"jobName": job, "assetSelection": selection}


def test_only_a_run_that_makes_everything_wanted_stands_for_a_trigger():
    wanted = {tuple(key.path) for key in assets_of(SYNTHETIC)}

    assert len(wanted) == 14
    assert _covers(run_of(), wanted)
    assert _covers(run_of("__ASSET_JOB", wanted), wanted)
    assert _covers(run_of(assets=[*wanted, ("macro_environment", "snapshot")]), wanted)
    assert not _covers(run_of(assets=sorted(wanted)[:-1]), wanted)
    assert not _covers(run_of("another_job"), wanted)


def test_the_state_of_a_run_is_told(settings):
    runs = RememberedRuns()
    ended = datetime(2025, 1, 9, 14, 31, tzinfo=UTC)
    run = Run(str(uuid4()), "failed", "2025-01-09", ended - timedelta(seconds=9), ended)
    runs.known[run.id] = run
    guarded = settings.model_copy(update={"admin_secret": SecretStr(SECRET)})
    with client_on(guarded, runs) as client:
        view = client.get(f"/api/admin/insights/runs/{run.id}", headers=RIGHT).json()

    assert view["status"] == "failed"
    assert view["started_at"] == "2025-01-09T14:30:51Z"
    assert view["ended_at"] == "2025-01-09T14:31:00Z"
