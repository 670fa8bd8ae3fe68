"""Hostile inputs: none gets a server error, a redirect, a file, a long echo, or a way in."""

import base64
import json

import pytest
from pydantic import SecretStr

from insights_assets_tests.support.api import (
    CATEGORY,
    JWT_SECRET,
    SECRET,
    TODAY,
    RememberedRuns,
    client_on,
    settings_on,
    snapshot_of,
    store,
)

API = f"/api/insights/{CATEGORY}"
TRIGGER = "/api/admin/insights/trigger-snapshot"
RIGHT = {"X-Admin-Secret": SECRET}
JSON = RIGHT | {"Content-Type": "application/json"}
LONG = "x" * 30_000
DEEP = "[" * 5_000


def unsigned(header: str) -> str:
    return base64.urlsafe_b64encode(header.encode()).rstrip(b"=").decode() + ".e30.AAAA"


def bearer(token: str | bytes) -> dict[str, str | bytes]:
    return {"Authorization": b"Bearer " + (token if isinstance(token, bytes) else token.encode())}


HOSTILE = [
    # Paths: out of the folder, out of the routes, into the file system or a template.
    ("GET", "/static/../settings.py", {}, None, {404}),
    ("GET", "/static/..%2f..%2fsettings.py", {}, None, {404}),
    ("GET", "/static/%2e%2e/%2e%2e/settings.py", {}, None, {404}),
    ("GET", "/static/....//....//settings.py", {}, None, {404}),
    ("GET", "/static/%2fetc%2fpasswd", {}, None, {404}),
    ("GET", "/static/%00index.html", {}, None, {404}),
    ("GET", "/static/" + "a" * 5000, {}, None, {404}),
    ("GET", "/static/", {}, None, {404}),
    ("GET", "//evil.example/%2e%2e", {}, None, {404}),
    ("GET", f"{API}/", {}, None, {404}),
    ("GET", "/api/insights/..%2f..%2fetc%2fpasswd", {}, None, {404}),
    ("GET", "/api/insights/%00", {}, None, {404}),
    ("GET", "/api/insights/%ff%fe", {}, None, {404}),
    ("GET", "/api/insights/%F0%9F%92%A5", {}, None, {404}),
    ("GET", "/api/insights/%0d%0aSet-Cookie:%20a=b", {}, None, {404}),
    ("GET", "/api/insights/<script>alert(1)</script>", {}, None, {404}),
    ("GET", "/api/insights/' OR 1=1 --", {}, None, {404}),
    ("GET", '/api/insights/{"$gt": ""}', {}, None, {404}),
    ("GET", "/api/insights/insights:*:latest", {}, None, {404}),
    ("GET", "/api/insights/{{7*7}}", {}, None, {404}),
    ("GET", f"/api/insights/{LONG}", {}, None, {404}),
    ("GET", f"{API}/__class__", {}, None, {404}),
    ("GET", f"{API}/{LONG}", {}, None, {404}),
    ("GET", "/api/insights/AI_SECTOR_RISK", {}, None, {404}),
    # Parameters.
    ("GET", f"{API}/trend?days=99999999999999999999999", {}, None, {422}),
    ("GET", f"{API}/trend?days=-0", {}, None, {422}),
    ("GET", f"{API}/trend?days={'9' * 5000}", {}, None, {422}),
    ("GET", f"{API}/trend?days=1&days=0", {}, None, {422}),
    ("GET", f"{API}/trend?days[$gt]=1", {}, None, {422}),
    ("GET", f"{API}/trend?days=%00", {}, None, {422}),
    ("GET", f"{API}/trend?days=٣", {}, None, {200, 422}),
    ("GET", f"{API}/trend?days=0x10", {}, None, {422}),
    ("GET", f"{API}/trend?days=Infinity", {}, None, {422}),
    # Parameters that an address does not have, and days that are none: never another day's answer.
    ("GET", f"{API}?Date=2025-01-09", {}, None, {422}),
    ("GET", f"{API}?date[]=2025-01-09", {}, None, {422}),
    ("GET", f"{API}?date=2025-01-09&date=2025-01-10", {}, None, {422}),
    ("GET", f"{API}?date=2025-01-09%00", {}, None, {422}),
    ("GET", f"{API}?date=2025-01-09T00:00:00Z", {}, None, {422}),
    ("GET", f"{API}?date=%F0%9D%9F%9A025-01-09", {}, None, {422}),
    ("GET", f"{API}?date=0000-00-00", {}, None, {422}),
    ("GET", f"{API}?date=99999-01-01", {}, None, {422}),
    ("GET", f"{API}?date=-2025-01-09", {}, None, {422}),
    ("GET", f"{API}?date=2025-W02-4", {}, None, {422}),
    ("GET", f"{API}?date=0001-01-01", {}, None, {404}),
    ("GET", f"{API}?date=9999-12-31", {}, None, {404}),
    ("GET", f"{API}?date={LONG}", {}, None, {422}),
    ("GET", f"{API}?{LONG}=1", {}, None, {422}),
    ("GET", f"{API}?%ff%fe=1", {}, None, {422}),
    ("GET", f"{API}?=1", {}, None, {422}),
    ("GET", f"{API}?__proto__[x]=1", {}, None, {422}),
    ("GET", f"{API}?access_token={SECRET}x", {}, None, {422}),
    ("GET", f"{API}?callback=alert(1)", {}, None, {422}),
    ("GET", f"{API}?%0d%0aSet-Cookie:%20a=b", {}, None, {422}),
    ("GET", f"{API}?{'&'.join('a' + str(n) for n in range(500))}", {}, None, {422}),
    ("GET", f"{API}/slope?date=today", {}, None, {422}),
    ("GET", f"{API}/composite?date={{{{7*7}}}}", {}, None, {422}),
    ("GET", "/api/insights?date=now", {}, None, {422}),
    ("GET", "/api/insights?category_id=synthetic", {}, None, {422}),
    ("GET", "/api/insights/categories?page=1", {}, None, {422}),
    ("GET", "/api/insights/trend?from=2025-01-01", {}, None, {422}),
    ("POST", f"{TRIGGER}?date=2025-01-09", RIGHT, None, {422}),
    ("POST", f"{TRIGGER}?category_id=synthetic", JSON, b"{}", {422}),
    # A span of days.
    ("GET", f"{API}/trend?from=2025-01-02&to=2025-01-01", {}, None, {422}),
    ("GET", f"{API}/trend?from=0001-01-01&to=9999-12-31", {}, None, {422}),
    ("GET", f"{API}/trend?to=0001-01-01&days=3650", {}, None, {200}),
    ("GET", f"{API}/trend?to=0001-01-01&days=1&format=csv", {}, None, {200}),
    ("GET", f"{API}/trend?from=9999-12-31&to=9999-12-31", {}, None, {200}),
    ("GET", f"{API}/trend?from=2025-01-01&days=7", {}, None, {422}),
    ("GET", f"{API}/trend?from=' OR 1=1 --", {}, None, {422}),
    ("GET", f"{API}/trend?from[$gte]=2025-01-01", {}, None, {422}),
    ("GET", f"{API}/trend?to=2025-01-01&to=2025-01-02", {}, None, {422}),
    ("GET", f"{API}/trend?format=xml", {}, None, {422}),
    ("GET", f"{API}/trend?format=CSV", {}, None, {422}),
    ("GET", f"{API}/trend?format=csv%00.exe", {}, None, {422}),
    ("GET", f"{API}/trend?format=../../etc/passwd", {}, None, {422}),
    ("GET", f"{API}/trend?days=+7", {}, None, {200, 422}),
    ("GET", f"{API}/trend?days=7e0", {}, None, {422}),
    ("GET", f"{API}/trend?days=7;format=csv", {}, None, {422}),
    # The feed and the page of the API.
    ("GET", "/feed.xml?category=<![CDATA[", {}, None, {422}),
    ("GET", "/feed.xml", {"Host": 'evil.example"><script>'}, None, {200, 400}),
    ("POST", "/feed.xml", {"Content-Type": "text/xml"}, b"<!DOCTYPE a [<!ENTITY b 'c'>]>", {405}),
    ("POST", "/docs", {}, b"x", {405}),
    ("GET", "/docs/../openapi.json/..%2f", {}, None, {404}),
    ("GET", "/openapi.json%00", {}, None, {404}),
    # Methods and headers.
    ("PUT", API, {}, None, {405}),
    ("DELETE", API, {}, None, {405}),
    ("TRACE", API, {}, None, {405}),
    ("INVENTED", API, {}, None, {405}),
    ("GET", TRIGGER, RIGHT, None, {405}),
    ("GET", API, {"If-None-Match": LONG}, None, {200}),
    ("GET", API, {"If-None-Match": '*, W/"', "Host": "evil.example"}, None, {304}),
    ("GET", API, {"Accept-Encoding": "gzip;q=NaN, *;q=0"}, None, {200}),
    ("GET", API, {"Range": "bytes=9999999999-"}, None, {200}),
    ("GET", API, {"X-Forwarded-Host": "evil.example", "X-Original-URL": "/metrics"}, None, {200}),
    # Credentials.
    ("POST", TRIGGER, {"X-Admin-Secret": b"\xff\xfe"}, None, {401}),
    ("POST", TRIGGER, {"X-Admin-Secret": LONG}, None, {401}),
    ("POST", TRIGGER, {"Authorization": "Bearer"}, None, {401}),
    ("POST", TRIGGER, {"Authorization": "Basic YWRtaW46YWRtaW4="}, None, {401}),
    ("POST", TRIGGER, bearer(b"\xff.\xff.\xff"), None, {401}),
    ("POST", TRIGGER, bearer("..."), None, {401}),
    ("POST", TRIGGER, bearer("." * 10_000), None, {401}),
    ("POST", TRIGGER, bearer(unsigned(DEEP)), None, {401}),
    ("POST", TRIGGER, bearer(unsigned('{"alg": ["HS256"]}')), None, {401}),
    ("POST", TRIGGER, bearer(unsigned('{"alg": "HS256", "crit": ["exp"]}')), None, {401}),
    ("POST", TRIGGER, bearer(unsigned('{"alg": "HS256", "b64": false}')), None, {401}),
    ("POST", TRIGGER, bearer(unsigned('{"alg": "HS256", "kid": "../../dev/null"}')), None, {401}),
    ("POST", TRIGGER, bearer(unsigned('{"alg": "RS256", "jku": "http://evil"}')), None, {401}),
    ("POST", f"{TRIGGER}?x-admin-secret={SECRET}", {}, None, {401}),
    ("POST", TRIGGER, {"Cookie": f"X-Admin-Secret={SECRET}"}, None, {401}),
    # Bodies.
    ("POST", TRIGGER, JSON, b"{", {422}),
    ("POST", TRIGGER, JSON, b"\xff\xfe\x00", {422}),
    ("POST", TRIGGER, JSON, DEEP.encode(), {422}),
    ("POST", TRIGGER, JSON, b'{"date": ' + b"9" * 5000 + b"}", {422}),
    ("POST", TRIGGER, JSON, b'{"date": NaN}', {422}),
    ("POST", TRIGGER, JSON, b'{"date": "\\ud800"}', {422}),
    ("POST", TRIGGER, JSON, b'{"category_id": "\\ud800"}', {422}),
    ("POST", TRIGGER, JSON, b'{"category_id": "\\u0000\\u202e"}', {404}),
    ("POST", TRIGGER, JSON, b'{"\\ud800": 1}', {422}),
    ("POST", TRIGGER, JSON, b'{"date": {"$ne": null}}', {422}),
    ("POST", TRIGGER, JSON, b'{"date": "2025-01-09; rm -rf /"}', {422}),
    ("POST", TRIGGER, JSON, b'{"date": "' + "\uff12025-01-09".encode() + b'"}', {422}),
    ("POST", TRIGGER, JSON, b'{"date": "2021-01-04", "date": "9999-01-01"}', {422}),
    ("POST", TRIGGER, JSON, b'{"__proto__": {"role": "admin"}}', {422}),
    ("POST", TRIGGER, JSON, b'{"date": "' + b"0" * 20_000 + b'"}', {413}),
    ("POST", TRIGGER, JSON | {"Content-Length": "-1"}, b"", {202, 400, 422}),
    ("POST", TRIGGER, RIGHT | {"Content-Type": "text/plain"}, b'{"date": "x"}', {422}),
    ("POST", TRIGGER, RIGHT | {"Content-Type": "application/xml"}, b"<!DOCTYPE a>", {422}),
    ("POST", TRIGGER, RIGHT | {"Content-Type": "multipart/form-data"}, b"--", {422}),
    ("GET", "/api/admin/insights/runs/../../../healthz", RIGHT, None, {200, 404}),
    ("GET", "/api/admin/insights/runs/%27%22%7D", RIGHT, None, {422}),
    ("GET", f"/api/admin/insights/runs/{LONG}", RIGHT, None, {422}),
]


