"""Why a store cannot be reached, told from what the driver says: the cause, and what helps."""

import re
from dataclasses import dataclass

from insights_assets.model.sanitize import one_line

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Reason:
    """What was found, and what to do about it; both are parts of a sentence."""

    cause: str
    advice: str


@dataclass(frozen=True, slots=True)
class Wording:
    """How one store's address writes what an advice speaks of."""

    variable: str
    use_tls: str
    """How the address asks for TLS."""
    ca_file: str
    """The option that names the file of the certificate authority."""
    client_certificate: str


_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        r"hostname mismatch|ip address mismatch|doesn't match|not valid for",
        "its TLS certificate is for another name",
        "use the name that the certificate has in {variable}",
    ),
    (
        r"certificate has expired",
        "its TLS certificate has expired",
        "renew the certificate of the server",
    ),
    (
        r"certificate.verify.failed",
        "its TLS certificate is signed by nobody who is trusted here",
        "name the file of its certificate authority with {ca_file} in {variable}",
    ),
    (
        r"certificate.required|alert bad certificate|handshake failure|alert unknown ca",
        "it wants a TLS certificate of the client that it trusts",
        "name one with {client_certificate} in {variable}",
    ),
    (
        r"wrong.version.number|handshake|record layer|unexpected.eof|packet length too long",
        "it does not speak TLS",
        "leave out {use_tls} in {variable}, or turn TLS on in the server",
    ),
    (
        r"name or service|name resolution|no address assoc|getaddrinfo|dns query",
        "its name is not known to the DNS",
        "correct the host in {variable}",
    ),
    (
        r"connection refused",
        "nothing listens there",
        "start it (insights stack) or correct {variable}",
    ),
    (
        r"reset by peer|connection closed|closed by server|broken pipe",
        "it closes the connection",
        "see whether it runs, and whether it expects TLS ({use_tls} in {variable})",
    ),
    (
        r"no such file|permission denied",
        "a file or socket that {variable} names cannot be opened",
        "correct its path, or mount it here",
    ),
    (
        r"replica set named|for replica set name",
        "it does not belong to the replica set that {variable} names",
        "correct replicaSet in {variable}",
    ),
    (
        r"no primary|no replica set members|no mongos",
        "no primary can be found",
        "try again after the election, and name every member in {variable}",
    ),
    (
        r"tim(ed|e) ?out|deadline",
        "there is no answer in time",
        "see whether it runs and the network lets us through (firewall, allowed addresses)",
    ),
    (
        r"too many|max number of clients",
        "it takes no more connections",
        "close idle clients or allow more",
    ),
)


def connection_reason(text: str, wording: Wording) -> Reason:
    """Return why a connection failed; a text that nobody foresaw is told as it is."""
    words = {
        "variable": wording.variable,
        "use_tls": wording.use_tls,
        "ca_file": wording.ca_file,
        "client_certificate": wording.client_certificate,
    }
    for pattern, cause, advice in _CAUSES:
        if re.search(pattern, text.replace("_", " "), re.IGNORECASE):
            return Reason(cause.format(**words), advice.format(**words))
    return Reason(
        shortened(text) or "it says no more",
        f"start it (insights stack) or correct {wording.variable}",
    )


def shortened(text: str) -> str:
    """Return the first line of a store's own words, fit to stand inside a sentence."""
    lines = text.strip().splitlines()
    return one_line(lines[0])[:LONGEST_REASON].rstrip(".;: ") if lines else ""
