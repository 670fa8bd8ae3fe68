"""The driver's errors as sentences for people."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.database import Database
from pymongo.errors import ConnectionFailure, NotPrimaryError, PyMongoError

from insights_assets.model.sanitize import one_line
from insights_assets.storage.documents import Document
from insights_assets.storage.errors import StoreRefused, StoreUnreachable


@contextmanager
def mongo_errors(database: Database[Document], doing: str) -> Iterator[None]:
    """Raise a StoreError that says what was being done, instead of the driver's error."""
    try:
        yield
    except NotPrimaryError:
        raise StoreUnreachable(
            f"MongoDB at {_address(database)} is not the primary of its replica set and refused"
            f" {doing}: try again after its election, or name every member in INSIGHTS_MONGO_URI."
        ) from None
    except ConnectionFailure as error:
        raise StoreUnreachable(
            f"MongoDB at {_address(database)} does not answer while {doing}"
            f" ({type(error).__name__}): start it (insights stack) or correct"
            " INSIGHTS_MONGO_URI."
        ) from None
    except PyMongoError as error:
        raise StoreRefused(
            f"MongoDB at {_address(database)} refused {doing}: {_first_line(error)}; check the"
            " user's rights and the free space."
        ) from None


def _address(database: Database[Document]) -> str:
    servers = database.client.topology_description.server_descriptions()
    return ", ".join(f"{host}:{port}" for host, port in servers)


def _first_line(error: Exception) -> str:
    lines = str(error).partition(", full error")[0].strip().splitlines()
    return one_line(lines[0])[:200] if lines else type(error).__name__
