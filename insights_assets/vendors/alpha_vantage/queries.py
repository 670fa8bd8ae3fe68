"""The requests to the vendor, one function each (https://www.alphavantage.co/documentation/)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Query:
    """One request: what to ask, how to name it, where and for how long to cache the answer."""

    function: str
    params: Mapping[str, str]
    label: str
    cache_key: str
    lifetime: int
    """Seconds; 0 means the answer is never cached."""
    same_day: bool = False
    """A cached answer counts only on the New York day it was fetched on."""


def daily_adjusted(symbol: str) -> Query:
    """Ask for all sessions of `symbol`, split- and dividend-adjusted."""
    return Query(
        "TIME_SERIES_DAILY_ADJUSTED",
        {"symbol": symbol, "outputsize": "full"},
        f"TIME_SERIES_DAILY_ADJUSTED {symbol}",
        f"market:daily:{symbol}",
        HOUR,
    )


def intraday(symbol: str, month: date, *, closed: bool) -> Query:
    """Ask for the half-hour bars of `symbol` in a calendar month; `closed`: it is over."""
    text = month.strftime("%Y-%m")
    return Query(
        "TIME_SERIES_INTRADAY",
        {
            "symbol": symbol,
            "interval": "30min",
            "extended_hours": "false",
            "outputsize": "full",
            "month": text,
        },
        f"TIME_SERIES_INTRADAY {symbol} {text}",
        f"market:intraday:{symbol}:{text}",
        HOUR if closed else 0,
    )


def treasury_yield(maturity: str) -> Query:
    """Ask for all daily observations of the yield of `maturity` ("2year", "10year")."""
    return Query(
        "TREASURY_YIELD",
        {"interval": "daily", "maturity": maturity},
        f"TREASURY_YIELD {maturity}",
        f"macro:treasury:{maturity.removesuffix('ear')}",
        HOUR,
    )


def news_sentiment(first: datetime, last: datetime, *, limit: int) -> Query:
    """Ask for the latest `limit` (at most 1,000) technology articles between two instants."""
    start, end = (instant.astimezone(UTC).strftime("%Y%m%dT%H%M") for instant in (first, last))
    return Query(
        "NEWS_SENTIMENT",
        {
            "topics": "technology",
            "sort": "LATEST",
            "limit": str(limit),
            "time_from": start,
            "time_to": end,
        },
        f"NEWS_SENTIMENT technology {start} to {end}",
        f"sentiment:news:technology:{start}-{end}:{limit}",
        HOUR,
    )


def ipo_calendar() -> Query:
    """Ask for the offerings expected in the next three months; the answer is CSV."""
    return Query("IPO_CALENDAR", {}, "IPO_CALENDAR", "macro:ipo:calendar", DAY, same_day=True)
