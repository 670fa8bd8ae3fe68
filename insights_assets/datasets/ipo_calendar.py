"""The IPO calendar: IPO_CALENDAR, CSV without a history, so it counts only for the day it is of."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from insights_assets.datasets.fetching import Ask, DatasetSpec, Fetched, outcome
from insights_assets.model.dates import NEW_YORK
from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.vendors import coerce
from insights_assets.vendors.errors import Malformed, Unreadable
from insights_assets.vendors.query import DAY, Query

COLUMNS = ("symbol", "name", "ipoDate")
LAST_COLUMN = "exchange"
MAX_OFFERINGS = 5000  # ten times what three months have ever seen; more is no calendar
MOST_UNREADABLE = 0.5
NOT_THE_COMPANY = {
    *("unit", "units", "right", "rights", "warrant", "warrants", "share", "shares", "stock"),
    *("common", "ordinary", "class", "a", "b", "ads", "adr", "each", "redeemable"),
}
NO_HISTORY = Unavailable("the calendar has no history for past dates", "absent")


@dataclass(frozen=True, slots=True)
class IpoCalendar:
    """The offerings expected from `day` on, as the vendor listed them on that very day."""

    day: date
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    ipo_dates: tuple[date, ...]
    kind: Literal["ipo_calendar"] = "ipo_calendar"

    @property
    def rows(self) -> int:
        """Count the offerings."""
        return len(self.symbols)

    @property
    def newest(self) -> date:
        """Return the day the calendar was read on."""
        return self.day


class Offering(NamedTuple):
    """One row of the IPO calendar."""

    symbol: str
    name: str
    ipo_date: date


QUERY = Query("IPO_CALENDAR", {}, "IPO_CALENDAR", "macro:ipo:calendar", DAY, same_day=True)
"""Asks for the offerings expected in the next three months."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The offerings of a calendar, each company once, and how many rows could not be read."""

    offerings: tuple[Offering, ...]
    unreadable: int = 0


def parse(asked: Query, body: str) -> Listing:
    """Read each company once, with its first date.

    A calendar without a row is none: in no three months does nobody go public.
    """
    label = asked.label
    lines = csv.DictReader(io.StringIO(body, newline=""))
    try:
        rows = list(lines)
    except csv.Error:
        raise Unreadable(label, "the vendor's answer is not CSV") from None
    if not set(COLUMNS) <= set(lines.fieldnames or ()):
        raise Malformed(label, f"the vendor's CSV lacks the columns {', '.join(COLUMNS)}")
    if not body.endswith(("\n", "\r")) and _is_cut(rows, lines.fieldnames or ()):
        raise Unreadable(label, "the vendor's CSV breaks off in the middle of a line")
    if len(rows) > MAX_OFFERINGS:
        raise Malformed(
            label, f"the vendor's calendar has {len(rows)} rows, more than any can have"
        )
    offerings = sorted(
        _offerings(rows), key=lambda offering: (offering.ipo_date, offering.symbol, offering.name)
    )
    if not offerings:
        raise Unreadable(label, "the vendor's calendar has no offering that can be read")
    unreadable = len(rows) - len(offerings)
    if unreadable > MOST_UNREADABLE * len(rows):
        raise Malformed(label, f"{unreadable} of {len(rows)} rows have no readable date")
    companies: dict[str, Offering] = {}
    for offering in offerings:
        companies.setdefault(company(offering), offering)
    return Listing(tuple(companies.values()), unreadable)


def company(offering: Offering) -> str:
    """Name the company: units, rights and warrants are securities of one offering."""
    name = re.sub(r"[^a-z0-9 ]", " ", offering.name.lower())
    words = [word for word in name.split() if word not in NOT_THE_COMPANY]
    return " ".join(words) or offering.symbol


async def fetch(ask: Ask, days: Sequence[date], today: date) -> Mapping[date, DatasetOutcome]:
    """Ask once if `today` is among the days; what was stored on a past day is found elsewhere."""
    outcomes: dict[date, DatasetOutcome] = dict.fromkeys(days, NO_HISTORY)
    if today in outcomes:
        fetched = await ask(QUERY, parse)
        if isinstance(fetched, Unavailable):
            outcomes[today] = fetched
        elif fetched.fetched_at.astimezone(NEW_YORK).date() == today:
            outcomes[today] = outcome(_calendar(fetched, today), [fetched], _gaps(fetched.value))
    return outcomes


def _calendar(fetched: Fetched[Listing], day: date) -> IpoCalendar:
    offerings = fetched.value.offerings
    return IpoCalendar(
        day=day,
        symbols=tuple(offering.symbol for offering in offerings),
        names=tuple(offering.name for offering in offerings),
        ipo_dates=tuple(offering.ipo_date for offering in offerings),
    )


def _gaps(listing: Listing) -> dict[str, Unavailable]:
    rows = listing.unreadable
    if not rows:
        return {}
    left_out = "one row has" if rows == 1 else f"{rows} rows have"
    return {"calendar": Unavailable(f"{left_out} no readable date", "absent")}


def _is_cut(rows: Sequence[Mapping[str, str | None]], header: Sequence[str]) -> bool:
    """Whether the last line lacks cells: a calendar cut off there would count too few offerings."""
    return None in rows[-1].values() if rows else header[-1] != LAST_COLUMN


def _offerings(rows: Iterable[Mapping[str, str | None]]) -> Iterator[Offering]:
    for row in rows:
        day = coerce.day(row["ipoDate"])
        if day is not None:
            yield Offering(coerce.text(row["symbol"]), coerce.text(row["name"]), day)


DATASET = DatasetSpec(
    "ipo_calendar",
    "Expected IPOs, as the vendor listed them on the day itself; past days cannot be fetched.",
    "alpha_vantage",
    IpoCalendar,
    fetch,
    has_history=False,
)
