"""Which categories run: guards against a run that fails every morning for want of a key.

And against a category that is left out without a word.
"""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from insights_assets import active_categories
from insights_assets.active_categories import active, skipped, wanted
from insights_assets.categories import CATEGORIES
from insights_assets.definitions import build_definitions
from insights_assets.settings import Settings
from insights_assets.vendors.registry import WIRES
from insights_assets_tests.support.category import SYNTHETIC, counting

AI, MACRO = TWO = CATEGORIES[:2]  # each of a vendor of its own
KEYS = {wire.key_variable: SecretStr("k3y") for wire in WIRES.values()}
ALPHA_VANTAGE_ONLY = {"ALPHA_VANTAGE_API_KEY": SecretStr("k3y")}
FRED_ONLY = {"FRED_API_KEY": SecretStr("k3y")}


@pytest.fixture(autouse=True)
def _two_categories_and_no_key(monkeypatch):
    monkeypatch.setattr(active_categories, "CATEGORIES", TWO)
    for variable in (*KEYS, "INSIGHTS_CATEGORIES"):
        monkeypatch.delenv(variable, raising=False)


def test_with_every_key_every_category_runs():
    settings = Settings(**KEYS)

    assert active(settings) == wanted(settings) == TWO
    assert skipped(settings) == {}


@pytest.mark.parametrize(
    ("keys", "runs", "left", "variable"),
    [(ALPHA_VANTAGE_ONLY, AI, MACRO, "FRED_API_KEY"), (FRED_ONLY, MACRO, AI, "ALPHA_VANTAGE_API")],
)
def test_a_category_whose_vendor_has_no_key_is_skipped_and_says_what_it_needs(
    keys, runs, left, variable
):
    settings = Settings(**keys)

    assert active(settings) == (runs,)
    assert wanted(settings) == (runs, left)
    [sentence] = skipped(settings).values()
    assert sentence.startswith(f"{left.id} is skipped: there is no API key: set {variable}")


def test_without_any_key_nothing_is_skipped_so_that_a_run_says_what_it_needs():
    assert active(Settings()) == TWO
    assert skipped(Settings()) == {}


def test_only_the_categories_that_are_named_are_wanted():
    settings = Settings(categories=(MACRO.id,), **ALPHA_VANTAGE_ONLY)

    assert wanted(settings) == active(settings) == (MACRO,)


@pytest.mark.parametrize(("weight", "is_skipped"), [(0.5, False), (0.49, True)])
def test_a_category_of_two_vendors_runs_where_one_of_them_is_enough_for_a_snapshot(
    monkeypatch, weight, is_skipped
):
    metrics = (
        counting("bars", weight, "daily_bars"),
        counting("both", 1 - weight, "treasury_2y", "term_spread"),
    )
    mixed = replace(SYNTHETIC, id=MACRO.id, metrics=metrics)
    monkeypatch.setattr(active_categories, "CATEGORIES", (AI, mixed))

    assert (mixed.id in skipped(Settings(**ALPHA_VANTAGE_ONLY))) == is_skipped


def test_dagster_knows_no_asset_of_a_category_that_is_skipped_and_says_why():
    definitions = build_definitions(Settings(**FRED_ONLY))
    repository = definitions.get_repository_def()
    keys = repository.asset_graph.get_all_asset_keys()

    assert {key.path[0] for key in keys} == {"market_data", MACRO.id}
    assert {key.path[-1] for key in keys if key.path[0] == "market_data"} == set(MACRO.datasets)
    for job in ("daily_snapshot", "snapshot_repair", "deadline_check"):
        names = {node.name for node in definitions.resolve_job_def(job).nodes}
        assert not [name for name in names if AI.id in name]
    assert "ALPHA_VANTAGE_API_KEY" in repository.metadata[AI.id].value
