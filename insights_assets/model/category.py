"""A category: the metrics it weighs, what each of them reads, and how its scores are banded."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from insights_assets.model.outcomes import (
    Dataset,
    DatasetId,
    DatasetOutcome,
    Measurement,
    MetricOutcome,
    Quality,
    Reading,
    Unavailable,
    common_source,
    reason_for_all,
)
from insights_assets.model.scores import Bands

WORSE: tuple[Quality, ...] = ("fresh", "partial", "stale")

Formula: TypeAlias = Callable[..., Measurement | Unavailable]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an analyst needs to know about a metric."""

    meaning: str
    formula: str
    interpretation: str

    def markdown(self) -> str:
        """Return the explanation as the UI shows it."""
        return (
            f"{self.meaning}\n\n**Formula:** {self.formula}\n\n"
            f"**How to read it:** {self.interpretation}"
        )


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: `formula` is called with the data of `datasets`, in their order.

    `code_version` changes with the formula: Dagster then shows older partitions as outdated.
    """

    id: str
    title: str
    weight: float
    datasets: tuple[DatasetId, ...]
    formula: Formula
    explanation: Explanation
    unit: str = ""
    """Of the raw value; the score is in points from 0 to 100."""
    code_version: str = "1"

    def evaluate(self, outcomes: Mapping[DatasetId, DatasetOutcome]) -> MetricOutcome:
        """Return the reading that `outcomes` allow, no better than the worst of its datasets."""
        read = {id_: outcomes[id_] for id_ in self.datasets}
        missing: dict[str, Unavailable] = {
            id_: outcome for id_, outcome in read.items() if isinstance(outcome, Unavailable)
        }
        if missing:
            cause = next(iter(missing.values())).cause
            return Unavailable(reason_for_all(missing, wanted=len(read)), cause)
        inputs = [outcome for outcome in read.values() if isinstance(outcome, Dataset)]
        measured = self.formula(*[dataset.data for dataset in inputs])
        if isinstance(measured, Unavailable):
            return measured
        if not math.isfinite(measured.value):
            return Unavailable("its inputs are too extreme to measure")
        return Reading(
            value=round(measured.value, 6),
            score=measured.score,
            summary=measured.summary,
            quality=max((dataset.quality for dataset in inputs), key=WORSE.index),
            source=common_source(dataset.source for dataset in inputs),
            reason="; ".join(
                dict.fromkeys(dataset.reason for dataset in inputs if dataset.quality != "fresh")
            ),
        )


@dataclass(frozen=True, slots=True)
class Category:
    """A family of metrics with one composite; `id` is its asset prefix and its key prefix."""

    id: str
    title: str
    description: str
    metrics: tuple[Metric, ...]
    bands: Bands

    def __post_init__(self) -> None:
        ids = [metric.id for metric in self.metrics]
        if len(set(ids)) < len(ids):
            raise ValueError(f"category {self.id}: two metrics share an id ({', '.join(ids)}).")
        total = math.fsum(metric.weight for metric in self.metrics)
        if not math.isclose(total, 1):
            raise ValueError(f"category {self.id}: the weights add up to {total:g}, not to 1.")

    @property
    def version(self) -> str:
        """Name weights and bands: where they change, stored snapshots are outdated."""
        weights = sorted((metric.id, metric.weight) for metric in self.metrics)
        return sha256(repr((weights, self.bands)).encode()).hexdigest()[:8]

    def weight(self, metric_id: str) -> float:
        """Return the weight of the metric `metric_id`."""
        return next(metric.weight for metric in self.metrics if metric.id == metric_id)

    def coverage(self, available: Collection[DatasetId]) -> float:
        """Return the weight of the metrics whose datasets are all among the `available`."""
        there = set(available)
        weights = [metric.weight for metric in self.metrics if there.issuperset(metric.datasets)]
        return round(math.fsum(weights), 6)

    @property
    def datasets(self) -> tuple[DatasetId, ...]:
        """Return the datasets that the metrics read, each once."""
        return tuple(dict.fromkeys(id_ for metric in self.metrics for id_ in metric.datasets))
