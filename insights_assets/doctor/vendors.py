"""Each vendor that is needed: is there a key, does its address answer, do our clocks agree?"""

from collections.abc import Iterator

import httpx

from insights_assets.active_categories import wanted
from insights_assets.datasets import DATASETS
from insights_assets.doctor.finding import Finding, Verdict
from insights_assets.model.dates import now
from insights_assets.settings import Settings
from insights_assets.storage.reasons import Wording, connection_reason
from insights_assets.vendors.errors import VendorError
from insights_assets.vendors.registry import WIRES
from insights_assets.vendors.wire import Wire, check_clock

TIMEOUT_SECONDS = 10


def examine_vendors(settings: Settings) -> Iterator[Finding]:
    """Look at what the categories need; no request is made that a vendor's plan would count."""
    for wire in WIRES.values():
        readers = [
            category.id
            for category in wanted(settings)
            if any(DATASETS[id_].vendor == wire.id for id_ in category.datasets)
        ]
        if not readers:
            continue
        key, url = (settings.value_of(name) for name in (wire.key_variable, wire.url_variable))
        if key:
            sentence = f"{wire.key_variable} is set; it is not tried, because a request would count"
            yield Finding(wire.title, "key", "ok", sentence)
        else:
            advice = f"without it there is nothing new of {', '.join(readers)}"
            yield Finding(wire.title, "key", "warning", wire.no_key, advice)
        yield from _address(wire, url, failing="wrong" if key else "warning")


def _address(wire: Wire, url: str, failing: Verdict) -> Iterator[Finding]:
    wording = Wording(wire.url_variable, "https://", "SSL_CERT_FILE", "a proxy")
    origin = httpx.URL(url).copy_with(path="/", query=None)
    try:
        response = httpx.head(origin, timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        reason = connection_reason(str(error) or type(error).__name__, wording)
        silence = f"{origin.host} does not answer ({reason.cause})"
        yield Finding(wire.title, "address", failing, silence, reason.advice)
        return
    yield Finding(wire.title, "address", "ok", f"{origin.host} answers")
    try:
        check_clock(wire.title, response.headers.get("Date", ""), now())
    except VendorError as error:
        yield Finding(wire.title, "clock", failing, str(error))
    else:
        yield Finding(wire.title, "clock", "ok", "agrees with ours")
