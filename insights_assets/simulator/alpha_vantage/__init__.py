"""One question, one answer: what Alpha Vantage would say to it now, never the future.

Each function is a module with its name and its `endpoint`; a new one is a line of `ENDPOINTS`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from insights_assets.simulator import refusals
from insights_assets.simulator.alpha_vantage import (
    daily_bars,
    intraday_bars,
    ipo_calendar,
    news_sentiment_feed,
    treasury_yields,
)
from insights_assets.simulator.answer import Answer, Endpoint
from insights_assets.simulator.horizon import Horizon
from insights_assets.simulator.params import InvalidCallError, Query
from insights_assets.simulator.source import Source

ENDPOINTS: Mapping[str, Callable[[Source], Endpoint]] = {
    module.FUNCTION: module.endpoint
    for module in (daily_bars, intraday_bars, treasury_yields, news_sentiment_feed, ipo_calendar)
}
FUNCTIONS = tuple(ENDPOINTS)


class AlphaVantage:
    """The vendor's functions over one source, as they stand at the time of the question."""

    def __init__(self, source: Source, clock: Callable[[], datetime], until: date | None) -> None:
        self._clock = clock
        self._until = until
        self._functions = {name: endpoint(source) for name, endpoint in ENDPOINTS.items()}

    def answer(self, query: Query) -> Answer:
        """What the vendor would say to this question now."""
        if not query.get("apikey"):
            return refusals.bad_key()
        function = query.get("function", "")
        if function not in self._functions:
            return refusals.no_such_function(function)
        try:
            return self._functions[function](query, Horizon(self._clock(), self._until))
        except InvalidCallError:
            return refusals.invalid_call(function)
