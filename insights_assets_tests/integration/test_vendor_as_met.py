"""Everything that was seen of the vendor in practice, each met as people meet it.

What these tests guard against: a number nobody measured, a dataset that is filed for an operator
although waiting would mend it, and a repair that asks forever for what no waiting mends. Each
fault is the simulator's, so that `insights simulator --fault` shows the same to anybody.
"""

import pytest

from insights_assets.datasets import DATASETS
from insights_assets.model.outcomes import Dataset
from insights_assets.model.stored import StoredDataset
from insights_assets.simulator import SimulatorOptions, SimulatorServer, spoiled
from insights_assets_tests.support.vendor import NO_REDIS, TEN_O_CLOCK, TODAY, run, ten_o_clock

FRESH = ("fresh", "")
DAILY, INTRADAY = "TIME_SERIES_DAILY_ADJUSTED", "TIME_SERIES_INTRADAY"
ENDS = {  # fault of one answer: what becomes of its dataset
    # 1: the burst refusals of 2026 and 2025 are met at a slower pace
    "NEWS_SENTIMENT=ratelimit*1": ("news_sentiment_feed", FRESH),
    "NEWS_SENTIMENT=burst2025*1": ("news_sentiment_feed", FRESH),
    # 3: a symbol without an answer, without its newest session, with half of it
    f"{DAILY}:NVDA=http500": ("daily_bars", ("partial", "NVDA: the vendor answered HTTP 500")),
    f"{DAILY}:NVDA=late": ("daily_bars", ("partial", "NVDA: its session of 2025-06-10 is not")),
    f"{INTRADAY}:NVDA=halfsession": ("intraday_bars", ("partial", "NVDA: only 6 of 13 half hours")),
    f"{INTRADAY}:NVDA=late": (
        "intraday_bars",
        ("partial", "NVDA: no bars of the session of 2025-06-10"),
    ),
    # 4: what asking once more mends
    "TREASURY_YIELD:10year=invalid*1": ("treasury_10y", FRESH),
    "TREASURY_YIELD:10year=http403*1": ("treasury_10y", FRESH),
    "TREASURY_YIELD:10year=http408*1": ("treasury_10y", FRESH),
    "TREASURY_YIELD:10year=http425*1": ("treasury_10y", FRESH),
    # 6: answers to another question
    "TREASURY_YIELD:10year=othermaturity": ("treasury_10y", (None, "the answer is about 2year")),
    "TREASURY_YIELD:10year=otherinterval": ("treasury_10y", (None, "another question")),
    f"{INTRADAY}=otherinterval": ("intraday_bars", (None, "asked was the interval 30min")),
    f"{DAILY}:NVDA=othersymbol": ("daily_bars", ("partial", "asked was the symbol NVDA")),
    f"{INTRADAY}=otherzone": ("intraday_bars", (None, "US/Pacific")),
    "TREASURY_YIELD:10year=sample": ("treasury_10y", (None, "no real data")),
    # numbers that are none: a better answer may follow
    "TREASURY_YIELD:10year=nan": ("treasury_10y", (None, "rows are unusable")),
    # 7: an answer that ends at 50 articles
    "NEWS_SENTIMENT=cut50": ("news_sentiment_feed", FRESH),
    # 8: prices nobody should believe, and rows of a calendar judged one by one
    f"{DAILY}:NVDA=absurd": ("daily_bars", FRESH),
    f"{DAILY}:NVDA=unsplit": ("daily_bars", ("partial", "no split is reported")),
    "IPO_CALENDAR=units": ("ipo_calendar", FRESH),
    "IPO_CALENDAR=norows": ("ipo_calendar", (None, "no offering that can be read")),
}
MENDED_BY_OTHERS = {  # the vendor or an operator has to change something
    "TREASURY_YIELD:10year=premium": "treasury_10y",
    "TREASURY_YIELD:10year=invalid": "treasury_10y",
    "IPO_CALENDAR=undated": "ipo_calendar",
}


@pytest.fixture(scope="module")
def simulator():
    with SimulatorServer(SimulatorOptions(), clock=ten_o_clock) as server:
        yield server


@pytest.fixture(scope="module")
def healthy(simulator):
    simulator.set_faults([])
    return run(simulator.base_url, NO_REDIS)


def met(simulator, fault, id_):
    simulator.set_faults([fault])
    return run(simulator.base_url, NO_REDIS, ids=[id_], deadline=3)[id_]


def asked_again(outcome):
    """When the repair asks for what was stored of an outcome."""
    quality = outcome.quality if isinstance(outcome, Dataset) else "unavailable"
    return StoredDataset(quality, TEN_O_CLOCK, outcome.cause, outcome.reason).asked_again_at()


@pytest.mark.parametrize("fault", ENDS)
def test_it_is_right_or_partial_or_unavailable_with_a_reason_and_asked_for_again(
    fault, simulator, healthy
):
    id_, (quality, words) = ENDS[fault]

    outcome = met(simulator, fault, id_)

    assert (outcome.quality if isinstance(outcome, Dataset) else None) == quality, outcome.reason
    assert words in outcome.reason
    if quality == "fresh":
        assert outcome.data == healthy[id_].data or fault.endswith("=absurd")
    else:
        assert asked_again(outcome)


@pytest.mark.parametrize("fault", MENDED_BY_OTHERS)
def test_what_somebody_has_to_change_is_not_asked_for_again(fault, simulator):
    assert asked_again(met(simulator, fault, MENDED_BY_OTHERS[fault])) is None


def test_a_slip_of_a_price_is_left_out_and_an_undated_company_is_not_counted(simulator, healthy):
    prices = met(simulator, f"{DAILY}:NVDA=absurd", "daily_bars").data.prices["NVDA"]
    calendar = met(simulator, "IPO_CALENDAR=undated", "ipo_calendar")

    whole = healthy["daily_bars"].data.prices["NVDA"]
    assert set(whole.dates) - set(prices.dates) == {whole.dates[-3]}
    assert calendar.data.rows == healthy["ipo_calendar"].data.rows - 1
    assert (calendar.quality, calendar.reason) == (
        "partial",
        "calendar: one row has no readable date",
    )


def test_every_spoiled_answer_of_the_simulator_is_met():
    tried = {fault.partition("=")[2].partition("*")[0] for fault in (*ENDS, *MENDED_BY_OTHERS)}

    assert spoiled.KINDS.keys() <= tried
    assert {id_ for id_, _ in ENDS.values()} <= DATASETS.keys()
    assert TEN_O_CLOCK.date() == TODAY
