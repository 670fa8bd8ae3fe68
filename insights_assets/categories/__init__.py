"""What is measured: one module for each category, registered here."""

from insights_assets.categories.ai_sector_risk import AI_SECTOR_RISK
from insights_assets.model.category import Category

CATEGORIES: tuple[Category, ...] = (AI_SECTOR_RISK,)


def category_named(category_id: str) -> Category:
    """Return the registered category `category_id`; ValueError names the known ones."""
    for category in CATEGORIES:
        if category.id == category_id:
            return category
    known = ", ".join(category.id for category in CATEGORIES)
    raise ValueError(f"{category_id!r} is not a category; the categories are {known}.")
