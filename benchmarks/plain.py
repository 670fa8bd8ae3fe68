"""A snapshot without Dagster: the product's datasets and formulas, and nothing around them.

No cache, no rate limit, no retries, no history of readings. `floor` is what a snapshot costs at the
very least; `sequential` is how the first version of this system worked.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import httpx
from pydantic import TypeAdapter
from pymongo.database import Database
from redis import Redis

from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.datasets import DATASETS, intraday_bars, treasury_yields
from insights_assets.datasets.fetching import Ask, DatasetSpec, Fetched
from insights_assets.model.dates import previous_session
from insights_assets.model.outcomes import DatasetData, Measurement, Unavailable
from insights_assets.vendors.query import Query
from insights_assets.vendors.registry import WIRES

METRICS = AI_SECTOR_RISK.metrics
SPECS = [DATASETS[id_] for id_ in AI_SECTOR_RISK.datasets]
ADAPTERS: Mapping[str, TypeAdapter[DatasetData]] = {
    spec.id: TypeAdapter(spec.data) for spec in SPECS
}


def floor(base_url: str, mongo: Database[Any], redis: Redis, day: date) -> None:
    """Fetch everything at once, compute and store."""

    async def fetch_all() -> dict[str, Any]:
        async with httpx.AsyncClient() as http:
            ask = asking(http, base_url)
            outcomes = await asyncio.gather(*[_run(spec, ask, day) for spec in SPECS])
            return {spec.id: outcome for spec, outcome in zip(SPECS, outcomes, strict=True)}

    _finish(asyncio.run(fetch_all()), mongo, redis, day)


def sequential(base_url: str, mongo: Database[Any], redis: Redis, day: date) -> None:
    """Ask for one thing after the other: also for a fourth symbol's bars, and twice for the 2Y."""
    month = previous_session(day).replace(day=1)

    async def fetch_all() -> dict[str, Any]:
        async with httpx.AsyncClient() as http:
            ask = asking(http, base_url, at_once=1)
            await ask(intraday_bars.query("PLTR", month, closed=False), intraday_bars.parse)
            await ask(treasury_yields.query("2year"), treasury_yields.parse)
            return {spec.id: await _run(spec, ask, day) for spec in SPECS}

    _finish(asyncio.run(fetch_all()), mongo, redis, day)


def asking(http: httpx.AsyncClient, base_url: str, at_once: int = 100) -> Ask:
    """Return a plain way to ask the vendor: one GET, no second try."""
    slots = asyncio.Semaphore(at_once)

    async def ask(query: Query, parse: Any) -> Any:
        async with slots:
            response = await http.get(base_url, params=params_of(query))
        return Fetched(parse(query, response.text), "simulator", datetime.now(UTC))

    return ask


def params_of(query: Query) -> dict[str, str]:
    """Return the parameters of the request."""
    return {**WIRES["alpha_vantage"].request(query)[1], "apikey": "any"}


def requests_of(spec: DatasetSpec, day: date) -> dict[str, tuple[Query, Any]]:
    """Return what a dataset asks for, by label: each query and its parser."""
    asked: dict[str, tuple[Query, Any]] = {}

    async def ask(query: Query, parse: Any) -> Any:
        asked[query.label] = query, parse
        return Unavailable("only the question is wanted")

    asyncio.run(_run(spec, ask, day))
    return asked


def dataset_of(spec: DatasetSpec, values: Mapping[str, Any], day: date) -> Any:
    """Return what was known on `day` of parsed answers, given by the labels of their queries."""

    async def ask(query: Query, parse: Any) -> Any:  # noqa: ARG001 - an Ask names it so
        return Fetched(values[query.label], "simulator", datetime.now(UTC))

    return asyncio.run(_run(spec, ask, day)).data


async def _run(spec: DatasetSpec, ask: Ask, day: date) -> Any:
    return (await spec.fetch(ask, [day], day))[day]


def composite_of(metrics: Mapping[str, Measurement]) -> float:
    """Return the mean score."""
    return sum(measured.score for measured in metrics.values()) / len(metrics)


def store(
    mongo: Database[Any],
    day: date,
    datasets: Mapping[str, Any],
    metrics: Mapping[str, Measurement],
    composite: float,
) -> None:
    """Write the history: a document for each value."""
    for name, data in datasets.items():
        _upsert(mongo, "datasets", day, name, ADAPTERS[name].dump_python(data, mode="json"))
    for name, measured in metrics.items():
        _upsert(mongo, "metrics", day, name, {"score": measured.score})
    _upsert(mongo, "snapshots", day, "composite", composite)


def publish(redis: Redis, day: date, composite: float) -> None:
    """Set the latest snapshot."""
    redis.set("plain:latest", json.dumps({"date": str(day), "composite": composite}), ex=86_400)


def _finish(outcomes: Mapping[str, Any], mongo: Database[Any], redis: Redis, day: date) -> None:
    datasets = {id_: outcome.data for id_, outcome in outcomes.items()}
    metrics: dict[str, Any] = {
        metric.id: metric.formula(*[datasets[id_] for id_ in metric.datasets]) for metric in METRICS
    }
    composite = composite_of(metrics)
    store(mongo, day, datasets, metrics, composite)
    publish(redis, day, composite)


def _upsert(mongo: Database[Any], collection: str, day: date, name: str, data: Any) -> None:
    key = {"name": name, "date": datetime.combine(day, time(), UTC)}
    mongo[collection].replace_one(key, {**key, "data": data}, upsert=True)
