"""The AI sector risk, as the specification's tables have it.

What is guarded here: a weight, an input or a band that changes unnoticed; every stored snapshot
depends on them.
"""

from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.model.scores import Bands


def test_the_weights_are_those_of_the_specification():
    assert {metric.id: metric.weight for metric in AI_SECTOR_RISK.metrics} == {
        "ai_price_anomaly": 0.20,
        "news_sentiment": 0.20,
        "smart_money_flow": 0.20,
        "ipo_heat": 0.10,
        "yield_curve": 0.15,
        "fed_expectations": 0.15,
    }


def test_each_metric_reads_the_datasets_of_the_specification():
    assert {metric.id: metric.datasets for metric in AI_SECTOR_RISK.metrics} == {
        "ai_price_anomaly": ("daily_bars",),
        "news_sentiment": ("news_sentiment_feed",),
        "smart_money_flow": ("intraday_bars",),
        "ipo_heat": ("ipo_calendar",),
        "yield_curve": ("treasury_10y", "treasury_2y"),
        "fed_expectations": ("treasury_2y",),
    }


def test_the_bands_are_those_of_the_specification():
    assert AI_SECTOR_RISK.bands == Bands(normal=25, elevated=60, high=80)
