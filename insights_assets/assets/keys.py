"""The keys of the assets, as everybody names them."""

import dagster as dg

from insights_assets.model.category import Category, Metric
from insights_assets.model.outcomes import DatasetId

MARKET_DATA = "market_data"


def dataset_key(dataset_id: DatasetId) -> dg.AssetKey:
    """Return the asset key of a dataset."""
    return dg.AssetKey([MARKET_DATA, dataset_id])


def metric_key(category: Category, metric: Metric) -> dg.AssetKey:
    """Return the asset key of a metric."""
    return dg.AssetKey([category.id, metric.id])


def snapshot_key(category: Category) -> dg.AssetKey:
    """Return the asset key of a category's snapshot."""
    return dg.AssetKey([category.id, "snapshot"])


def latest_snapshot_key(category: Category) -> dg.AssetKey:
    """Return the asset key of a category's latest snapshot."""
    return dg.AssetKey([category.id, "latest_snapshot"])
