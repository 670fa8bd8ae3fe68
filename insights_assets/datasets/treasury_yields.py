"""Treasury yields: TREASURY_YIELD, one request and one dataset for each maturity."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from insights_assets.datasets.fetching import Ask, DatasetSpec, outcome
from insights_assets.datasets.history import History, Observations
from insights_assets.model.dates import previous_federal_business_day
from insights_assets.model.outcomes import DatasetId, DatasetOutcome, Unavailable
from insights_assets.vendors import coerce
from insights_assets.vendors.alpha_vantage.meta import check_daily, check_named, refuse_sample
from insights_assets.vendors.payload import list_in, parse_json, refuse_undated
from insights_assets.vendors.query import HOUR, Query

KEPT = 60
MAX_AGE = 8  # days from the newest kept observation to the snapshot
NO_OBSERVATION = (".", "", None)  # the vendor's sign for a holiday, in old and new form


@dataclass(frozen=True, slots=True)
class Yields:
    """Constant-maturity Treasury yields in percent, by day of observation."""

    observations: Observations
    kind: Literal["yields"] = "yields"

    @property
    def rows(self) -> int:
        """Count the observations."""
        return len(self.observations.dates)

    @property
    def newest(self) -> date:
        """Return the newest observation's day."""
        return self.observations.dates[-1]


def query(maturity: str) -> Query:
    """Ask for all daily observations of the yield of `maturity` ("2year", "10year")."""
    return Query(
        "TREASURY_YIELD",
        {"interval": "daily", "maturity": maturity},
        f"TREASURY_YIELD {maturity}",
        f"macro:treasury:{maturity.removesuffix('ear')}",
        HOUR,
    )


def parse(asked: Query, body: str) -> History:
    """Read percent by day; days without an observation do not count as bad."""
    label = asked.label
    payload = parse_json(label, body)
    refuse_sample(asked, payload)
    check_named(asked, "interval", asked.params.get("interval", ""), payload.get("interval"))
    _check_maturity(asked, payload.get("name"))
    rows = list_in(label, payload, "data")
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
    refuse_undated(label, undated, len(rows))
    check_daily(asked, yields)
    return History.of(yields, dropped)


def _check_maturity(asked: Query, name: object) -> None:
    """Compare "10-Year Treasury Constant Maturity Rate" with the maturity 10year."""
    stated = re.match(r"(\d+)-(year|month)", str(name), re.IGNORECASE)
    if stated:
        maturity = f"{stated[1]}{stated[2].lower()}"
        check_named(asked, "maturity", asked.params.get("maturity", ""), maturity)


def known(history: History, day: date) -> Yields | Unavailable:
    """Keep the last 60 observations published by `day` 09:30.

    The Federal Reserve publishes the observation of day O at 16:15 New York time on the next
    business day after O (H.15, "Selected Interest Rates"). At 09:30 on `day` the last release was
    on the business day before it, and held observations dated before that business day.
    """
    window = history.known_before(
        previous_federal_business_day(day), keep=KEPT, max_age=MAX_AGE, day=day
    )
    return window if isinstance(window, Unavailable) else Yields(window)


def treasury(id_: DatasetId, maturity: str, name: str) -> DatasetSpec:
    """Describe the dataset of one maturity."""

    async def fetch(ask: Ask, days: Sequence[date], _today: date) -> Mapping[date, DatasetOutcome]:
        """Ask once, whatever the range of days."""
        fetched = await ask(query(maturity), parse)
        if isinstance(fetched, Unavailable):
            return dict.fromkeys(days, fetched)
        return {day: outcome(known(fetched.value, day), [fetched]) for day in days}

    return DatasetSpec(
        id_,
        f"{name} Treasury yield in percent: the last {KEPT} observations published by 09:30 New"
        " York.",
        "alpha_vantage",
        Yields,
        fetch,
        max_staleness=5,
        max_age=MAX_AGE,
    )


TREASURY_10Y = treasury("treasury_10y", "10year", "10-year")
TREASURY_2Y = treasury("treasury_2y", "2year", "2-year")
