"""The way to the vendor as a company's network makes it: proxies, and certificates of its own.

What these tests guard against: a client that ignores HTTPS_PROXY where every other program heeds
it, and "check the network" where a certificate is not trusted.
"""

import ssl

import httpx
import pytest

from insights_assets.vendors import errors
from insights_assets.vendors.network import proxy_for
from insights_assets.vendors.query import Answer
from insights_assets_tests.support.redis_servers import certificate
from insights_assets_tests.support.vendor import KEY, ask, reply, saying

VENDOR = "https://www.alphavantage.co/query"
PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"HTTPS_PROXY": PROXY}, VENDOR, PROXY),
        ({"https_proxy": "proxy.example:3128"}, VENDOR, PROXY),
        ({"ALL_PROXY": PROXY}, VENDOR, PROXY),
        ({"HTTP_PROXY": PROXY}, VENDOR, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "alphavantage.co"}, VENDOR, None),
        ({"HTTP_PROXY": PROXY}, "http://127.0.0.1:8787/query", None),
        ({"HTTP_PROXY": PROXY}, "http://localhost:8787/query", None),
        ({}, VENDOR, None),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(environment, url, proxy, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(httpx.URL(url)) == proxy


def test_the_question_goes_through_the_proxy(monkeypatch):
    with saying(reply('{"data": []}')) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/query"))
        asked = ask("http://vendor.example/query")

    assert isinstance(asked.result, Answer)
    [path] = proxy.paths
    assert path.startswith("http://vendor.example/query?")
    assert path.endswith(f"apikey={KEY}")


def test_a_certificate_that_nobody_trusts_is_named_with_what_to_do(tmp_path, monkeypatch):
    chain, key = certificate(tmp_path, "company")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with saying(reply('{"data": []}')) as vendor:
        vendor.socket = context.wrap_socket(vendor.socket, server_side=True)
        url = vendor.url.replace("http:", "https:")
        refused = ask(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        answered = ask(url)

    assert type(refused.result) is errors.UntrustedCertificate
    assert "is not trusted (self" in str(refused.result)
    assert "SSL_CERT_FILE" in str(refused.result)
    assert refused.requests == 1
    assert isinstance(answered.result, Answer), answered.result
