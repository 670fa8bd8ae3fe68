"""The same snapshot as a newcomer to Dagster would write it: 20 assets, nothing configured.

Eleven requests, six metrics, composite, history and latest; each is an asset of its own, values
travel through the default IO manager's files, and the default executor starts a process for each.
"""

import os
from typing import Any

import dagster as dg
import httpx
from pymongo import MongoClient
from redis import Redis

from benchmarks import plain
from insights_assets.cli.job import QUIET
from insights_assets.model.category import Metric
from insights_assets.model.dates import now

QUERIES = {name.replace(" ", "_"): name for name in plain.queries_of(now().date())}


def run(instance: dg.DagsterInstance) -> None:
    """Materialize all 20 with the default executor."""
    job = dg.reconstructable(everything)
    with dg.execute_job(job, instance, run_config=QUIET, raise_on_error=True):
        pass


def everything() -> dg.JobDefinition:
    """Return the job of all assets; the processes of its steps build it anew."""
    assets = [
        *[_request(asset_name) for asset_name in QUERIES],
        *[_metric(metric) for metric in plain.METRICS],
        composite,
        history,
        latest,
    ]
    return dg.Definitions(assets=assets, jobs=[dg.define_asset_job("everything")]).resolve_job_def(
        "everything"
    )


def _request(asset_name: str) -> dg.AssetsDefinition:
    @dg.asset(name=asset_name)
    def request() -> Any:
        name = QUERIES[asset_name]
        params = plain.params_of(plain.queries_of(now().date())[name])
        return plain.parse(
            name, httpx.get(os.environ["ALPHA_VANTAGE_BASE_URL"], params=params).text
        )

    return request


def _asked_for(dataset_id: str) -> dict[str, dg.AssetIn]:
    beginning = plain.QUERIES[dataset_id]
    return {each: dg.AssetIn() for each, name in QUERIES.items() if name.startswith(beginning)}


def _datasets(wanted: Any, answers: dict[str, Any]) -> dict[str, Any]:
    by_query = {QUERIES[each]: answer for each, answer in answers.items()}
    return {id_: plain.dataset(id_, by_query, now().date()) for id_ in wanted}


def _metric(metric: Metric) -> dg.AssetsDefinition:
    reads = {each: ins for id_ in metric.datasets for each, ins in _asked_for(id_).items()}

    @dg.asset(name=metric.id, ins=reads)
    def measured(**answers: Any) -> Any:
        return metric.formula(*_datasets(metric.datasets, answers).values())

    return measured


MEASURED = {metric.id: dg.AssetIn() for metric in plain.METRICS}


@dg.asset(ins=MEASURED)
def composite(**metrics: Any) -> float:
    """Weigh the metrics."""
    return plain.composite_of(metrics)


@dg.asset(ins={"composite": dg.AssetIn(), **MEASURED, **{each: dg.AssetIn() for each in QUERIES}})
def history(composite: float, **values: Any) -> None:
    """Write everything to MongoDB."""
    metrics = {id_: values[id_] for id_ in MEASURED}
    datasets = _datasets(plain.QUERIES, {each: values[each] for each in QUERIES})
    with MongoClient[dict[str, Any]](os.environ["INSIGHTS_MONGO_URI"]) as mongo:
        plain.store(mongo["plain"], now().date(), datasets, metrics, composite)


@dg.asset(deps=[history])
def latest(composite: float) -> None:
    """Publish to Redis."""
    with Redis.from_url(os.environ["INSIGHTS_REDIS_URL"]) as redis:
        plain.publish(redis, now().date(), composite)
