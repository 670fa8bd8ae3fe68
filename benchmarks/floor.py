"""The floor: a plain asyncio script that makes the same requests, formulas and writes.

No Dagster, no cache, no rate limit, no retries: what a snapshot costs at the very least.
"""

import asyncio
import json
from datetime import UTC, date, datetime, time
from typing import Any

import httpx
from pydantic import TypeAdapter
from pymongo.database import Database
from redis import Redis

from insights_assets.categories import formulas
from insights_assets.market_data import parsers, queries
from insights_assets.market_data.queries import Query
from insights_assets.market_data.series import DAILY_SYMBOLS, INTRADAY_SYMBOLS
from insights_assets.model import as_of
from insights_assets.model.datasets import DatasetData, IpoCalendar
from insights_assets.model.dates import previous_session

DATA: TypeAdapter[DatasetData] = TypeAdapter(DatasetData)


def snapshot(base_url: str, mongo: Database[Any], redis: "Redis[bytes]", day: date) -> None:
    """Fetch, compute and store one snapshot of `day`."""
    bodies = iter(asyncio.run(_fetch(base_url, _queries(day))))
    daily = {symbol: parsers.daily_prices("", next(bodies)) for symbol in DAILY_SYMBOLS}
    intraday = {symbol: parsers.intraday_bars("", next(bodies)) for symbol in INTRADAY_SYMBOLS}
    ten, two = (as_of.yields_known(parsers.treasury_yields("", next(bodies)), day) for _ in "ab")
    news = as_of.news_known(parsers.news_articles("", next(bodies)), day)
    offerings = parsers.ipo_offerings("", next(bodies))
    datasets: dict[str, Any] = {
        "daily_bars": as_of.daily_bars_known(daily, day),
        "intraday_bars": as_of.intraday_bars_known(intraday, day),
        "treasury_10y": ten,
        "treasury_2y": two,
        "news_sentiment_feed": news,
        "ipo_calendar": IpoCalendar(day, *zip(*offerings, strict=True)),
    }
    measured = {
        "ai_price_anomaly": formulas.ai_price_anomaly(datasets["daily_bars"]),
        "news_sentiment": formulas.news_sentiment(datasets["news_sentiment_feed"]),
        "smart_money_flow": formulas.smart_money_flow(datasets["intraday_bars"]),
        "ipo_heat": formulas.ipo_heat(datasets["ipo_calendar"]),
        "yield_curve": formulas.yield_curve(ten, two),
        "fed_expectations": formulas.fed_expectations(two),
    }
    key = {"date": datetime.combine(day, time(), UTC)}
    for name, data in datasets.items():
        _upsert(mongo, "datasets", key | {"name": name}, DATA.dump_python(data, mode="json"))
    for name, found in measured.items():
        _upsert(mongo, "metrics", key | {"name": name}, {"score": found.score})
    composite = sum(found.score for found in measured.values()) / len(measured)
    _upsert(mongo, "snapshots", key, {"composite": composite})
    redis.set("floor:latest", json.dumps({"date": str(day), "composite": composite}), ex=86_400)


def _queries(day: date) -> list[Query]:
    month = previous_session(day).replace(day=1)
    return [
        *[queries.daily_adjusted(symbol) for symbol in DAILY_SYMBOLS],
        *[queries.intraday(symbol, month, closed=False) for symbol in INTRADAY_SYMBOLS],
        queries.treasury_yield("10year"),
        queries.treasury_yield("2year"),
        queries.news_sentiment(*as_of.news_window(day), limit=200),
        queries.ipo_calendar(),
    ]


async def _fetch(base_url: str, wanted: list[Query]) -> list[str]:
    async with httpx.AsyncClient() as http:

        async def ask(query: Query) -> str:
            params = {"function": query.function, **query.params, "apikey": "any"}
            return (await http.get(base_url, params=params)).text

        return await asyncio.gather(*map(ask, wanted))


def _upsert(mongo: Database[Any], collection: str, key: dict[str, Any], data: Any) -> None:  # noqa: ANN401
    mongo[collection].replace_one(key, {**key, "data": data}, upsert=True)
