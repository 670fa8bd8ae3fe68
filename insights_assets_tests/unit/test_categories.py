"""What every registered category must be, whatever it measures."""

import math

import pytest

from insights_assets.categories import CATEGORIES, FOLDERS


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.id)
def test_every_category_is_whole(category):
    assert math.isclose(math.fsum(metric.weight for metric in category.metrics), 1)
    assert 0 < category.bands.normal < category.bands.elevated < category.bands.high < 100
    for metric in category.metrics:
        assert metric.weight > 0
        assert metric.id.isidentifier()
        assert metric.datasets
        assert "**Formula:**" in metric.explanation.markdown()


def test_no_id_is_a_word_of_the_api_itself():
    ids = {category.id for category in CATEGORIES}
    metrics = {metric.id for category in CATEGORIES for metric in category.metrics}

    assert not ids & {"categories", "trend"}
    assert not metrics & {"composite", "trend", "snapshot", "latest_snapshot"}


def test_no_two_categories_share_an_id():
    ids = [category.id for category in CATEGORIES]

    assert len(set(ids)) == len(ids)


def test_a_category_is_named_like_its_folder():
    assert [category.id for category in CATEGORIES] == list(FOLDERS)
