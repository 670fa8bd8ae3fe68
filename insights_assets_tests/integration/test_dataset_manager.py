"""One run of the DataManager: which requests it makes, and what becomes of each dataset.

What these tests guard against: requests one after another where they could go at once, a quota
spent twice, one failing request that takes the whole run along, and a day of a range that comes
out otherwise than the day alone.
"""

import asyncio
import ssl
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from insights_assets.datasets import DATASETS
from insights_assets.datasets.manager import DataManager, Vendors
from insights_assets.model.dates import NEW_YORK, days_between, previous_session
from insights_assets.model.outcomes import Dataset, Unavailable
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets.vendors.registry import WIRES
from insights_assets.vendors.wire import Access
from insights_assets_tests.support.recording import SAMPLE
from insights_assets_tests.support.vendor import (
    ALPHA_VANTAGE_DATASETS,
    KEY,
    NO_REDIS,
    TODAY,
    one_try_only,
    run,
    ten_o_clock,
)

REPLAY_TODAY = date(2025, 3, 3)


@pytest.fixture(scope="module")
def simulator():
    with SimulatorServer(SimulatorOptions(), clock=ten_o_clock) as server:
        yield server


@pytest.fixture
def outcomes_under(simulator, monkeypatch):
    """Run all datasets for today with some faults, one try for each request."""
    one_try_only(monkeypatch)

    def running(*faults, ids=ALPHA_VANTAGE_DATASETS):
        simulator.set_faults(faults)
        simulator.reset()
        return run(simulator.base_url, NO_REDIS, ids=ids)

    return running


@pytest.fixture(scope="module")
def replay():
    with SimulatorServer(SimulatorOptions(data=SAMPLE), clock=replay_clock) as server:
        yield server


def replay_clock():
    return datetime(2025, 3, 3, 18, tzinfo=NEW_YORK)


def without_fetch_time(outcome):
    return replace(outcome, fetched_at=None) if isinstance(outcome, Dataset) else outcome


def test_a_live_day_takes_fourteen_requests_most_of_them_at_once():
    with SimulatorServer(SimulatorOptions(latency_ms=250), clock=ten_o_clock) as slow:
        day = run(slow.base_url, NO_REDIS)
        stats = slow.stats()

    assert stats["by_function"] == {
        "TIME_SERIES_DAILY_ADJUSTED": 4,
        "TIME_SERIES_INTRADAY": 6,  # for three symbols, this month and the one before
        "TREASURY_YIELD": 2,
        "NEWS_SENTIMENT": 1,
        "IPO_CALENDAR": 1,
    }
    assert (day.requests, stats["total"]) == (14, 14)
    assert stats["max_in_flight"] >= 8


def test_every_dataset_of_a_live_day_is_fresh_and_says_where_it_comes_from(outcomes_under):
    day = outcomes_under()

    for id_ in ALPHA_VANTAGE_DATASETS:
        outcome = day[id_]
        assert (outcome.quality, outcome.source) == ("fresh", "simulator")
        assert outcome.fetched_at == ten_o_clock()
        assert outcome.reason.startswith(f"{outcome.data.rows} rows, the newest of ")


def test_only_the_selected_datasets_are_asked_for(simulator, outcomes_under):
    day = outcomes_under(ids=("treasury_2y",))

    assert list(day.outcomes) == ["treasury_2y"]
    assert [query["maturity"] for query in simulator.stats()["requests"]] == ["2year"]


def test_the_clients_of_a_run_share_one_tls_context(monkeypatch):
    made = []
    create = ssl.create_default_context
    monkeypatch.setattr(
        ssl, "create_default_context", lambda **given: made.append(given) or create(**given)
    )
    vendors = Vendors({id_: Access("http://vendor", KEY, 75) for id_ in WIRES}, 3, NO_REDIS)

    async def opening():
        async with DataManager.connect(vendors):
            pass

    asyncio.run(opening())

    assert len(vendors.accesses) == 2
    assert len(made) == 1, "each takes as long as a request to a vendor nearby"