@pytest.fixture(scope="module")
def runs():
    return RememberedRuns()


@pytest.fixture(scope="module")
def client(stack, runs):
    settings = settings_on(stack, admin_secret=SecretStr(SECRET), jwt_secret=SecretStr(JWT_SECRET))
    store(settings, snapshot_of(TODAY))
    with client_on(settings, runs) as opened:
        opened.follow_redirects = False
        yield opened


def name_of(case) -> str:
    method, path, headers, body, _ = case
    return ascii(f"{method} {path[-40:]} {str(headers)[-40:]} {str(body)[:40]}")


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 120
    assert len(set(map(str, HOSTILE))) == len(HOSTILE)


@pytest.mark.parametrize("case", HOSTILE, ids=name_of)
def test_a_hostile_request_is_refused_in_a_short_sentence(client, runs, case):
    method, path, headers, body, statuses = case
    triggered = len(runs.triggered)

    response = client.request(method, path, headers=headers, content=body)

    assert response.status_code in statuses, response.text[:500]
    assert "location" not in response.headers or response.status_code == 202
    assert "set-cookie" not in response.headers
    assert response.headers["x-content-type-options"] == "nosniff"
    if response.status_code >= 400:
        assert isinstance(json.loads(response.text)["detail"], str)
        assert len(response.text) < 400
        assert len(runs.triggered) == triggered
        assert SECRET not in response.text


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off(client):
    def endless():
        for _ in range(100):
            yield b" " * 1024

    assert client.post(TRIGGER, headers=JSON, content=endless()).status_code == 413
