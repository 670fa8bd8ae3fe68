"""A snapshot without Dagster: the product's queries, parsers and formulas, and nothing around them.

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
from insights_assets.datasets.series import DAILY_SYMBOLS, INTRADAY_SYMBOLS
from insights_assets.model import as_of
from insights_assets.model.datasets import DatasetData, IpoCalendar
from insights_assets.model.dates import previous_session
from insights_assets.model.outcomes import Measurement
from insights_assets.vendors.alpha_vantage import parsers, queries
from insights_assets.vendors.alpha_vantage.queries import Query

DATA: TypeAdapter[DatasetData] = TypeAdapter(DatasetData)
METRICS = AI_SECTOR_RISK.metrics
QUERIES = {
    "daily_bars": "daily",
    "intraday_bars": "intraday",
    "treasury_10y": "treasury 10year",
    "treasury_2y": "treasury 2year",
    "news_sentiment_feed": "news",
    "ipo_calendar": "ipo",
}
"""How the names of a dataset's queries begin."""

PARSERS = {
    "daily": parsers.daily_prices,
    "intraday": parsers.intraday_bars,
    "treasury": parsers.treasury_yields,
    "news": parsers.news_articles,
    "ipo": parsers.ipo_offerings,
}


def floor(base_url: str, mongo: Database[Any], redis: "Redis[bytes]", day: date) -> None:
    """Fetch everything at once, compute and store."""

    async def fetch_all() -> dict[str, Any]:
        async with httpx.AsyncClient() as http:

            async def fetch(name: str, query: Query) -> tuple[str, Any]:
                response = await http.get(base_url, params=params_of(query))
                return name, parse(name, response.text)

            return dict(await asyncio.gather(*[fetch(*each) for each in queries_of(day).items()]))

    _finish(asyncio.run(fetch_all()), mongo, redis, day)


def sequential(base_url: str, mongo: Database[Any], redis: "Redis[bytes]", day: date) -> None:
    """Ask for one thing after the other: also for a fourth symbol's bars, and twice for the 2Y."""
    extra = {
        "intraday PLTR": queries.intraday("PLTR", previous_session(day), closed=False),
        "treasury 2year again": queries.treasury_yield("2year"),
    }
    with httpx.Client() as http:
        answers = {
            name: parse(name, http.get(base_url, params=params_of(query)).text)
            for name, query in {**queries_of(day), **extra}.items()
        }
    _finish(answers, mongo, redis, day)


def queries_of(day: date) -> dict[str, Query]:
    """Return the eleven requests of a day, named by the parser and what they are for."""
    month = previous_session(day).replace(day=1)
    return {
        **{f"daily {symbol}": queries.daily_adjusted(symbol) for symbol in DAILY_SYMBOLS},
        **{
            f"intraday {symbol}": queries.intraday(symbol, month, closed=False)
            for symbol in INTRADAY_SYMBOLS
        },
        "treasury 10year": queries.treasury_yield("10year"),
        "treasury 2year": queries.treasury_yield("2year"),
        "news": queries.news_sentiment(*as_of.news_window(day), limit=200),
        "ipo": queries.ipo_calendar(),
    }


def params_of(query: Query) -> dict[str, str]:
    """Return the parameters of the request."""
    return {"function": query.function, **query.params, "apikey": "any"}


def parse(name: str, body: str) -> Any:
    """Read an answer with the parser that `name` begins with."""
    return PARSERS[name.partition(" ")[0]]("", body)


def dataset(dataset_id: str, answers: Mapping[str, Any], day: date) -> Any:
    """Return what of the answers was known on `day`; only those to its own queries are needed."""
    match dataset_id:
        case "daily_bars":
            return as_of.daily_bars_known({s: answers[f"daily {s}"] for s in DAILY_SYMBOLS}, day)
        case "intraday_bars":
            bars = {symbol: answers[f"intraday {symbol}"] for symbol in INTRADAY_SYMBOLS}
            return as_of.intraday_bars_known(bars, day)
        case "news_sentiment_feed":
            return as_of.news_known(answers["news"], day)
        case "ipo_calendar":
            return IpoCalendar(day, *zip(*answers["ipo"], strict=True))
        case _:
            return as_of.yields_known(answers[QUERIES[dataset_id]], day)


def composite_of(metrics: Mapping[str, Measurement]) -> float:
    """Return the mean score."""
    return sum(found.score for found in metrics.values()) / len(metrics)


def store(
    mongo: Database[Any],
    day: date,
    datasets: Mapping[str, Any],
    metrics: Mapping[str, Measurement],
    composite: float,
) -> None:
    """Write the history: a document for each value."""
    for name, data in datasets.items():
        _upsert(mongo, "datasets", day, name, DATA.dump_python(data, mode="json"))
    for name, found in metrics.items():
        _upsert(mongo, "metrics", day, name, {"score": found.score})
    _upsert(mongo, "snapshots", day, "composite", composite)


def publish(redis: "Redis[bytes]", day: date, composite: float) -> None:
    """Set the latest snapshot."""
    redis.set("plain:latest", json.dumps({"date": str(day), "composite": composite}), ex=86_400)


def _finish(
    answers: Mapping[str, Any], mongo: Database[Any], redis: "Redis[bytes]", day: date
) -> None:
    datasets = {id_: dataset(id_, answers, day) for id_ in QUERIES}
    metrics = {each.id: each.formula(*[datasets[id_] for id_ in each.datasets]) for each in METRICS}
    composite = composite_of(metrics)
    store(mongo, day, datasets, metrics, composite)
    publish(redis, day, composite)


def _upsert(mongo: Database[Any], collection: str, day: date, name: str, data: Any) -> None:
    key = {"name": name, "date": datetime.combine(day, time(), UTC)}
    mongo[collection].replace_one(key, {**key, "data": data}, upsert=True)
