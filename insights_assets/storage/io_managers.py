"""The IO managers: an asset's value is always a mapping from day to value, for one day or many."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import TypeVar

import dagster as dg

from insights_assets.model.dates import now, parse_day
from insights_assets.model.outcomes import (
    Dataset,
    DatasetOutcome,
    MetricOutcome,
    Unavailable,
    is_real,
)
from insights_assets.model.snapshot import Snapshot
from insights_assets.storage import documents
from insights_assets.storage.documents import EPOCH, Document
from insights_assets.storage.errors import StoreError
from insights_assets.storage.indexes import DATASETS, METRICS
from insights_assets.storage.latest import TTL_SECONDS, LatestSnapshots
from insights_assets.storage.mongo import MongoHistory

logger = logging.getLogger(__name__)

T = TypeVar("T")


@contextmanager
def store_failures() -> Iterator[None]:
    """Turn a store's error into the step's failure, with the error's sentence."""
    try:
        yield
    except StoreError as error:
        raise dg.Failure(str(error)) from None


class DatasetIOManager(dg.ConfigurableIOManager):
    """Keeps datasets in `insight_datasets`, so that a metric can be computed again any time."""

    history: dg.ResourceDependency[MongoHistory]

    def handle_output(self, context: dg.OutputContext, obj: Mapping[date, DatasetOutcome]) -> None:
        """Upsert one document for each day."""
        sources = {found.source for found in obj.values() if isinstance(found, Dataset)}
        with store_failures():
            self.history.refuse_mixing(sources)
            self.history.write_values(
                DATASETS,
                context.asset_key.to_user_string(),
                {day: documents.dataset_document(outcome) for day, outcome in obj.items()},
                context.run_id,
            )

    def load_input(self, context: dg.InputContext) -> Mapping[date, DatasetOutcome]:
        """Read each day's outcome; what was never stored is unavailable."""
        found = _stored(self.history, DATASETS, context, documents.dataset_outcome)
        return {
            day: found.get(day, Unavailable(f"not fetched for {day}", "absent"))
            for day in _days(context)
        }


class MetricIOManager(dg.ConfigurableIOManager):
    """Keeps metrics in `insight_metrics`, so that a snapshot can be composed again any time."""

    history: dg.ResourceDependency[MongoHistory]

    def handle_output(self, context: dg.OutputContext, obj: Mapping[date, MetricOutcome]) -> None:
        """Upsert one document for each day."""
        with store_failures():
            self.history.write_values(
                METRICS,
                context.asset_key.to_user_string(),
                {day: documents.metric_document(outcome) for day, outcome in obj.items()},
                context.run_id,
            )

    def load_input(self, context: dg.InputContext) -> Mapping[date, MetricOutcome]:
        """Read each day's outcome; what was never stored is unavailable."""
        found = _stored(self.history, METRICS, context, documents.metric_outcome)
        return {
            day: found.get(day, Unavailable(f"not computed for {day}", "absent"))
            for day in _days(context)
        }


class SnapshotIOManager(dg.ConfigurableIOManager):
    """Keeps snapshots in `insight_snapshots`."""

    history: dg.ResourceDependency[MongoHistory]

    def handle_output(self, context: dg.OutputContext, obj: Mapping[date, Snapshot]) -> None:  # noqa: ARG002
        """Upsert one document for each day."""
        with store_failures():
            self.history.write_snapshots(list(obj.values()))

    def load_input(self, context: dg.InputContext) -> Mapping[date, Snapshot]:
        """Read the snapshots that are stored for the days of the run."""
        days = _days(context)
        category_id = context.asset_key.path[0]
        with store_failures():
            found = self.history.snapshots(category_id, days[0], days[-1])
        return {snapshot.date: snapshot for snapshot in found}


class LatestSnapshotIOManager(dg.ConfigurableIOManager):
    """Publishes to Redis, forward only. A dead Redis costs the cache, not the run."""

    latest: dg.ResourceDependency[LatestSnapshots]

    def handle_output(self, context: dg.OutputContext, obj: Mapping[date, Snapshot]) -> None:
        """Publish the newest snapshot, unless what Redis holds is newer still."""
        for snapshot in obj.values():
            finding = publish(self.latest, snapshot)
            context.log.info(finding)
            context.add_output_metadata({"published": finding})

    def load_input(self, context: dg.InputContext) -> Mapping[date, Snapshot]:
        """Read what Redis holds."""
        with store_failures():
            found = self.latest.read(context.asset_key.path[0])
        return {found.date: found} if found else {}


def publish(latest: LatestSnapshots, snapshot: Snapshot) -> str:
    """Publish `snapshot` unless Redis holds a newer one; return what became of it."""
    try:
        replaced = latest.publish(snapshot, now())
    except StoreError as error:
        logger.warning("Not published: %s", error)
        return f"Not published: {error}"
    if replaced:
        return f"Redis holds the snapshot of {snapshot.date} for {TTL_SECONDS} s."
    return f"Redis holds a newer snapshot than that of {snapshot.date}, which stays."


def publish_newest(category_id: str, history: MongoHistory, latest: LatestSnapshots) -> str:
    """Publish the newest snapshot of a category that is stored; return what became of it."""
    newest = history.newest_snapshot(category_id)
    return publish(latest, newest) if newest else "There is no snapshot to publish yet."


def disagreement(
    category_id: str, newest: Snapshot | None, history: MongoHistory, latest: LatestSnapshots
) -> str | None:
    """Say how Redis differs from the history, whose newest snapshot was just published.

    Another run may publish at this moment: then Redis may be ahead of `newest`, but not of what
    the history holds after it was read.
    """
    try:
        held = latest.read(category_id)
    except StoreError as error:
        return str(error)
    after = history.newest_snapshot(category_id)
    if held and newest and is_real(held.source) != is_real(newest.source):
        return f"Redis holds a snapshot of {held.source}, MongoDB one of {newest.source}"
    if _age(newest) <= _age(held) <= _age(after):
        return None
    in_redis = f"that of {held.date}, computed {held.created_at}" if held else "none"
    stored = f"that of {after.date}, computed {after.created_at}" if after else "none"
    return f"the newest snapshot in Redis is {in_redis}, in MongoDB {stored}"


def _age(snapshot: Snapshot | None) -> tuple[date, datetime]:
    return (snapshot.date, snapshot.created_at) if snapshot else (date.min, EPOCH)


def _stored(
    history: MongoHistory, collection: str, context: dg.InputContext, read: Callable[[Document], T]
) -> Mapping[date, T]:
    days = _days(context)
    key = context.asset_key.to_user_string()
    with store_failures():
        return history.read_values(collection, key, days[0], days[-1], read)


def _days(context: dg.InputContext) -> list[date]:
    return [parse_day(key) for key in context.asset_partition_keys]
