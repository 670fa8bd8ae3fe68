"""Prices that nobody should believe, and answers to another question.

What these tests guard against: a confident wrong score from one slip, from a split that the vendor
forgot, or from the yield of another maturity.
"""

import json
from datetime import date, timedelta

import pytest

from insights_assets.datasets import daily_bars, intraday_bars, treasury_yields
from insights_assets.datasets.history import Observations
from insights_assets.datasets.plausibility import believable
from insights_assets.datasets.splits import unadjusted_split
from insights_assets.model.outcomes import Unavailable
from insights_assets.vendors import errors

FIRST = date(2025, 1, 2)


def window(*values):
    days = tuple(FIRST + timedelta(days=n) for n in range(len(values)))
    return Observations(days, values)


def flat(count, price=130.0):
    return (price,) * count


def test_one_slip_among_its_neighbours_is_left_out():
    kept = believable(window(*flat(30), 245_397.0, *flat(30)))

    assert kept.values == flat(60)
    assert FIRST + timedelta(days=30) not in kept.dates


def test_a_slip_that_is_the_newest_price_makes_the_window_unavailable():
    kept = believable(window(*flat(60), 245_397.0))

    assert isinstance(kept, Unavailable)
    assert "the price went from 130 to 245397 on 2025-03-03" in kept.reason
    assert kept.cause == "late"


@pytest.mark.parametrize("ratio", [2, 4, 10, 1 / 10])
def test_a_split_that_nobody_reported_makes_the_window_unavailable(ratio):
    kept = believable(window(*flat(40), *flat(40, 130.0 / ratio)))

    assert isinstance(kept, Unavailable)
    assert "no split is reported" in kept.reason


def session(adjusted, close, split="1.0"):
    return {"4. close": close, "5. adjusted close": adjusted, "8. split coefficient": split}


@pytest.mark.parametrize(
    ("before", "is_found"),
    [
        pytest.param(session("1300", "1300"), True, id="the prices before it lack it"),
        pytest.param(session("130", "1300"), False, id="the prices before it know it"),
        pytest.param(session(".", "1300"), False, id="there is no price before it"),
    ],
)
def test_a_reported_split_has_to_be_in_the_prices_before_it(before, is_found):
    sessions = {FIRST: before, FIRST + timedelta(days=1): session("130", "130", "10.0")}

    assert bool(unadjusted_split(sessions, 2)) == is_found


def test_what_lies_outside_of_the_window_is_not_looked_at():
    histories = {"NVDA": daily_bars.History(window(*flat(400, 1300.0)[:1], *flat(300)))}

    assert daily_bars.known(histories, FIRST + timedelta(days=301)).missing == {}


def test_a_crash_that_markets_have_seen_is_believed():
    crashed = window(*flat(30), *flat(30, 80.0))

    assert believable(crashed) == crashed


def daily_answer(**meta):
    fields = {"1. Information": "Daily", "2. Symbol": "NVDA", "5. Time Zone": "US/Eastern"}
    rows = {"2025-01-02": {"5. adjusted close": "130"}}
    return json.dumps({"Meta Data": fields | meta, "Time Series (Daily)": rows})


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"2. Symbol": "MSFT"}, "asked was the symbol NVDA, the answer is about MSFT"),
        ({"5. Time Zone": "US/Pacific"}, "time zone US/Eastern, the answer is about US/Pacific"),
        ({"1. Information": "Sample data, artificial"}, "no real data"),
    ],
)
def test_prices_that_were_not_asked_for_are_refused(meta, said):
    with pytest.raises(errors.OtherQuestion, match=said):
        daily_bars.parse(daily_bars.query("NVDA"), daily_answer(**meta))


def test_the_prices_that_were_asked_for_are_read():
    assert daily_bars.parse(daily_bars.query("NVDA"), daily_answer()).observations.values == (130,)


def yields(name="10-Year Treasury Constant Maturity Rate", interval="daily", step=1):
    rows = [{"date": str(FIRST + timedelta(days=step * n)), "value": "4.25"} for n in range(10)]
    return json.dumps({"name": name, "interval": interval, "data": rows})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            yields(name="2-Year Treasury Constant Maturity Rate"),
            "10year, the answer is about 2year",
        ),
        (yields(interval="monthly"), "interval daily, the answer is about monthly"),
        (yields(step=30), "one value in 30 days"),
        (yields(step=7), "one value in 7 days"),
    ],
)
def test_yields_that_were_not_asked_for_are_refused(body, said):
    with pytest.raises(errors.OtherQuestion, match=said):
        treasury_yields.parse(treasury_yields.query("10year"), body)


def test_a_daily_series_may_have_a_value_in_five_days():
    query = treasury_yields.query("10year")

    assert treasury_yields.parse(query, yields(step=5)).observations.values[-1] == 4.25


def test_bars_of_another_interval_are_refused():
    meta = {"2. Symbol": "NVDA", "4. Interval": "60min", "6. Time Zone": "US/Eastern"}
    body = json.dumps({"Meta Data": meta, "Time Series (30min)": {}})

    with pytest.raises(errors.OtherQuestion, match="interval 30min"):
        intraday_bars.parse(intraday_bars.query("NVDA", FIRST, closed=True), body)
