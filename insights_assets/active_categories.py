"""Which categories run here, and which are skipped because no key opens their vendor.

It is decided where Dagster loads the code. A category that is skipped has no assets: jobs,
"Materialize all", backfills, checks and sensors are about what can run, and none of them needs a
rule about what cannot, or fails every morning. What is stored of it stays readable.
"""

from insights_assets.categories import CATEGORIES
from insights_assets.datasets import DATASETS
from insights_assets.model.category import Category
from insights_assets.model.snapshot import MINIMUM_COVERAGE
from insights_assets.settings import Settings
from insights_assets.vendors.registry import WIRES


def wanted(settings: Settings) -> tuple[Category, ...]:
    """Return the categories that INSIGHTS_CATEGORIES names: all of them if it is not set.

    What is skipped comes last: the page opens with the first.
    """
    reasons = skipped(settings)
    return tuple(sorted(_named(settings), key=lambda category: category.id in reasons))


def active(settings: Settings) -> tuple[Category, ...]:
    """Return the categories that run."""
    reasons = skipped(settings)
    return tuple(category for category in _named(settings) if category.id not in reasons)


def skipped(settings: Settings) -> dict[str, str]:
    """Return the categories that cannot have a snapshot, by id, and in a sentence what they need.

    If that were all of them, none is: a run says which keys it needs, and who only reads has none.
    """
    without = {id_ for id_, wire in WIRES.items() if not settings.value_of(wire.key_variable)}
    reasons: dict[str, str] = {}
    for category in _named(settings):
        vendor_of = {id_: DATASETS[id_].vendor for id_ in category.datasets}
        possible = [id_ for id_, vendor in vendor_of.items() if vendor not in without]
        if category.coverage(possible) < MINIMUM_COVERAGE:
            vendors = sorted(without.intersection(vendor_of.values()))
            needs = "; ".join(WIRES[vendor].no_key for vendor in vendors)
            reasons[category.id] = f"{category.id} is skipped: {needs}."
    return reasons if len(reasons) < len(_named(settings)) else {}


def _named(settings: Settings) -> list[Category]:
    return [category for category in CATEGORIES if category.id in settings.categories]
