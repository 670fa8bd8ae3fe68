"""What Prometheus is told: the age and scores of the latest snapshots, and how requests went."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from insights_assets.model.dates import SNAPSHOT_TIME, Clock, as_of, now
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.service import Insights
from insights_assets.storage.errors import StoreError

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class SnapshotCollector(Collector):
    """Reads the latest snapshots when Prometheus asks; what cannot be read is left out."""

    def __init__(self, insights: Insights, clock: Clock = now) -> None:
        self._insights = insights
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """Yield a gauge for each thing worth an alert."""
        age = _gauge(
            "insights_snapshot_age_seconds", f"Time since {SNAPSHOT_TIME:%H:%M} New York of its day"
        )
        coverage = _gauge("insights_snapshot_coverage", "Available weight, 0 to 1")
        score = _gauge("insights_composite_score", "0 is calm, 100 alarming")
        up = GaugeMetricFamily("insights_store_up", "Whether a store answers", labels=["store"])
        for category_id, snapshot in self._snapshots():
            seconds = (self._clock() - as_of(snapshot.date)).total_seconds()
            age.add_metric([category_id], max(seconds, 0))
            coverage.add_metric([category_id], snapshot.coverage)
            score.add_metric([category_id], snapshot.composite_score)
        health = self._insights.health()
        up.add_metric(["redis"], health.redis == "ok")
        up.add_metric(["mongodb"], health.mongodb)
        yield from (age, coverage, score, up)

    def _snapshots(self) -> Iterator[tuple[str, Snapshot]]:
        for category in self._insights.categories:
            try:
                latest = self._insights.latest(category)
            except StoreError:
                continue
            if latest:
                yield category.id, latest.snapshot


class Measures:
    """The registry of one application."""

    def __init__(self, insights: Insights) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "insights_http_request_seconds",
            "Time to answer, by route",
            ["method", "route", "status"],
            registry=self.registry,
            buckets=BUCKETS,
        )
        self.registry.register(SnapshotCollector(insights))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer; whatever a client can invent is named `other`."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).observe(seconds)


def _gauge(name: str, documentation: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, labels=["category"])
