"""TREASURY_YIELD: the daily yields of one maturity."""

from datetime import date
from functools import lru_cache

from insights_assets.simulator.answer import Answer, Endpoint, json_answer
from insights_assets.simulator.horizon import Horizon
from insights_assets.simulator.params import Query, one_of
from insights_assets.simulator.source import Source, up_to

FUNCTION = "TREASURY_YIELD"
MATURITIES = {
    "2year": "2-Year Treasury Constant Maturity Rate",
    "10year": "10-Year Treasury Constant Maturity Rate",
}


def endpoint(source: Source) -> Endpoint:
    """Answer from `source`, newest observation first."""

    @lru_cache(maxsize=8)
    def encoded(maturity: str, last: str) -> Answer:
        rows = up_to(last, source.treasury(maturity, date.fromisoformat(last)))
        return json_answer(
            {
                "name": MATURITIES[maturity],
                "interval": "daily",
                "unit": "percent",
                "data": [{"date": row.stamp, "value": row.fields[0]} for row in reversed(rows)],
            }
        )

    def answer(query: Query, horizon: Horizon) -> Answer:
        # The vendor's default is monthly, which this stand-in does not have.
        one_of(query, "interval", ("daily",))
        maturity = one_of(query, "maturity", tuple(MATURITIES), default="10year")
        return encoded(maturity, horizon.last_observation)

    return answer
