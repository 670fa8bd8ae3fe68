"""The stand-in of FRED, asked over a socket by the product's own client and by hand.

What is guarded here: a stand-in that is kinder than FRED (the future, too many vintages, the rate
limit, revised values at the edge of a period), and the specification's figures over the recording.
"""

import asyncio
import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from insights_assets.categories.macro_environment import CATEGORY
from insights_assets.datasets.manager import DataManager, Vendors
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.snapshot import compose
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets.simulator.fred import Fred, first_in_period
from insights_assets.simulator.source import Release
from insights_assets.simulator.synthetic import SyntheticSource
from insights_assets.vendors.wire import Access
from insights_assets_tests.support.recording import RECORDING, needs_recording

NOW = datetime(2026, 7, 29, 10, tzinfo=ZoneInfo("America/New_York"))
NO_REDIS = "redis://127.0.0.1:1/0"
ASKED = {
    "series_id": "BAA10Y",
    "api_key": "any",
    "file_type": "json",
    "output_type": "4",
    "realtime_start": "2020-01-01",
    "realtime_end": "9999-12-31",
    "observation_start": "2020-01-01",
}


@pytest.fixture(scope="module")
def simulator():
    with SimulatorServer(SimulatorOptions(), clock=lambda: NOW) as server:
        yield server


@pytest.fixture(scope="module")
def replay():
    with SimulatorServer(SimulatorOptions(data=RECORDING), clock=lambda: NOW) as server:
        yield server


def ask(server, **changes):
    url = f"{server.fred_url}/series/observations"
    return httpx.get(url, params=ASKED | changes, trust_env=False)


def fetched(server, *days, deadline=60):
    """Return the outcomes of FRED's datasets, and how many requests they took."""

    async def fetching():
        vendors = Vendors({"fred": Access(server.fred_url, "any", 120)}, deadline, NO_REDIS)
        async with DataManager.connect(vendors, bulk=len(days) > 1, clock=lambda: NOW) as manager:
            return await manager.prefetch_shared(CATEGORY.datasets, days), manager.requests

    return asyncio.run(fetching())


def composed(outcomes, day):
    readings = {
        metric.id: metric.evaluate({id_: outcomes[id_][day] for id_ in metric.datasets})
        for metric in CATEGORY.metrics
    }
    return compose(CATEGORY, day, readings, run_id="run", created_at=datetime.now(UTC))


@needs_recording
@pytest.mark.parametrize(
    ("day", "scores", "composite", "status"),
    [
        ("2025-04-09", (60.37, 100.0, 53.5, 34.33), 65.68, "high"),
        ("2025-01-09", (5.8, 37.71, 42.0, 14.33), 24.32, "low"),
        ("2022-10-14", (66.05, 93.25, 44.75, 83.33), 73.41, "high"),
    ],
)
def test_the_recording_gives_the_figures_of_the_specification(
    replay, day, scores, composite, status
):
    outcomes, requests = fetched(replay, date.fromisoformat(day))

    snapshot = composed(outcomes, date.fromisoformat(day))

    assert tuple(metric.score for metric in snapshot.metrics.values()) == scores
    assert (snapshot.composite_score, snapshot.composite_status) == (composite, status)
    assert (snapshot.coverage, snapshot.source, requests) == (1.0, "replay", 4)


def test_a_range_asks_once_for_the_days_of_a_year_and_has_the_same_data_as_single_days(simulator):
    days = [date(2024, 12, 30), date(2024, 12, 31), date(2025, 1, 2), date(2025, 3, 3)]

    together, requests = fetched(simulator, *days)

    assert requests == 2 * len(CATEGORY.datasets)
    for day in days:
        alone, _ = fetched(simulator, day)
        for id_ in CATEGORY.datasets:
            assert together[id_][day].data == alone[id_][day].data


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("badkey", "FRED_API_KEY"),
        ("vintages", "more vintages than one request may hold"),
        ("http429", "too many requests"),
        ("http500", "HTTP 500"),
        ("invalid", "The series does not exist"),
        ("malformed", 'no list "observations"'),
        ("truncated", "not complete JSON"),
        ("disconnect", "FRED_BASE_URL"),
    ],
)
def test_a_failure_costs_the_series_it_hits_and_says_why(simulator, kind, sentence):
    simulator.set_faults([f"series/observations:VIXCLS={kind}"])
    try:
        outcomes, _ = fetched(simulator, NOW.date(), deadline=3)
    finally:
        simulator.set_faults([])

    hit = outcomes["volatility_index"][NOW.date()]
    assert isinstance(hit, Unavailable)
    assert sentence in hit.reason
    if kind != "badkey":  # which ends the other questions too
        snapshot = composed(outcomes, NOW.date())
        assert (snapshot.coverage, set(snapshot.unavailable)) == (0.7, {"market_volatility"})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"api_key": ""}, "api_key is not set"),
        ({"series_id": "NOSUCH"}, "The series does not exist"),
        ({"realtime_end": "2026-07-30"}, "can not be after today's date"),
        ({"realtime_start": "2012-01-01"}, "exceeds the maximum number of vintage dates"),
        ({"output_type": "1"}, "no other output_type"),
    ],
)
def test_what_fred_refuses_is_refused(simulator, changes, sentence):
    response = ask(simulator, **changes)

    assert response.status_code == 400
    assert sentence in response.json()["error_message"]


def test_nothing_is_released_in_the_future(simulator):
    rows = ask(simulator).json()["observations"]

    assert max(row["realtime_start"] for row in rows) <= "2026-07-29"


def test_what_came_after_the_last_day_to_serve_is_hidden_from_a_client_of_today():
    last = date(2025, 1, 9)
    fred = Fred(SyntheticSource(seed=7, articles_per_day=0), lambda: NOW, last)

    response = fred.answer(ASKED | {"realtime_end": "2025-12-31"})

    assert response.status == 200
    rows = json.loads(response.body)["observations"]
    assert max(row["realtime_start"] for row in rows) == str(last)


def test_the_hundred_and_twenty_first_request_of_a_minute_is_one_too_many():
    fred = Fred(SyntheticSource(seed=7, articles_per_day=0), lambda: NOW, None)

    statuses = [fred.answer(ASKED | {"series_id": "NOSUCH"}).status for _ in range(121)]

    assert statuses == [400] * 120 + [429]


def test_a_period_shows_first_what_was_released_within_it_and_else_what_stood_at_its_start():
    day, on_monday, on_friday = date(2025, 4, 4), date(2025, 4, 7), date(2025, 4, 11)
    first, revised = Release(day, "1.9", on_monday), Release(day, "2.0", on_friday)

    assert first_in_period([revised, first], day, date(2025, 5, 1)) == [first]
    assert first_in_period([first, revised], on_friday, date(2025, 5, 1)) == [revised]
    assert first_in_period([first, revised], day, day) == []