def test_a_range_takes_one_request_for_each_series_month_and_news_answer(simulator):
    simulator.set_faults([])
    simulator.reset()

    run(simulator.base_url, NO_REDIS, *days_between(date(2025, 4, 28), TODAY))

    stats = simulator.stats()
    assert {query["limit"] for query in stats["requests"] if "limit" in query} == {"1000"}
    assert stats["by_function"] == {
        "TIME_SERIES_DAILY_ADJUSTED": 4,
        "TIME_SERIES_INTRADAY": 12,  # the sessions before these days lie in March to June
        "TREASURY_YIELD": 2,
        "NEWS_SENTIMENT": 1,  # about ten articles a day
        "IPO_CALENDAR": 1,
    }


def test_the_first_of_a_month_is_asked_for_in_the_month_of_its_last_session(simulator):
    simulator.set_faults([])
    simulator.reset()

    fetched = run(simulator.base_url, NO_REDIS, date(2025, 6, 1), ids=["intraday_bars"])

    assert {query["month"] for query in simulator.stats()["requests"]} == {"2025-05"}
    assert fetched["intraday_bars"].data.newest == date(2025, 5, 30)


def test_one_symbol_of_daily_bars_that_fails_is_missing_and_the_others_are_there(outcomes_under):
    day = outcomes_under("TIME_SERIES_DAILY_ADJUSTED:PLTR=premium")

    bars = day["daily_bars"].data
    assert list(bars.prices) == ["NVDA", "MSFT", "AMD"]
    assert "premium" in bars.missing["PLTR"]
    assert "PLTR" in day["daily_bars"].reason


def test_daily_bars_of_half_the_symbols_are_enough(outcomes_under):
    day = outcomes_under(
        "TIME_SERIES_DAILY_ADJUSTED:NVDA=http500", "TIME_SERIES_DAILY_ADJUSTED:MSFT=empty"
    )

    assert list(day["daily_bars"].data.prices) == ["AMD", "PLTR"]
    assert list(day["daily_bars"].data.missing) == ["NVDA", "MSFT"]


def test_daily_bars_of_fewer_symbols_are_unavailable(outcomes_under):
    symbols = ("NVDA", "MSFT", "AMD")

    day = outcomes_under(*[f"TIME_SERIES_DAILY_ADJUSTED:{symbol}=http500" for symbol in symbols])

    assert day["daily_bars"].cause == "outage"
    assert "only 1 of 4 symbols" in day["daily_bars"].reason


def test_intraday_bars_of_two_symbols_are_enough(outcomes_under):
    day = outcomes_under("TIME_SERIES_INTRADAY:NVDA=invalid")

    assert list(day["intraday_bars"].data.sessions) == ["MSFT", "AMD"]
    assert list(day["intraday_bars"].data.missing) == ["NVDA"]


def test_intraday_bars_of_one_symbol_are_unavailable(outcomes_under):
    day = outcomes_under("TIME_SERIES_INTRADAY:NVDA=invalid", "TIME_SERIES_INTRADAY:AMD=invalid")

    assert day["intraday_bars"].cause == "refused"
    assert "only 1 of 3 symbols" in day["intraday_bars"].reason


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("TREASURY_YIELD:2year=disconnect", "outage"),
        ("TREASURY_YIELD:2year=premium", "refused"),
        ("TREASURY_YIELD:2year=dailylimit", "quota"),
        ("TREASURY_YIELD:2year=malformed", "data"),
        ("TREASURY_YIELD:2year=emptyobject", "data"),
        ("TREASURY_YIELD:2year=truncated", "outage"),
        ("TREASURY_YIELD:2year=nan", "data"),
        ("NEWS_SENTIMENT=invalid", "refused"),
        ("NEWS_SENTIMENT=malformed", "data"),
        ("IPO_CALENDAR=csv_error", "outage"),
        ("IPO_CALENDAR=html", "outage"),
        ("IPO_CALENDAR=badkey", "refused"),
    ],
)
def test_one_failing_dataset_is_unavailable_and_the_others_are_there(outcomes_under, fault, cause):
    failing = {"TREASURY_YIELD": "treasury_2y", "NEWS_SENTIMENT": "news_sentiment_feed"}.get(
        fault.split("=")[0].split(":")[0], "ipo_calendar"
    )

    day = outcomes_under(fault)

    assert isinstance(day[failing], Unavailable)
    assert day[failing].cause == cause
    assert KEY not in day[failing].reason
    # What ends the whole key for now may meet the others first: which, is chance.
    assert fault.endswith(("dailylimit", "badkey")) or all(
        isinstance(day[id_], Dataset) for id_ in ALPHA_VANTAGE_DATASETS if id_ != failing
    )


