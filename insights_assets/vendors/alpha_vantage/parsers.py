"""From the vendor's payloads to histories: sorted, one value a day, unusable rows set aside.

A row whose day cannot be read belongs to no day: more than 5 % of such rows, and the whole
payload is malformed.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from insights_assets.model.as_of import (
    MAX_DROPPED,
    Article,
    History,
    NewsHistory,
    SessionHistory,
)
from insights_assets.model.datasets import Observations, SessionBars
from insights_assets.vendors import coerce
from insights_assets.vendors.alpha_vantage.responses import NO_ARTICLES, parse_json
from insights_assets.vendors.alpha_vantage.splits import unadjusted_split
from insights_assets.vendors.errors import Malformed, NotYetAdjusted, Unreadable

NO_OBSERVATION = (".", "", None)  # the vendor's sign for a holiday, in old and new form
REGULAR_HOURS = (time(9, 30), time(16, 0))
BAR_STARTS = {time(hour, minute) for hour in range(9, 16) for minute in (0, 30)}
IPO_COLUMNS = ("symbol", "name", "ipoDate")
LAST_IPO_COLUMN = "exchange"
MAX_OFFERINGS = 5000  # ten times what three months have ever seen; more is no calendar


class Offering(NamedTuple):
    """One row of the IPO calendar."""

    symbol: str
    name: str
    ipo_date: date


def daily_prices(label: str, body: str) -> History:
    """Read TIME_SERIES_DAILY_ADJUSTED: the adjusted close by session."""
    series = _object(label, parse_json(label, body), "Time Series (Daily)")
    prices: dict[date, float] = {}
    sessions: dict[date, dict[str, Any]] = {}
    dropped: list[date] = []
    undated = 0
    for text, row in series.items():
        day = coerce.day(text)
        price = coerce.price(row.get("5. adjusted close")) if isinstance(row, dict) else None
        if day is None:
            undated += 1
        elif price is None:
            dropped.append(day)
        else:
            prices[day], sessions[day] = price, row
    _refuse_undated(label, undated, len(series))
    if split := unadjusted_split(sessions):
        raise NotYetAdjusted(
            label, f"the prices before the split of {split} are not yet adjusted for it"
        )
    return _history(prices, dropped)


def intraday_bars(label: str, body: str) -> SessionHistory:
    """Read TIME_SERIES_INTRADAY: the half-hour bars of the regular sessions.

    Stamps are the start of a bar, New York wall-clock time, with or without seconds; what starts
    at another minute is no half hour.
    """
    series = _object(label, parse_json(label, body), "Time Series (30min)")
    bars: dict[date, dict[time, tuple[float, float]]] = {}
    dropped: dict[date, int] = {}
    undated = 0
    for text, row in series.items():
        start = coerce.instant(text)
        if start is None:
            undated += 1
            continue
        if not REGULAR_HOURS[0] <= start.time() < REGULAR_HOURS[1]:
            continue
        fields = row if isinstance(row, dict) else {}
        prices = (coerce.price(fields.get("1. open")), coerce.price(fields.get("4. close")))
        if prices[0] is None or prices[1] is None or start.time() not in BAR_STARTS:
            dropped[start.date()] = dropped.get(start.date(), 0) + 1
        else:
            bars.setdefault(start.date(), {})[start.time()] = (prices[0], prices[1])
    _refuse_undated(label, undated, len(series))
    return SessionHistory({day: _session(found) for day, found in sorted(bars.items())}, dropped)


def treasury_yields(label: str, body: str) -> History:
    """Read TREASURY_YIELD: percent by day; days without an observation do not count as bad."""
    rows = parse_json(label, body).get("data")
    if not isinstance(rows, list):
        raise Malformed(label, 'the vendor\'s answer has no list "data"')
    yields: dict[date, float] = {}
    dropped: list[date] = []
    undated = 0
    for row in rows:
        fields = row if isinstance(row, dict) else {}
        day, text = coerce.day(fields.get("date")), fields.get("value", "?")
        value = coerce.percent(text)
        if day is None:
            undated += 1
        elif value is not None:
            yields[day] = value
        elif text not in NO_OBSERVATION:
            dropped.append(day)
    _refuse_undated(label, undated, len(rows))
    return _history(yields, dropped)


def news_articles(label: str, body: str) -> NewsHistory:
    """Read NEWS_SENTIMENT: articles with their overall sentiment score; none is an answer too."""
    payload = parse_json(label, body)
    if str(payload.get("Information", "")).startswith(NO_ARTICLES):
        return NewsHistory(())
    feed = payload.get("feed")
    if not isinstance(feed, list):
        raise Malformed(label, 'the vendor\'s answer has no list "feed"')
    articles: list[Article] = []
    dropped: list[datetime] = []
    undated = 0
    for row in feed:
        fields = row if isinstance(row, dict) else {}
        published = coerce.instant(fields.get("time_published"))
        score = coerce.sentiment(fields.get("overall_sentiment_score"))
        url = coerce.url(fields.get("url"))
        if published is None:
            undated += 1
        elif score is None or url is None:
            dropped.append(published.replace(tzinfo=UTC))
        else:
            title = coerce.text(fields.get("title"))
            articles.append(Article(published.replace(tzinfo=UTC), url, title, score))
    _refuse_undated(label, undated, len(feed))
    return NewsHistory.of(articles, dropped, rows=len(feed))


def ipo_offerings(label: str, body: str) -> tuple[Offering, ...]:
    """Read IPO_CALENDAR: CSV, each offering once, by date."""
    lines = csv.DictReader(io.StringIO(body, newline=""))
    try:
        rows = list(lines)
    except csv.Error:
        raise Unreadable(label, "the vendor's answer is not CSV") from None
    if not set(IPO_COLUMNS) <= set(lines.fieldnames or ()):
        raise Malformed(label, f"the vendor's CSV lacks the columns {', '.join(IPO_COLUMNS)}")
    if not body.endswith(("\n", "\r")) and _is_cut(rows, lines.fieldnames or ()):
        raise Unreadable(label, "the vendor's CSV breaks off in the middle of a line")
    if len(rows) > MAX_OFFERINGS:
        raise Malformed(
            label, f"the vendor's calendar has {len(rows)} rows, more than any can have"
        )
    offerings = list(_offerings(rows))
    _refuse_undated(label, len(rows) - len(offerings), len(rows))
    return tuple(sorted(set(offerings), key=lambda each: (each.ipo_date, each.symbol, each.name)))


def _is_cut(rows: Sequence[Mapping[str, str | None]], header: Sequence[str]) -> bool:
    """Whether the last line lacks cells: a calendar cut off there would count too few offerings."""
    return None in rows[-1].values() if rows else header[-1] != LAST_IPO_COLUMN


def _offerings(rows: Iterable[Mapping[str, str | None]]) -> Iterator[Offering]:
    for row in rows:
        day = coerce.day(row["ipoDate"])
        if day is not None:
            yield Offering(coerce.text(row["symbol"]), coerce.text(row["name"]), day)


def _object(label: str, payload: dict[str, Any], key: str) -> dict[str, Any]:
    found = payload.get(key)
    if not isinstance(found, dict):
        raise Malformed(label, f'the vendor\'s answer has no object "{key}"')
    return found


def _history(values: Mapping[date, float], dropped: Iterable[date]) -> History:
    days = sorted(values)
    return History(
        Observations(tuple(days), tuple(values[day] for day in days)),
        tuple(sorted(day for day in dropped if day not in values)),
    )


def _session(bars: Mapping[time, tuple[float, float]]) -> SessionBars:
    starts = sorted(bars)
    return SessionBars(
        starts=tuple(starts),
        opens=tuple(bars[start][0] for start in starts),
        closes=tuple(bars[start][1] for start in starts),
    )


def _refuse_undated(label: str, undated: int, rows: int) -> None:
    if undated > MAX_DROPPED * rows:
        raise Malformed(label, f"{undated} of {rows} rows have no readable date")
