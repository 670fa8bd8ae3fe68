"""What the tests of the stores share: all that is stored, readers who watch, trials spread out."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar

from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.local_stack import LocalStack
from insights_assets.model.snapshot import Snapshot, incoherences
from insights_assets.storage import documents
from insights_assets.storage.connections import open_database, open_latest
from insights_assets.storage.errors import StoreError
from insights_assets.storage.indexes import DATASETS, METRICS, SNAPSHOTS
from insights_assets.storage.latest import LatestSnapshots
from insights_assets_tests.support.pipeline import Pipeline

T = TypeVar("T")

DAY = date(2025, 1, 9)
CATEGORY = AI_SECTOR_RISK.id
NAMES = {metric.id for metric in AI_SECTOR_RISK.metrics}
# These tests are about the stores: a busy machine is no reason for a vendor's outage in them.
PATIENT = {"INSIGHTS_FETCH_DEADLINE_SECONDS": "60"}
OF_ONE_RUN = {"database", "run_id", "written_at", "fetched_at", "created_at", "cached_at"}


def spread(points: Sequence[T], count: int) -> list[T]:
    """Return `count` of the points, from the first to the last and evenly between."""
    count = min(count, len(points))
    return [points[round(n * (len(points) - 1) / max(count - 1, 1))] for n in range(count)]


def contents(pipeline: Pipeline) -> dict[str, Any]:
    """All that both stores hold of the product, apart from run ids and times."""
    held = pipeline.redis.mget(pipeline.latest_key)[0]
    return {
        "latest": _lasting(json.loads(held)) if held else None,
        **{
            name: [_lasting(document) for document in pipeline.mongo[name].find(sort=[("_id", 1)])]
            for name in (SNAPSHOTS, DATASETS, METRICS)
        },
    }


def _lasting(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in OF_ONE_RUN}


class Watch:
    """A reader who looks at both stores all the time and writes down what should not be seen."""

    def __init__(self) -> None:
        self.looks = 0
        self.found: set[str] = set()
        self.ended = threading.Event()

    def look(self, database: Any, latest: LatestSnapshots) -> None:
        """Look once: Redis first, which is written last."""
        try:
            cached = latest.read(CATEGORY)
        except StoreError:
            cached = None  # a Redis under a fault may say that it does not serve
        stored = {
            snapshot.date: snapshot
            for snapshot in map(documents.snapshot_of, database[SNAPSHOTS].find())
        }
        for snapshot in [*stored.values(), *filter(None, [cached])]:
            self.found |= set(_amiss(snapshot))
        if cached:
            behind = stored.get(cached.date)
            if behind is None or behind.created_at < cached.created_at:
                self.found.add("Redis showed what history lacks")
        for name, read in (
            (DATASETS, documents.dataset_outcome),
            (METRICS, documents.metric_outcome),
        ):
            for document in database[name].find():
                if "damaged" in getattr(read(document), "reason", ""):
                    self.found.add(f"a half-written document in {name}")
        self.looks += 1


def _amiss(snapshot: Snapshot) -> Iterator[str]:
    yield from incoherences(snapshot)
    if snapshot.metrics.keys() | snapshot.unavailable.keys() != NAMES:
        yield "a snapshot without all its metrics"


@contextmanager
def watching(stack: LocalStack, database: str) -> Iterator[Watch]:
    """Look at the stores until the end, and fail on what should not have been seen."""
    watch = Watch()

    def look_on() -> None:
        try:
            with (
                open_database(stack.mongo_uri, database) as mongo,
                open_latest(stack.redis_url, database) as latest,
            ):
                while not watch.ended.is_set():
                    watch.look(mongo, latest)
                    time.sleep(0.01)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            watch.found.add(repr(error))

    watcher = threading.Thread(target=look_on)
    watcher.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        watcher.join()
    assert not watch.found
    assert watch.looks