def test_a_dataset_that_breaks_in_our_own_code_costs_no_other(outcomes_under, monkeypatch, caplog):
    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setitem(DATASETS, "ipo_calendar", replace(DATASETS["ipo_calendar"], fetch=broken))

    day = outcomes_under()

    assert "ZeroDivisionError" in day["ipo_calendar"].reason
    assert "Fetching ipo_calendar failed unexpectedly" in caplog.text
    assert isinstance(day["daily_bars"], Dataset)


def test_a_failing_month_costs_the_days_of_that_month_alone(simulator):
    # Of the nine requests, for three symbols in three months, the first three are refused.
    simulator.set_faults(["TIME_SERIES_INTRADAY=malformed*3"])
    days = (date(2025, 5, 15), TODAY)

    fetched = run(simulator.base_url, NO_REDIS, *days, ids=["intraday_bars"])

    kinds = {type(outcome) for outcome in fetched.outcomes["intraday_bars"].values()}
    assert kinds == {Unavailable, Dataset}


def test_a_past_day_has_no_calendar_and_asks_for_none(simulator):
    simulator.set_faults([])
    simulator.reset()

    fetched = run(simulator.base_url, NO_REDIS, TODAY - timedelta(days=1), ids=["ipo_calendar"])

    assert fetched["ipo_calendar"] == Unavailable(
        "the calendar has no history for past dates", "absent"
    )
    assert fetched.requests == 0


def test_today_is_the_day_in_new_york_whatever_the_clock_shows(simulator):
    simulator.set_faults([])

    def late_evening():
        return datetime.fromisoformat("2025-06-12T03:30:00+00:00")

    fetched = run(simulator.base_url, NO_REDIS, TODAY, ids=["ipo_calendar"], clock=late_evening)

    assert fetched["ipo_calendar"].data.day == TODAY


def test_recorded_days_come_out_of_a_range_as_they_come_out_alone(replay):
    days = [date(2025, 1, 2), date(2025, 1, 10), date(2025, 2, 3), date(2025, 2, 17), REPLAY_TODAY]

    together = run(replay.base_url, NO_REDIS, *days, clock=replay_clock)

    for day in days:
        alone = run(replay.base_url, NO_REDIS, day, clock=replay_clock)
        for id_ in ALPHA_VANTAGE_DATASETS:
            assert without_fetch_time(together.outcomes[id_][day]) == without_fetch_time(alone[id_])


def test_recorded_days_hold_nothing_from_after_their_opening(replay):
    days = days_between(date(2025, 1, 2), date(2025, 1, 31))

    fetched = run(replay.base_url, NO_REDIS, *days, clock=replay_clock).outcomes

    for day in days:
        assert fetched["daily_bars"][day].data.newest == last_session_before(day)
        assert fetched["intraday_bars"][day].data.newest == last_session_before(day)
        assert fetched["treasury_2y"][day].data.newest < day - timedelta(days=1)
        feed = fetched["news_sentiment_feed"][day].data
        opening = datetime(day.year, day.month, day.day, 9, 30, tzinfo=NEW_YORK)
        assert all(opening - timedelta(7) <= instant <= opening for instant in feed.published)
        assert fetched["daily_bars"][day].source == "replay"


def last_session_before(day):
    """The last NYSE session; on 9 January 2025 the exchange was closed (President Carter)."""
    session = previous_session(day)
    return previous_session(session) if session == date(2025, 1, 9) else session
