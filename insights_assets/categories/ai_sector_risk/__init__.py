"""The first category: how much risk of a setback AI shares carry today."""

from insights_assets.categories.ai_sector_risk import formulas
from insights_assets.model.category import Category, Explanation, Metric
from insights_assets.model.scores import Bands

CATEGORY = Category(
    id="ai_sector_risk",
    title="AI sector risk",
    description="How much risk of a setback AI shares carry, from 0 (calm) to 100 (alarming).",
    bands=Bands(normal=25, elevated=60, high=80),
    metrics=(
        Metric(
            id="ai_price_anomaly",
            title="AI price anomaly",
            weight=0.20,
            datasets=("daily_bars",),
            formula=formulas.ai_price_anomaly,
            unit="standard deviations",
            explanation=Explanation(
                meaning="How far NVDA, MSFT, AMD and PLTR stand from their 200-day average,"
                " measured in their own standard deviations.",
                formula="value = mean of (P - SMA200) / σ200 over the symbols;"
                " score = 100 · clip01((value + 2) / 5)",
                interpretation="40 is a price at its average; 100 is three standard deviations"
                " above it, where rallies have tended to end.",
            ),
        ),
        Metric(
            id="news_sentiment",
            title="News sentiment",
            weight=0.20,
            datasets=("news_sentiment_feed",),
            formula=formulas.news_sentiment,
            unit="sentiment, -1 to 1",
            explanation=Explanation(
                meaning="The mean sentiment of the latest 50 technology articles of the last 7"
                " days.",
                formula="value = mean overall_sentiment_score of at least 5 articles;"
                " score = 100 · clip01((value + 0.35) / 0.70)",
                interpretation="50 is neutral; near 100 the news is as bullish as it gets, which is"
                " when good news is already in the price.",
            ),
        ),
        Metric(
            id="smart_money_flow",
            title="Smart money flow",
            weight=0.20,
            datasets=("intraday_bars",),
            formula=formulas.smart_money_flow,
            unit="percentage points",
            explanation=Explanation(
                meaning="Whether the last hour of trading, when institutions act, took back what"
                " the first hour did, over the last 20 sessions.",
                formula="value = mean over 20 sessions of the mean of (last-hour return -"
                " first-hour return) over NVDA, MSFT and AMD, in percentage points;"
                " score = 100 · clip01((1 - value) / 2)",
                interpretation="50 is no difference; above it the last hour has been selling what"
                " the first had bought.",
            ),
            code_version="2",
        ),
        Metric(
            id="ipo_heat",
            title="IPO heat",
            weight=0.10,
            datasets=("ipo_calendar",),
            formula=formulas.ipo_heat,
            unit="offerings",
            explanation=Explanation(
                meaning="How many companies plan to go public in the next 90 days.",
                formula="value = number of offerings with D ≤ date ≤ D + 90 days;"
                " score = 100 · clip01(value / 25)",
                interpretation="A full calendar (25 or more) says that issuers find prices"
                " generous.",
            ),
        ),
        Metric(
            id="yield_curve",
            title="Yield curve",
            weight=0.15,
            datasets=("treasury_10y", "treasury_2y"),
            formula=formulas.yield_curve,
            unit="percentage points",
            explanation=Explanation(
                meaning="The 10-year Treasury yield minus the 2-year yield.",
                formula="value = 10Y - 2Y in percentage points on the newest common day;"
                " score = 100 · clip01((value + 1) / 3)",
                interpretation="33 is a flat curve; a steep one (near 100) weighs on the value of"
                " profits that lie far ahead.",
            ),
        ),
        Metric(
            id="fed_expectations",
            title="Fed expectations",
            weight=0.15,
            datasets=("treasury_2y",),
            formula=formulas.fed_expectations,
            unit="percentage points",
            explanation=Explanation(
                meaning="What the market expects of the Federal Reserve, from the move of the"
                " 2-year yield.",
                formula="value = 2Y now - 2Y twenty observations earlier, percentage points;"
                " score = 100 · clip01((0.5 - value) / 1.0)",
                interpretation="50 is no change; near 100 the market prices in quick cuts, which it"
                " does when it sees trouble.",
            ),
        ),
    ),
)
