"""What the plans of Alpha Vantage grant (https://www.alphavantage.co/premium/)."""

from insights_assets.vendors.alpha_vantage.refusals import FREE_SPACING
from insights_assets.vendors.wire import Plan

FREE = Plan(
    "free",
    spacing=FREE_SPACING,
    per_day=25,
    lacks=frozenset({"TIME_SERIES_DAILY_ADJUSTED", "TIME_SERIES_INTRADAY"}),
)
# The vendor names 5 requests a second as the limit of its paid plans: a little fewer, because the
# network does not keep their distance.
PREMIUM = Plan("premium", spacing=0.22)

PLANS = {plan.name: plan for plan in (FREE, PREMIUM)}
