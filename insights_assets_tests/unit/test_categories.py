"""The AI sector risk, as the specification's tables have it.

What is guarded here: a weight, an input or a band that changes unnoticed; every stored snapshot
depends on them.
"""

import math

import pytest

from insights_assets.categories import CATEGORIES, FOLDERS
from insights_assets.categories.ai_sector_risk import CATEGORY as AI_SECTOR_RISK
from insights_assets.datasets import DATASET_IDS
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


def test_the_category_reads_every_dataset_once():
    assert sorted(AI_SECTOR_RISK.datasets) == sorted(DATASET_IDS)


def test_the_bands_are_those_of_the_specification():
    assert AI_SECTOR_RISK.bands == Bands(normal=25, elevated=60, high=80)


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.id)
def test_every_category_is_whole(category):
    assert math.isclose(math.fsum(metric.weight for metric in category.metrics), 1)
    assert 0 < category.bands.normal < category.bands.elevated < category.bands.high < 100
    for metric in category.metrics:
        assert metric.weight > 0
        assert metric.id.isidentifier()
        assert metric.datasets
        assert "**Formula:**" in metric.explanation.markdown()


def test_no_two_categories_share_an_id():
    ids = [category.id for category in CATEGORIES]

    assert len(set(ids)) == len(ids)


def test_a_category_is_named_like_its_folder():
    assert [category.id for category in CATEGORIES] == list(FOLDERS)
