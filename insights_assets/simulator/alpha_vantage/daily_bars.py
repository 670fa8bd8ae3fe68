"""TIME_SERIES_DAILY_ADJUSTED: one symbol's sessions with splits and dividends."""

from datetime import date
from functools import lru_cache

from insights_assets.simulator.answer import (
    OUTPUT_SIZES,
    Answer,
    Endpoint,
    json_answer,
    newest_first,
    sized,
)
from insights_assets.simulator.horizon import Horizon
from insights_assets.simulator.params import InvalidCallError, Query, one_of, symbol_in
from insights_assets.simulator.source import Source, up_to

FUNCTION = "TIME_SERIES_DAILY_ADJUSTED"

_FIELDS = (
    "1. open",
    "2. high",
    "3. low",
    "4. close",
    "5. adjusted close",
    "6. volume",
    "7. dividend amount",
    "8. split coefficient",
)


def endpoint(source: Source) -> Endpoint:
    """Answer from `source`, newest session first."""

    @lru_cache(maxsize=32)  # a full answer is a megabyte that changes once a day
    def encoded(symbol: str, size: str, last: str) -> Answer:
        rows = sized(up_to(last, source.daily(symbol, date.fromisoformat(last))), size)
        if not rows:
            raise InvalidCallError
        return json_answer(
            {
                "Meta Data": {
                    "1. Information": "Daily Time Series with Splits and Dividend Events",
                    "2. Symbol": symbol,
                    "3. Last Refreshed": rows[-1].stamp,
                    "4. Output Size": OUTPUT_SIZES[size],
                    "5. Time Zone": "US/Eastern",
                },
                "Time Series (Daily)": newest_first(rows, _FIELDS),
            }
        )

    def answer(query: Query, horizon: Horizon) -> Answer:
        size = one_of(query, "outputsize", tuple(OUTPUT_SIZES), default="compact")
        return encoded(symbol_in(query), size, horizon.last_session)

    return answer
