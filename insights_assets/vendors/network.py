"""The way to a vendor, as the environment of the machine describes it."""

import ipaddress
import ssl
from urllib.request import getproxies, proxy_bypass

import httpx


def proxy_for(url: httpx.URL) -> str | None:
    """Return the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name for `url`, if any.

    NO_PROXY is honoured, and loopback is never behind a proxy. httpx reads these variables itself
    only where it may choose the transport.
    """
    if _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def trust() -> ssl.SSLContext:
    """Return whom TLS trusts: the authorities of SSL_CERT_FILE or SSL_CERT_DIR, or the usual ones.

    It takes 80 ms, so that the clients of a run share one.
    """
    return httpx.create_ssl_context()


def certificate_problem(error: BaseException) -> str | None:
    """Return what is wrong with a certificate, if that is why the connection failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        cause = cause.__cause__ or cause.__context__
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
