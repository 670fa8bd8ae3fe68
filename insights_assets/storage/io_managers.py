"""The IO managers: an asset's value is always a mapping from day to value, for one day or many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TypeVar

import dagster as dg

from insights_assets.model.dates import parse_day
from insights_assets.model.outcomes import (
    Dataset,
    DatasetOutcome,
    MetricOutcome,
    Unavailable,
)
from insights_assets.model.snapshot import Snapshot
from insights_assets.storage import documents
from insights_assets.storage.documents import Document
from insights_assets.storage.errors import StoreError
from insights_assets.storage.indexes import DATASETS, METRICS
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory
from insights_assets.storage.publishing import publish

T = TypeVar("T")


@contextmanager
def store_failures() -> Iterator[None]:
    """Turn a store's error into the step's failure, with the error's sentence."""
    try:
        yield
    except StoreError as error:
        raise dg.Failure(str(error)) from None


class DatasetIOManager(dg.IOManager):
    """Keeps datasets in `insight_datasets`, so that a metric can be computed again any time."""

    def __init__(self, history: MongoHistory) -> None:
        self._history = history

    def handle_output(self, context: dg.OutputContext, obj: Mapping[date, DatasetOutcome]) -> None:
        """Upsert one document for each day."""
        store_datasets(self._history, context.asset_key, obj, context.run_id)

    def load_input(self, context: dg.InputContext) -> Mapping[date, DatasetOutcome]:
        """Read each day's outcome; what was never stored is unavailable."""
        return stored_datasets(self._history, context.asset_key, _days(context))


class MetricIOManager(dg.IOManager):
    """Keeps metrics in `insight_metrics`, so that a snapshot can be composed again any time."""

    def __init__(self, history: MongoHistory) -> None:
        self._history = history

    def handle_output(self, context: dg.OutputContext, obj: Mapping[date, MetricOutcome]) -> None:
        """Upsert one document for each day."""
        store_metrics(self._history, context.asset_key, obj, context.run_id)

    def load_input(self, context: dg.InputContext) -> Mapping[date, MetricOutcome]:
        """Read each day's outcome; what was never stored is unavailable."""
        return stored_metrics(self._history, context.asset_key, _days(context))


class SnapshotIOManager(dg.IOManager):
    """Keeps snapshots in `insight_snapshots`."""

    def __init__(self, history: MongoHistory) -> None:
        self._history = history

    def handle_output(self, context: dg.OutputContext, obj: Mapping[date, Snapshot]) -> None:  # noqa: ARG002
        """Upsert one document for each day."""
        with store_failures():
            self._history.write_snapshots(list(obj.values()))

    def load_input(self, context: dg.InputContext) -> Mapping[date, Snapshot]:
        """Read the snapshots that are stored for the days of the run."""
        days = _days(context)
        category_id = context.asset_key.path[0]
        with store_failures():
            snapshots = self._history.snapshots(category_id, days[0], days[-1])
        return {snapshot.date: snapshot for snapshot in snapshots}


class LatestSnapshotIOManager(dg.IOManager):
    """Publishes to Redis, forward only. A dead Redis costs the cache, not the run."""

    def __init__(self, latest: LatestSnapshots) -> None:
        self._latest = latest

    def handle_output(self, context: dg.OutputContext, obj: Mapping[date, Snapshot]) -> None:
        """Publish the newest snapshot, unless what Redis holds is newer still."""
        for snapshot in obj.values():
            finding = publish(self._latest, snapshot)
            context.log.info(finding)
            context.add_output_metadata({"published": finding})

    def load_input(self, context: dg.InputContext) -> Mapping[date, Snapshot]:
        """Read what Redis holds."""
        with store_failures():
            snapshot = self._latest.read(context.asset_key.path[0])
        return {snapshot.date: snapshot} if snapshot else {}


def store_datasets(
    history: MongoHistory, key: dg.AssetKey, outcomes: Mapping[date, DatasetOutcome], run_id: str
) -> None:
    """Upsert what became of a dataset on each day; refuse real data beside simulated ones."""
    sources = {outcome.source for outcome in outcomes.values() if isinstance(outcome, Dataset)}
    written = {day: documents.dataset_document(outcome) for day, outcome in outcomes.items()}
    with store_failures():
        history.refuse_mixing(sources)
        history.write_values(DATASETS, key.to_user_string(), written, run_id)


def store_metrics(
    history: MongoHistory, key: dg.AssetKey, outcomes: Mapping[date, MetricOutcome], run_id: str
) -> None:
    """Upsert what became of a metric on each day."""
    written = {day: documents.metric_document(outcome) for day, outcome in outcomes.items()}
    with store_failures():
        history.write_values(METRICS, key.to_user_string(), written, run_id)


def stored_datasets(
    history: MongoHistory, key: dg.AssetKey, days: Sequence[date]
) -> Mapping[date, DatasetOutcome]:
    """Return what became of a dataset; what was never stored is unavailable."""
    stored = _stored(history, DATASETS, key, days, documents.dataset_outcome)
    return {day: stored.get(day, Unavailable(f"not fetched for {day}", "absent")) for day in days}


def stored_metrics(
    history: MongoHistory, key: dg.AssetKey, days: Sequence[date]
) -> Mapping[date, MetricOutcome]:
    """Return what became of a metric; what was never stored is unavailable."""
    stored = _stored(history, METRICS, key, days, documents.metric_outcome)
    return {day: stored.get(day, Unavailable(f"not computed for {day}", "absent")) for day in days}


def _stored(
    history: MongoHistory,
    collection: str,
    key: dg.AssetKey,
    days: Sequence[date],
    read: Callable[[Document], T],
) -> Mapping[date, T]:
    with store_failures():
        return history.read_values(collection, key.to_user_string(), days[0], days[-1], read)


def _days(context: dg.InputContext) -> list[date]:
    return [parse_day(key) for key in context.asset_partition_keys]
