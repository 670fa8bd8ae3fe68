"""MongoDB's wire protocol over SQLite files: nx-27017, started as a process of its own.

MongoDB deletes what has expired once a minute. The library under nx-27017 does so before each read,
and reads the whole collection for it: with a year of datasets each question would wait a tenth of a
second.
"""

import time

from neosqlite.collection import Collection
from nx_27017 import main

EVERY_SECONDS = 60

_purge = Collection.purge_expired
_purged: dict[tuple[str, str], float] = {}


def purge_once_a_minute(collection: Collection) -> int:
    """Delete what has expired, unless that was done within the last minute."""
    which, at = (collection.database.name, collection.name), time.monotonic()
    if at - _purged.get(which, -EVERY_SECONDS) < EVERY_SECONDS:
        return 0
    _purged[which] = at
    return int(_purge(collection))


Collection.purge_expired = purge_once_a_minute

if __name__ == "__main__":
    main()
