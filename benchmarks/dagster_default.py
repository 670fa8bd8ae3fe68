"""The same snapshot as a newcomer to Dagster would write it: 20 assets, nothing configured.

Eleven requests, six metrics, composite, history and latest; each is an asset of its own, values
travel through the default IO manager's files, and the default executor starts a process for each.
"""

import os
import re
from collections.abc import Iterable
from typing import Any

import dagster as dg
import httpx
from pymongo import MongoClient
from redis import Redis

from benchmarks import plain
from insights_assets.cli.job import QUIET
from insights_assets.model.category import Metric
from insights_assets.model.dates import now

REQUESTS = {spec.id: plain.requests_of(spec, now().date()) for spec in plain.SPECS}


def _asset_name(label: str) -> str:
    return re.sub(r"\W", "_", label)


ASKED = {_asset_name(label): label for asked in REQUESTS.values() for label in asked}


def run(instance: dg.DagsterInstance) -> None:
    """Materialize all 20 with the default executor."""
    job = dg.reconstructable(everything)
    with dg.execute_job(job, instance, run_config=QUIET, raise_on_error=True):
        pass


def everything() -> dg.JobDefinition:
    """Return the job of all assets; the processes of its steps build it anew."""
    assets = [
        *[_request(asset_name) for asset_name in ASKED],
        *[_metric(metric) for metric in plain.METRICS],
        composite,
        history,
        latest,
    ]
    return dg.Definitions(assets=assets, jobs=[dg.define_asset_job("everything")]).resolve_job_def(
        "everything"
    )


def _request(asset_name: str) -> dg.AssetsDefinition:
    label = ASKED[asset_name]
    query, parse = next(asked[label] for asked in REQUESTS.values() if label in asked)

    @dg.asset(name=asset_name)
    def request() -> Any:
        url, params = os.environ["ALPHA_VANTAGE_BASE_URL"], plain.params_of(query)
        return parse(query, httpx.get(url, params=params).text)

    return request


def _datasets(wanted: Iterable[str], parsed: dict[str, Any]) -> dict[str, Any]:
    values = {ASKED[name]: value for name, value in parsed.items()}
    specs = [spec for spec in plain.SPECS if spec.id in wanted]
    return {spec.id: plain.dataset_of(spec, values, now().date()) for spec in specs}


def _metric(metric: Metric) -> dg.AssetsDefinition:
    labels = [label for id_ in metric.datasets for label in REQUESTS[id_]]
    reads = {_asset_name(label): dg.AssetIn() for label in labels}

    @dg.asset(name=metric.id, ins=reads)
    def measured(**parsed: Any) -> Any:
        datasets = _datasets(metric.datasets, parsed)
        return metric.formula(*[datasets[id_] for id_ in metric.datasets])

    return measured


MEASURED = {metric.id: dg.AssetIn() for metric in plain.METRICS}


@dg.asset(ins=MEASURED)
def composite(**metrics: Any) -> float:
    """Weigh the metrics."""
    return plain.composite_of(metrics)


@dg.asset(ins={"composite": dg.AssetIn(), **MEASURED, **{name: dg.AssetIn() for name in ASKED}})
def history(composite: float, **values: Any) -> None:
    """Write everything to MongoDB."""
    metrics = {id_: values[id_] for id_ in MEASURED}
    datasets = _datasets(REQUESTS, {name: values[name] for name in ASKED})
    with MongoClient[dict[str, Any]](os.environ["INSIGHTS_MONGO_URI"]) as mongo:
        plain.store(mongo["plain"], now().date(), datasets, metrics, composite)


@dg.asset(deps=[history])
def latest(composite: float) -> None:
    """Publish to Redis."""
    with Redis.from_url(os.environ["INSIGHTS_REDIS_URL"]) as redis:
        plain.publish(redis, now().date(), composite)
