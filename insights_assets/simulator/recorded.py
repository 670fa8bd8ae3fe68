"""Recorded history from a folder, loaded and checked once.

```
daily/SYM.csv     date,open,high,low,close,adjusted_close,volume,split_coefficient
intraday/SYM.csv  timestamp,open,high,low,close,volume
treasury/2year.csv, treasury/10year.csv    date,value
fred/SERIES.csv   date,value,released; revised values are rows of their own; may be absent
news.jsonl        one article a line, as the vendor sends it
ipo/DATE.csv      the vendor's calendar as captured on DATE
```
"""

import csv
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from insights_assets.simulator.alpha_vantage.treasury_yields import MATURITIES
from insights_assets.simulator.source import Article, Release, Row, rows_between

_PARTS = ("daily", "intraday", "treasury", "news.jsonl", "ipo")
_BAR = ("open", "high", "low", "close")


class RecordedSource:
    """A folder of recorded rows; a missing or wrong one is a ValueError with one sentence."""

    name = "replay"

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ValueError(f"There is no folder of recorded data at {folder}.")
        missing = [part for part in _PARTS if not (folder / part).exists()]
        if missing:
            raise ValueError(
                f"The folder {folder} is not recorded data: it has no {', '.join(missing)}."
            )
        self._daily = {path.stem: _daily_rows(path) for path in folder.glob("daily/*.csv")}
        self._intraday = {
            path.stem: _rows(path, "timestamp", (*_BAR, "volume"))
            for path in folder.glob("intraday/*.csv")
        }
        self._treasury = {
            maturity: _rows(folder / "treasury" / f"{maturity}.csv", "date", ("value",))
            for maturity in MATURITIES
        }
        self._releases = {path.stem: _releases(path) for path in folder.glob("fred/*.csv")}
        self._articles = _articles_by_day(folder / "news.jsonl")
        self._ipos = {path.stem: path.read_bytes() for path in folder.glob("ipo/*.csv")}

    def daily(self, symbol: str, through: date) -> Sequence[Row]:  # noqa: ARG002  (all there is)
        """The recorded sessions of a symbol."""
        return self._daily.get(symbol, ())

    def intraday(self, symbol: str, first: date, last: date) -> Sequence[Row]:
        """The recorded half hours of a symbol."""
        return rows_between(self._intraday.get(symbol, ()), first, last)

    def treasury(self, maturity: str, through: date) -> Sequence[Row]:  # noqa: ARG002  (same)
        """The recorded yields of a maturity."""
        return self._treasury[maturity]

    def releases(self, series_id: str, through: date) -> Sequence[Release]:
        """The recorded releases of a series."""
        return [
            release for release in self._releases.get(series_id, ()) if release.released <= through
        ]

    def articles(self, day: date, topics: frozenset[str]) -> Sequence[Article]:  # noqa: ARG002
        """The recorded articles of a day, whatever their topics.

        The recording was put together from several feeds, many of which carry no usable topics:
        filtering it would leave days that had news without any.
        """
        return self._articles.get(f"{day:%Y%m%d}", ())

    def ipo_calendar(self, today: date) -> bytes | None:
        """The calendar captured on that very day, byte for byte."""
        return self._ipos.get(today.isoformat())


def _releases(path: Path) -> list[Release]:
    return [
        Release(date.fromisoformat(stamp), value, date.fromisoformat(released))
        for stamp, (value, released) in _rows(path, "date", ("value", "released"))
    ]


def _daily_rows(path: Path) -> list[Row]:
    # Dividends were not recorded as such; the recorded adjusted close contains them.
    columns = (*_BAR, "adjusted_close", "volume", "split_coefficient")
    return [
        Row(stamp, (*fields[:-1], "0.0000", fields[-1]))
        for stamp, fields in _rows(path, "date", columns)
    ]


def _rows(path: Path, stamp: str, columns: tuple[str, ...]) -> list[Row]:
    rows = []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                date.fromisoformat(line[stamp][:10])
                rows.append(Row(line[stamp], tuple(line[column].strip() for column in columns)))
    except OSError as error:
        raise ValueError(f"The recorded data in {path} cannot be read: {error.strerror}.") from None
    except (KeyError, ValueError, TypeError, AttributeError):
        raise ValueError(
            f"Row {len(rows) + 1} of {path} is not a row of {stamp}, {', '.join(columns)}."
        ) from None
    return sorted(rows)


def _articles_by_day(path: Path) -> dict[str, list[Article]]:
    days: dict[str, list[Article]] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            article = json.loads(line)
            days.setdefault(article["time_published"][:8], []).append(article)
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"Line {number} of {path} is not an article in JSON.") from None
    for articles in days.values():
        articles.sort(key=lambda article: str(article["time_published"]))
    return days
