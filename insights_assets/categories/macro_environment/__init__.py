"""The second category: how hard the economic backdrop is for risky assets."""

from insights_assets.categories.macro_environment import formulas
from insights_assets.model.category import Category, Explanation, Metric
from insights_assets.model.scores import Bands

RANK = (
    "score = percentage of the other observations among the last 1,250 that are below it, ties"
    " count half"
)

CATEGORY = Category(
    id="macro_environment",
    title="Macro environment",
    description="How hard the economic backdrop is for risky assets, from 0 (easy) to 100 (hard).",
    bands=Bands(normal=25, elevated=45, high=65),
    metrics=(
        Metric(
            id="credit_spread",
            title="Credit spread",
            weight=0.30,
            datasets=("credit_spread_series",),
            formula=formulas.credit_spread,
            unit="percentage points",
            explanation=Explanation(
                meaning="What Baa-rated companies pay for credit beyond 10-year Treasuries.",
                formula=f"value = newest known BAA10Y, percentage points; {RANK}",
                interpretation="50 is the middle of the last five years; near 100 lenders ask more"
                " for the risk of default than on almost any day of them.",
            ),
        ),
        Metric(
            id="market_volatility",
            title="Market volatility",
            weight=0.30,
            datasets=("volatility_index",),
            formula=formulas.market_volatility,
            unit="index points",
            explanation=Explanation(
                meaning="How wide the swings of shares are that options price in (the VIX).",
                formula=f"value = newest known VIXCLS, index points; {RANK}",
                interpretation="50 is the middle of the last five years; near 100 there is hardly a"
                " day of them with more fear in the price of options.",
            ),
        ),
        Metric(
            id="curve_inversion",
            title="Curve inversion",
            weight=0.20,
            datasets=("term_spread",),
            formula=formulas.curve_inversion,
            unit="percentage points",
            explanation=Explanation(
                meaning="The 10-year Treasury yield minus the 3-month yield.",
                formula="value = newest known T10Y3M, percentage points;"
                " score = 100 · clip01((2 - value) / 4)",
                interpretation="50 is a flat curve; above it the curve is inverted, as it has been"
                " before most recessions.",
            ),
        ),
        Metric(
            id="policy_tightening",
            title="Policy tightening",
            weight=0.20,
            datasets=("overnight_rate",),
            formula=formulas.policy_tightening,
            unit="percentage points",
            explanation=Explanation(
                meaning="How much dearer overnight money has become in about three months.",
                formula="value = newest known SOFR - SOFR sixty observations earlier, percentage"
                " points; score = 100 · clip01((value + 1) / 3)",
                interpretation="33 is no change; near 100 the Federal Reserve is raising its rate"
                " as fast as in 2022.",
            ),
        ),
    ),
)
