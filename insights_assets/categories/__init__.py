"""What is measured: one folder for each category, registered here by its name."""

from importlib import import_module

from insights_assets.model.category import Category

FOLDERS = ("ai_sector_risk",)


def _category(folder: str) -> Category:
    category: Category = import_module(f"{__name__}.{folder}").CATEGORY
    return category


CATEGORIES: tuple[Category, ...] = tuple(map(_category, FOLDERS))
