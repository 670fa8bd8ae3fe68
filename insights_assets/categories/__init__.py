"""What is measured: one folder for each category, registered here by its name."""

from importlib import import_module

from insights_assets.datasets import DATASETS
from insights_assets.model.category import Category

FOLDERS: tuple[str, ...] = ("ai_sector_risk", "macro_environment")


def _category(folder: str) -> Category:
    category: Category = import_module(f"{__name__}.{folder}").CATEGORY
    if unknown := set(category.datasets) - DATASETS.keys():
        raise ValueError(
            f"category {category.id}: there is no dataset {', '.join(sorted(unknown))};"
            f" there are {', '.join(DATASETS)}."
        )
    return category


CATEGORIES: tuple[Category, ...] = tuple(map(_category, FOLDERS))
