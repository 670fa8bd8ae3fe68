"""What our own code costs a date: our job beside the same graph with empty bodies, in memory."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import dagster as dg

from benchmarks.measure import QUICK, alternate
from benchmarks.world import world
from insights_assets.assets.partitions import BACKFILL_POLICY, DAILY, RANGE_TAGS
from insights_assets.cli.job import QUIET, run_days
from insights_assets.model.category import Category

DAYS = 10 if QUICK else 92
LAST = date(2026, 4, 2)


class Nowhere(dg.IOManager):
    """Stores nothing."""

    def handle_output(self, _context: dg.OutputContext, _obj: object) -> None:
        """Drop the value."""

    def load_input(self, _context: dg.InputContext) -> Mapping[date, Any]:
        """Return no days."""
        return {}


def milliseconds(categories: Sequence[Category]) -> float:
    """Return the milliseconds of our own for each date and category of a run of a range."""
    first = LAST - timedelta(days=DAYS - 1)
    with dg.DagsterInstance.ephemeral():  # Dagster asks the newest instance, which may be closed
        job = _empty_job(categories)
    tags = dict(zip(RANGE_TAGS, (str(first), str(LAST)), strict=True))

    def run_empty() -> None:
        with dg.DagsterInstance.ephemeral() as instance:
            job.execute_in_process(instance=instance, run_config=QUIET, tags=tags)

    def run_ours() -> None:
        with dg.DagsterInstance.ephemeral() as instance:
            for failure in run_days(instance, first, LAST, categories):
                raise RuntimeError(failure.message)

    with world(latency_ms=0) as here:
        times = alternate({"empty": run_empty, "ours": run_ours}, before=here.forget)
    differences = [ours - empty for ours, empty in zip(times["ours"], times["empty"], strict=True)]
    return statistics.median(differences) / DAYS / len(categories) * 1000


def _empty_job(categories: Sequence[Category]) -> dg.JobDefinition:
    """Return a job with our graph's outputs and inputs, whose steps do nothing."""
    datasets = list(dict.fromkeys(id_ for category in categories for id_ in category.datasets))
    metrics = {
        category.id: [f"{category.id}_{metric.id}" for metric in category.metrics]
        for category in categories
    }
    assets = [
        _empty("prefetch", datasets, []),
        _empty("metrics", [id_ for ids in metrics.values() for id_ in ids], datasets),
        *[_empty(f"{id_}_snapshot", [f"{id_}_composite"], metrics[id_]) for id_ in metrics],
        *[_empty(f"{id_}_latest", [f"{id_}_newest"], [f"{id_}_composite"]) for id_ in metrics],
    ]
    definitions = dg.Definitions(
        assets=assets,
        jobs=[dg.define_asset_job("empty", executor_def=dg.in_process_executor)],
        resources={"io_manager": dg.IOManagerDefinition.hardcoded_io_manager(Nowhere())},
    )
    return definitions.resolve_job_def("empty")


def _empty(name: str, makes: list[str], reads: list[str]) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=name,
        ins={id_: dg.AssetIn() for id_ in reads},
        outs={id_: dg.AssetOut() for id_ in makes},
        partitions_def=DAILY,
        backfill_policy=BACKFILL_POLICY,
    )
    def step(**_inputs: Any) -> Iterator[dg.Output[Mapping[date, Any]]]:
        for id_ in makes:
            yield dg.Output({}, output_name=id_)

    return step
