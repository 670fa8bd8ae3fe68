"""The MongoDB driver's errors as sentences: what was being done, what was found, what helps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
)

from insights_assets.storage.documents import Document
from insights_assets.storage.errors import StoreRefused, StoreUnreachable
from insights_assets.storage.reasons import Reason, Wording, connection_reason, shortened

DUPLICATE_KEY = 11000
UNAUTHORIZED = 13
INDEX_CONFLICTS = {85, 86}  # the same keys or the same name, with other options

WORDING = Wording("INSIGHTS_MONGO_URI", "tls=true", "tlsCAFile", "tlsCertificateKeyFile")

RIGHTS = "grant its user readWrite on this database (docs/stores.md has the role)"
ROOM = "give it more space, or shorten the retention"
LATER = "try again later, and look at the state of its replica set"
MIGRATE = "`insights migrate --dry-run` shows what is in the way, `insights migrate` mends it"
UNSUPPORTED = "use a server that docs/stores.md lists"

# The codes of https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml, and
# those of Atlas (8000) and Cosmos DB (16500).
_ADVICE = {
    UNAUTHORIZED: RIGHTS,
    18: "correct user name, password and authSource in INSIGHTS_MONGO_URI",
    50: "see why it is so slow",
    59: UNSUPPORTED,
    64: LATER,
    79: LATER,
    85: MIGRATE,
    86: MIGRATE,
    91: LATER,
    100: LATER,
    115: UNSUPPORTED,
    211: "look at its clock and keys",
    238: UNSUPPORTED,
    DUPLICATE_KEY: MIGRATE,
    14031: ROOM,
    16500: "wait, or provision more request units",
}
# Where one code says many things, or none: the first that fits.
_ADVICE_BY_TEXT = (
    ("retryable writes", "add retryWrites=false to INSIGHTS_MONGO_URI"),
    ("transaction numbers", "add retryWrites=false to INSIGHTS_MONGO_URI"),
    ("quota", ROOM),
    ("no space", ROOM),
    ("auth failed", _ADVICE[18]),
    ("authentication failed", _ADVICE[18]),
    ("not authorized", RIGHTS),
    ("not allowed", RIGHTS),
    ("disk", ROOM),
)


@contextmanager
def mongo_errors(database: Database[Document], doing: str) -> Iterator[None]:
    """Raise a StoreError that says what was being done, instead of the driver's error."""
    try:
        yield
    except NotPrimaryError:
        raise StoreUnreachable(
            f"MongoDB at {address(database)} is not the primary of its replica set and refused"
            f" {doing}: try again after its election, or name every member in INSIGHTS_MONGO_URI."
        ) from None
    except ConnectionFailure as error:
        reason = _reason(database, error)
        raise StoreUnreachable(
            f"MongoDB at {address(database)} does not answer while {doing} ({reason.cause}):"
            f" {reason.advice}."
        ) from None
    except PyMongoError as error:
        refusal = refused_because(error)
        raise StoreRefused(
            f"MongoDB at {address(database)} refused {doing}: {refusal.cause}; {refusal.advice}."
        ) from None


def address(database: Database[Document]) -> str:
    """Name the servers, without user and password."""
    servers = database.client.topology_description.server_descriptions()
    return ", ".join(f"{host}:{port}" for host, port in servers) or "the hosts of its URI"


def refused_because(error: PyMongoError) -> Reason:
    """Return the server's own words and the advice that fits its code."""
    code, text = code_and_text(error)
    cause = shortened(text) or type(error).__name__
    return Reason(cause, _advice(code, text))


def code_and_text(error: PyMongoError) -> tuple[int | None, str]:
    """Return the code and the words of a refusal; those of the first write of a bulk."""
    if isinstance(error, BulkWriteError):
        problems = [*_listed(error, "writeErrors"), *_listed(error, "writeConcernErrors")]
        if problems:
            return problems[0].get("code"), str(problems[0].get("errmsg", ""))
    if isinstance(error, OperationFailure):
        details = error.details or {}
        return error.code, str(details.get("errmsg") or error).partition(", full error")[0]
    return None, str(error)


def duplicates(error: BulkWriteError) -> list[Mapping[str, Any]] | None:
    """Return the writes that met a unique index; None if anything else went wrong as well."""
    problems = _listed(error, "writeErrors")
    met = [problem for problem in problems if problem.get("code") == DUPLICATE_KEY]
    return met if met and met == problems and not _listed(error, "writeConcernErrors") else None


def _listed(error: BulkWriteError, kind: str) -> list[Mapping[str, Any]]:
    return list((error.details or {}).get(kind) or [])


def _advice(code: int | None, text: str) -> str:
    if code in _ADVICE:
        return _ADVICE[code]
    lowered = text.lower()
    for words, advice in _ADVICE_BY_TEXT:
        if words in lowered:
            return advice
    return "docs/stores.md says which servers, rights and options it needs"


def _reason(database: Database[Document], error: ConnectionFailure) -> Reason:
    """Return why no server answers: what its first one says, otherwise the driver."""
    servers = database.client.topology_description.server_descriptions().values()
    said = [str(server.error) for server in servers if server.error]
    text = (said or [str(error)])[0].partition(", Topology Description")[0]
    return connection_reason(text.partition(" (configured timeouts")[0], WORDING)
