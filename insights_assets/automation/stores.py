"""The stores as sensors and commands open them: for one look, outside any run."""

from collections.abc import Iterator
from contextlib import contextmanager

from insights_assets.settings import Settings
from insights_assets.storage.connections import open_database, open_history, open_latest
from insights_assets.storage.indexes import Retention
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory
from insights_assets.storage.outbox import AlertOutbox


@contextmanager
def open_stores(settings: Settings) -> Iterator[tuple[MongoHistory, LatestSnapshots]]:
    """Open the history and the latest snapshots."""
    retention = Retention(settings.dataset_retention_days, settings.snapshot_retention_days)
    uri, url = settings.mongo_uri.get_secret_value(), settings.redis_url.get_secret_value()
    with (
        open_history(uri, settings.mongo_database, retention) as history,
        open_latest(url, settings.mongo_database) as latest,
    ):
        yield history, latest


@contextmanager
def open_outbox(settings: Settings) -> Iterator[AlertOutbox]:
    """Open the alerts that were written down."""
    uri = settings.mongo_uri.get_secret_value()
    with open_database(uri, settings.mongo_database) as database:
        yield AlertOutbox(database)
