"""Each registered vendor: is there a key, does its address answer, do our clocks agree?"""

from collections.abc import Iterator

import httpx
from pydantic import SecretStr

from insights_assets.doctor.finding import Finding
from insights_assets.model.dates import now
from insights_assets.settings import Settings
from insights_assets.storage.reasons import Wording, connection_reason
from insights_assets.vendors.errors import VendorError
from insights_assets.vendors.registry import WIRES
from insights_assets.vendors.wire import Wire, check_clock

TIMEOUT_SECONDS = 10


def examine_vendors(settings: Settings) -> Iterator[Finding]:
    """Look at every vendor; no request is made that its plan would count."""
    for wire in WIRES.values():
        key, url = (_setting(settings, name) for name in (wire.key_variable, wire.url_variable))
        if key:
            told = f"{wire.key_variable} is set; it is not tried, because a request would count"
            yield Finding(wire.title, "key", "ok", told)
        else:
            yield Finding(wire.title, "key", "warning", wire.no_key)
        yield from _address(wire, url)


def _address(wire: Wire, url: str) -> Iterator[Finding]:
    wording = Wording(wire.url_variable, "https://", "SSL_CERT_FILE", "a proxy")
    origin = httpx.URL(url).copy_with(path="/", query=None)
    try:
        answer = httpx.head(origin, timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        reason = connection_reason(str(error) or type(error).__name__, wording)
        found = f"{origin.host} does not answer ({reason.cause})"
        yield Finding(wire.title, "address", "wrong", found, reason.advice)
        return
    yield Finding(wire.title, "address", "ok", f"{origin.host} answers")
    try:
        check_clock(wire.title, answer.headers.get("Date", ""), now())
    except VendorError as error:
        yield Finding(wire.title, "clock", "wrong", str(error))
    else:
        yield Finding(wire.title, "clock", "ok", "agrees with ours")


def _setting(settings: Settings, variable: str) -> str:
    """Return the value of a variable of the environment."""
    for name, field in Settings.model_fields.items():
        if field.validation_alias == variable:
            value = getattr(settings, name)
            return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return ""
