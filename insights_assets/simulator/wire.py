"""Rows to bytes: the shapes of the vendor's five answers, shared by both sources."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from insights_assets.simulator.source import Article, Row

DAILY = "TIME_SERIES_DAILY_ADJUSTED"
INTRADAY = "TIME_SERIES_INTRADAY"
TREASURY = "TREASURY_YIELD"
NEWS = "NEWS_SENTIMENT"
IPO = "IPO_CALENDAR"
FUNCTIONS = (DAILY, INTRADAY, TREASURY, NEWS, IPO)

MATURITIES = {
    "2year": "2-Year Treasury Constant Maturity Rate",
    "10year": "10-Year Treasury Constant Maturity Rate",
}
IPO_COLUMNS = (
    "symbol",
    "name",
    "ipoDate",
    "priceRangeLow",
    "priceRangeHigh",
    "currency",
    "exchange",
)

_BAR_FIELDS = ("1. open", "2. high", "3. low", "4. close")
_DAILY_FIELDS = (
    *_BAR_FIELDS,
    "5. adjusted close",
    "6. volume",
    "7. dividend amount",
    "8. split coefficient",
)
_INTRADAY_FIELDS = (*_BAR_FIELDS, "5. volume")
_OUTPUT_SIZES = {"full": "Full size", "compact": "Compact"}


class Answer(NamedTuple):
    """A body and its media type; the vendor's HTTP status is 200, whatever the body says."""

    body: bytes
    media_type: str


def json_answer(value: object) -> Answer:
    """Any JSON value, encoded."""
    return Answer(json.dumps(value).encode(), "application/json")


def csv_answer(body: bytes) -> Answer:
    """CSV text under the media type that the vendor uses for it."""
    return Answer(body, "application/x-download")


def daily_answer(symbol: str, size: str, rows: Sequence[Row]) -> Answer:
    """The body of TIME_SERIES_DAILY_ADJUSTED, newest session first."""
    return json_answer(
        {
            "Meta Data": {
                "1. Information": "Daily Time Series with Splits and Dividend Events",
                "2. Symbol": symbol,
                "3. Last Refreshed": rows[-1].stamp,
                "4. Output Size": _OUTPUT_SIZES[size],
                "5. Time Zone": "US/Eastern",
            },
            "Time Series (Daily)": _newest_first(rows, _DAILY_FIELDS),
        }
    )


def intraday_answer(symbol: str, size: str, rows: Sequence[Row]) -> Answer:
    """The body of TIME_SERIES_INTRADAY in half hours, newest bar first."""
    return json_answer(
        {
            "Meta Data": {
                "1. Information": "Intraday (30min) open, high, low, close prices and volume",
                "2. Symbol": symbol,
                "3. Last Refreshed": rows[-1].stamp if rows else "",
                "4. Interval": "30min",
                "5. Output Size": _OUTPUT_SIZES[size],
                "6. Time Zone": "US/Eastern",
            },
            "Time Series (30min)": _newest_first(rows, _INTRADAY_FIELDS),
        }
    )


def treasury_answer(maturity: str, rows: Sequence[Row]) -> Answer:
    """The body of TREASURY_YIELD, newest observation first."""
    return json_answer(
        {
            "name": MATURITIES[maturity],
            "interval": "daily",
            "unit": "percent",
            "data": [{"date": row.stamp, "value": row.fields[0]} for row in reversed(rows)],
        }
    )


def news_answer(articles: Sequence[Article]) -> Answer:
    """The body of NEWS_SENTIMENT, in the order given."""
    return json_answer(
        {
            "items": str(len(articles)),
            "sentiment_score_definition": (
                "x <= -0.35: Bearish; -0.35 < x <= -0.15: Somewhat-Bearish; "
                "-0.15 < x < 0.15: Neutral; 0.15 <= x < 0.35: Somewhat_Bullish; x >= 0.35: Bullish"
            ),
            "relevance_score_definition": (
                "0 < x <= 1, with a higher score indicating higher relevance."
            ),
            "feed": articles,
        }
    )


def csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    """Plain CSV as the vendor writes it, with CRLF at the end of every line."""
    return "".join(f"{','.join(row)}\r\n" for row in rows).encode()


def _newest_first(rows: Sequence[Row], names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    return {row.stamp: dict(zip(names, row.fields, strict=True)) for row in reversed(rows)}
