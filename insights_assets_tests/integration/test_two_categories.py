"""Two categories of two vendors in one run: what the one meets never harms the other.

What these tests guard against: a vendor that is down, refuses its key or is asked too fast, and
takes the other vendor's category with it, or hides behind the other's name.
"""

from collections import Counter

import pytest

from insights_assets.categories import CATEGORIES
from insights_assets.model.dates import now
from insights_assets_tests.support.pipeline import Pipeline, failure_of

AI, MACRO = TWO = CATEGORIES[:2]  # each of a vendor of its own
TODAY = now().date()
PATIENT = {"INSIGHTS_FETCH_DEADLINE_SECONDS": "20"}  # on a machine with much to do
FRED = "series/observations"
ALPHA_VANTAGE = (
    "TIME_SERIES_DAILY_ADJUSTED",
    "TIME_SERIES_INTRADAY",
    "TREASURY_YIELD",
    "NEWS_SENTIMENT",
    "IPO_CALENDAR",
)


@pytest.fixture
def both(stack, simulator):
    simulator.set_faults([])
    built = Pipeline(stack, simulator, categories=TWO)
    yield built
    built.close()


def coverage(pipeline):
    """What is stored of today, by category, and in Redis as well."""
    stored = {
        snapshot["category_id"]: snapshot["coverage"]
        for snapshot in pipeline.mongo.insight_snapshots.find()
    }
    assert {
        id_ for id_ in stored if pipeline.redis.exists(f"{pipeline.database}:{id_}:latest")
    } == (stored.keys())
    return stored


def test_a_run_of_both_asks_fred_four_times_and_alpha_vantage_as_ever(both, simulator):
    assert both.run(TODAY, env=PATIENT).success

    asked = simulator.stats()["by_function"]
    assert coverage(both) == {AI.id: 1.0, MACRO.id: 1.0}
    assert asked.pop(FRED) == len(MACRO.datasets) == 4
    alone = Pipeline(both.stack, simulator, categories=[AI])
    assert alone.run(TODAY, env=PATIENT).success
    alone.close()
    assert Counter(simulator.stats()["by_function"]) == Counter(asked)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("http500", "the vendor answered HTTP 500"),
        ("badkey", "check FRED_API_KEY"),
        ("http429", "HTTP 429"),
        ("vintages", "has more vintages than one request may hold"),
    ],
)
def test_what_fred_refuses_costs_the_macro_environment_alone(both, simulator, fault, sentence):
    simulator.set_faults([f"{FRED}={fault}"])

    result = both.run(TODAY)

    assert coverage(both).keys() == {AI.id}
    assert f"No snapshot of {MACRO.id} was stored for {TODAY}" in failure_of(result)
    assert sentence in failure_of(result)
    assert f"No snapshot of {AI.id}" not in failure_of(result)


@pytest.mark.parametrize(("fault", "sentence"), [("http500", "HTTP 500"), ("badkey", "API key")])
def test_what_alpha_vantage_refuses_costs_ai_sector_risk_alone(both, simulator, fault, sentence):
    simulator.set_faults([f"{function}={fault}" for function in ALPHA_VANTAGE])

    result = both.run(TODAY)

    assert coverage(both).keys() == {MACRO.id}
    assert f"No snapshot of {AI.id} was stored for {TODAY}" in failure_of(result)
    assert sentence in failure_of(result)
    assert f"No snapshot of {MACRO.id}" not in failure_of(result)
