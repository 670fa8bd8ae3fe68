"""What a reader names: a category or a metric that there is, or a sentence with those there are."""

from collections.abc import Iterable

from insights_assets.model.category import Category, Metric

LONGEST_NAME = 64


class UnknownName(ValueError):
    """There is no category or metric of that name; the message names those there are."""


def category_of(categories: Iterable[Category], category_id: str) -> Category:
    """Return the category `category_id`; raise UnknownName otherwise."""
    known = {category.id: category for category in categories}
    if category_id not in known:
        raise UnknownName(
            f"{_short(category_id)} is not a category; the categories are {', '.join(known)}."
        )
    return known[category_id]


def metric_of(category: Category, metric_id: str) -> Metric:
    """Return the metric `metric_id` of a category; raise UnknownName otherwise."""
    known = {metric.id: metric for metric in category.metrics}
    if metric_id not in known:
        raise UnknownName(
            f"{_short(metric_id)} is not a metric of {category.id};"
            f" the metrics are {', '.join(known)}."
        )
    return known[metric_id]


def _short(name: str) -> str:
    return repr(name) if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]!r}…"
