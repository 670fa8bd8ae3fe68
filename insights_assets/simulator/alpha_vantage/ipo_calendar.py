"""IPO_CALENDAR: the offerings of the next three months, as CSV."""

from insights_assets.simulator import refusals
from insights_assets.simulator.answer import Answer, Endpoint, csv_answer
from insights_assets.simulator.horizon import Horizon
from insights_assets.simulator.params import Query
from insights_assets.simulator.source import Source

FUNCTION = "IPO_CALENDAR"
COLUMNS = (
    "symbol",
    "name",
    "ipoDate",
    "priceRangeLow",
    "priceRangeHigh",
    "currency",
    "exchange",
)


def endpoint(source: Source) -> Endpoint:
    """Answer from `source`, with today's calendar and no other."""

    def answer(_query: Query, horizon: Horizon) -> Answer:
        calendar = source.ipo_calendar(horizon.today)
        if calendar is None:
            # An empty calendar would say that no company goes public, which nobody recorded.
            return refusals.error_message(f"No IPO calendar was recorded for {horizon.today}.")
        return csv_answer(calendar)

    return answer
