"""The IPO calendar: it has no history, so it counts only for the day it was read on."""

from collections.abc import Mapping, Sequence
from datetime import date

from insights_assets.datasets.fetching import Ask, Fetched, fresh
from insights_assets.model.datasets import IpoCalendar
from insights_assets.model.dates import NEW_YORK
from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.vendors.alpha_vantage import parsers, queries

NO_HISTORY = Unavailable("the calendar has no history for past dates", "absent")


async def ipo_calendar(
    ask: Ask, days: Sequence[date], today: date
) -> Mapping[date, DatasetOutcome]:
    """Ask once if `today` is among the days; what was stored on a past day is found elsewhere."""
    outcomes: dict[date, DatasetOutcome] = dict.fromkeys(days, NO_HISTORY)
    if today in outcomes:
        answer = await ask(queries.ipo_calendar(), parsers.ipo_offerings)
        if isinstance(answer, Unavailable):
            outcomes[today] = answer
        elif answer.fetched_at.astimezone(NEW_YORK).date() == today:
            outcomes[today] = fresh(_calendar(answer, today), [answer])
    return outcomes


def _calendar(answer: Fetched[tuple[parsers.Offering, ...]], day: date) -> IpoCalendar:
    return IpoCalendar(
        day=day,
        symbols=tuple(offering.symbol for offering in answer.value),
        names=tuple(offering.name for offering in answer.value),
        ipo_dates=tuple(offering.ipo_date for offering in answer.value),
    )
