"""TIME_SERIES_INTRADAY in half hours: one symbol's bars of a month."""

from insights_assets.simulator.answer import (
    OUTPUT_SIZES,
    Answer,
    Endpoint,
    json_answer,
    newest_first,
    sized,
)
from insights_assets.simulator.horizon import Horizon
from insights_assets.simulator.params import (
    InvalidCallError,
    Query,
    month_in,
    one_of,
    symbol_in,
)
from insights_assets.simulator.source import Source, up_to

FUNCTION = "TIME_SERIES_INTRADAY"

_FIELDS = ("1. open", "2. high", "3. low", "4. close", "5. volume")


def endpoint(source: Source) -> Endpoint:
    """Answer from `source`, newest bar first."""

    def answer(query: Query, horizon: Horizon) -> Answer:
        symbol = symbol_in(query)
        size = one_of(query, "outputsize", tuple(OUTPUT_SIZES), default="compact")
        one_of(query, "interval", ("30min",))
        # The vendor's default is "true". This stand-in has regular sessions only and refuses,
        # so that nobody takes them for what the vendor would send.
        one_of(query, "extended_hours", ("false",))
        rows = source.intraday(symbol, *month_in(query, horizon.today))
        if not rows:
            raise InvalidCallError
        rows = sized(up_to(horizon.last_bar, rows), size)
        return json_answer(
            {
                "Meta Data": {
                    "1. Information": "Intraday (30min) open, high, low, close prices and volume",
                    "2. Symbol": symbol,
                    "3. Last Refreshed": rows[-1].stamp if rows else "",
                    "4. Interval": "30min",
                    "5. Output Size": OUTPUT_SIZES[size],
                    "6. Time Zone": "US/Eastern",
                },
                "Time Series (30min)": newest_first(rows, _FIELDS),
            }
        )

    return answer
