"""The stand-in's synthetic answers over real HTTP, at a New York time that the test chooses.

What is guarded here: the vendor's shapes to the letter, the same values whatever is asked and
when, and nothing that the vendor would not have yet.
"""

import csv
import io
import re
import statistics
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import httpx
import pytest

from insights_assets.simulator import SimulatorOptions, SimulatorServer

NEW_YORK = ZoneInfo("America/New_York")
DAILY_FIELDS = [
    "1. open",
    "2. high",
    "3. low",
    "4. close",
    "5. adjusted close",
    "6. volume",
    "7. dividend amount",
    "8. split coefficient",
]
NOON = "2025-01-10 12:00"


@contextmanager
def vendor_at(moment, **options):
    """Ask a simulator that believes it is `moment` in New York; yields the asking function."""
    clock = datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK)
    with (
        SimulatorServer(SimulatorOptions(**options), clock=lambda: clock) as server,
        httpx.Client(trust_env=False) as client,
    ):
        yield lambda **query: client.get(server.base_url, params={"apikey": "any", **query})


def daily(ask, symbol="NVDA", size="full"):
    response = ask(function="TIME_SERIES_DAILY_ADJUSTED", symbol=symbol, outputsize=size)
    return response.json()["Time Series (Daily)"]


def intraday(ask, month="2025-01", **more):
    query = {"symbol": "NVDA", "interval": "30min", "extended_hours": "false", **more}
    if month:
        query["month"] = month
    return ask(function="TIME_SERIES_INTRADAY", outputsize="full", **query).json()


def treasury(ask, maturity="2year"):
    body = ask(function="TREASURY_YIELD", interval="daily", maturity=maturity).json()
    return {row["date"]: row["value"] for row in body["data"]}


def news(ask, **query):
    return ask(function="NEWS_SENTIMENT", topics="technology", **query).json()


def ipos(ask):
    return list(csv.DictReader(io.StringIO(ask(function="IPO_CALENDAR").text)))


@pytest.fixture(scope="module")
def ask():
    with vendor_at(NOON) as asking:
        yield asking


@pytest.fixture(scope="module")
def ask_at():
    """Move one simulator through time: `ask_at(moment)` is how to ask at that moment."""
    moments = [NOON]

    def clock():
        return datetime.fromisoformat(moments[-1]).replace(tzinfo=NEW_YORK)

    with (
        SimulatorServer(SimulatorOptions(), clock=clock) as server,
        httpx.Client(trust_env=False) as client,
    ):

        def at(moment):
            moments.append(moment)
            return lambda **query: client.get(server.base_url, params={"apikey": "any", **query})

        yield at


def test_a_daily_answer_has_the_vendors_shape(ask):
    response = ask(function="TIME_SERIES_DAILY_ADJUSTED", symbol="nvda", outputsize="full")

    body = response.json()
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-insights-source"] == "simulator"
    assert body["Meta Data"] == {
        "1. Information": "Daily Time Series with Splits and Dividend Events",
        "2. Symbol": "NVDA",
        "3. Last Refreshed": "2025-01-08",
        "4. Output Size": "Full size",
        "5. Time Zone": "US/Eastern",
    }
    series = body["Time Series (Daily)"]
    assert list(series) == sorted(series, reverse=True)
    assert min(series) == "2010-01-04"
    assert list(series["2025-01-08"]) == DAILY_FIELDS
    assert all(isinstance(value, str) for value in series["2025-01-08"].values())


def test_a_compact_answer_is_the_newest_hundred_sessions_of_the_full_one(ask):
    full = daily(ask)

    assert daily(ask, size="compact") == dict(list(full.items())[:100])


def test_daily_bars_are_coherent_and_stay_plausible_for_fifteen_years(ask):
    bars = [[float(value) for value in bar.values()] for bar in daily(ask, "ANY").values()]

    for open_, high, low, close, adjusted, volume, _, _ in bars:
        assert 1 < low <= min(open_, close) <= max(open_, close) <= high < 5000
        assert adjusted == close
        assert volume > 0
    moves = [new[3] / old[3] - 1 for new, old in pairwise(bars)]
    assert 0.015 < statistics.stdev(moves) < 0.025


def test_nvda_is_quoted_as_traded_and_adjusted_across_its_two_splits(ask):
    bars = daily(ask)

    splits = {day: bar["8. split coefficient"] for day, bar in bars.items()}
    assert {d: s for d, s in splits.items() if s != "1.0"} == {
        "2021-07-20": "4.0",
        "2024-06-10": "10.0",
    }
    for before, after, ratio in (
        ("2021-07-19", "2021-07-20", 4),
        ("2024-06-07", "2024-06-10", 10),
    ):
        fall = float(bars[before]["4. close"]) / float(bars[after]["4. close"])
        assert fall == pytest.approx(ratio, rel=0.15)
        assert float(bars[before]["5. adjusted close"]) == pytest.approx(
            float(bars[after]["5. adjusted close"]), rel=0.15
        )
    assert float(bars["2010-01-04"]["4. close"]) == pytest.approx(
        40 * float(bars["2010-01-04"]["5. adjusted close"])
    )


def test_sessions_follow_the_exchange_without_gaps(ask):
    days = [date.fromisoformat(day) for day in daily(ask)]

    assert all(day.weekday() < 5 for day in days)
    closed = {date(2024, 12, 25), date(2024, 3, 29), date(2025, 1, 9), date(2012, 10, 29)}
    assert not closed & set(days)
    assert sum(day.year == 2024 for day in days) == 252


def test_intraday_bars_have_the_vendors_shape(ask):
    body = intraday(ask)

    assert body["Meta Data"] == {
        "1. Information": "Intraday (30min) open, high, low, close prices and volume",
        "2. Symbol": "NVDA",
        "3. Last Refreshed": "2025-01-10 11:30:00",
        "4. Interval": "30min",
        "5. Output Size": "Full size",
        "6. Time Zone": "US/Eastern",
    }
    series = body["Time Series (30min)"]
    assert list(series) == sorted(series, reverse=True)
    bar = series["2025-01-08 09:30:00"]
    assert list(bar) == ["1. open", "2. high", "3. low", "4. close", "5. volume"]
    assert all(isinstance(value, str) for value in bar.values())


def test_half_hours_agree_with_their_day(ask):
    days = daily(ask)
    series = intraday(ask, "2024-05")["Time Series (30min)"]

    for day in sorted({stamp[:10] for stamp in series}):
        bars = [bar for stamp, bar in sorted(series.items()) if stamp.startswith(day)]
        whole = [float(value) for value in days[day].values()]
        assert float(bars[0]["1. open"]) == whole[0]
        assert max(float(bar["2. high"]) for bar in bars) == whole[1]
        assert min(float(bar["3. low"]) for bar in bars) == whole[2]
        assert float(bars[-1]["4. close"]) == whole[3]
        assert sum(int(bar["5. volume"]) for bar in bars) == whole[5]
        for bar in bars:
            open_, high, low, close, _ = map(float, bar.values())
            assert low <= min(open_, close) <= max(open_, close) <= high


def test_a_session_has_thirteen_half_hours_and_an_early_close_seven(ask):
    stamps = sorted(intraday(ask, "2024-07")["Time Series (30min)"])

    by_day = {
        day: [s[11:] for s in stamps if s.startswith(day)] for day in (s[:10] for s in stamps)
    }
    assert "2024-07-04" not in by_day
    assert by_day.pop("2024-07-03")[::6] == ["09:30:00", "12:30:00"]
    assert {(len(bars), bars[0], bars[-1]) for bars in by_day.values()} == {
        (13, "09:30:00", "15:30:00")
    }


def test_without_a_month_intraday_is_the_trailing_thirty_days(ask):
    stamps = sorted(intraday(ask, month=None)["Time Series (30min)"])

    assert (stamps[0][:10], stamps[-1]) == ("2024-12-11", "2025-01-10 11:30:00")


@pytest.mark.parametrize(
    ("maturity", "name"),
    [
        ("2year", "2-Year Treasury Constant Maturity Rate"),
        ("10year", "10-Year Treasury Constant Maturity Rate"),
    ],
)
def test_a_treasury_answer_has_the_vendors_shape(ask, maturity, name):
    body = ask(function="TREASURY_YIELD", interval="daily", maturity=maturity).json()

    assert (body["name"], body["interval"], body["unit"]) == (name, "daily", "percent")
    assert list(body["data"][0]) == ["date", "value"]
    days = [row["date"] for row in body["data"]]
    assert days == sorted(days, reverse=True)
    values = [row["value"] for row in body["data"]]
    assert all(value == "." or 0.3 <= float(value) <= 5.5 for value in values)


def test_yields_are_a_dot_on_federal_holidays_and_absent_at_weekends(ask):
    values = treasury(ask)

    assert values["2024-10-14"] == values["2024-11-11"] == "."  # the NYSE was open
    assert values["2024-12-24"] != "."
    assert not {"2024-12-28", "2024-12-29"} & set(values)


def test_a_news_answer_has_the_vendors_shape(ask):
    body = news(ask, time_from="20250101T0000", time_to="20250108T0000", limit="200")

    feed = body["feed"]
    assert body["items"] == str(len(feed))
    assert {"sentiment_score_definition", "relevance_score_definition"} <= set(body)
    assert len({article["url"] for article in feed}) == len(feed)
    assert 40 < len(feed) < 100
    scores = [article["overall_sentiment_score"] for article in feed]
    assert all(-1 <= score <= 1 for score in scores)
    assert 0 < statistics.mean(scores) < 0.3
    article = feed[0]
    assert article["title"].startswith("Synthetic: ")
    assert article["url"].startswith("https://news.example/")
    assert re.fullmatch(r"202501\d\dT\d{6}", article["time_published"])
    assert "technology" in [topic["topic"] for topic in article["topics"]]
    assert isinstance(article["ticker_sentiment"][0]["relevance_score"], str)


def test_news_keep_to_the_window_the_order_and_the_limit(ask):
    window = {"time_from": "20250102T0600", "time_to": "20250107T1830"}

    latest = [a["time_published"] for a in news(ask, limit="1000", **window)["feed"]]
    earliest = [a["time_published"] for a in news(ask, sort="EARLIEST", **window)["feed"]]
    relevance = news(ask, sort="RELEVANCE", limit="7", **window)["feed"]
    assert latest == sorted(latest, reverse=True)
    assert "20250102T060000" <= min(latest) <= max(latest) <= "20250107T183000"
    assert earliest == sorted(latest)[:50]
    assert len(relevance) == 7
    assert len(news(ask)["feed"]) == 50


def test_a_window_without_articles_gets_the_vendors_information(ask):
    body = news(ask, time_from="20250104T0000", time_to="20250104T0000")

    assert body["Information"].startswith("No articles found. Please adjust the time range")


def test_the_number_of_articles_a_day_can_be_chosen():
    with vendor_at(NOON, articles_per_day=40) as ask:
        many = news(ask, time_from="20250103T0000", time_to="20250103T2359", limit="1000")
    with vendor_at(NOON, articles_per_day=0) as ask:
        none = news(ask)

    assert 30 <= int(many["items"]) <= 50
    assert "Information" in none


def test_an_ipo_calendar_has_the_vendors_columns_and_the_next_ninety_days(ask):
    response = ask(function="IPO_CALENDAR")

    assert response.text.splitlines()[0] == (
        "symbol,name,ipoDate,priceRangeLow,priceRangeHigh,currency,exchange"
    )
    rows = ipos(ask)
    assert 5 <= len(rows) <= 20
    assert all("2025-01-10" <= row["ipoDate"] <= "2025-04-10" for row in rows)
    assert all(row["name"].startswith("Synthetic ") for row in rows)
    assert len({row["symbol"] for row in rows}) == len(rows)


def test_an_announced_ipo_stays_until_its_day(ask, ask_at):
    later = ipos(ask_at("2025-01-17 12:00"))

    still = [row for row in ipos(ask) if row["ipoDate"] >= "2025-01-17"]
    assert [row for row in later if row["ipoDate"] <= "2025-04-10"] == still


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"function": "IPO_CALENDAR", "apikey": ""}, "the parameter apikey is invalid or missing"),
        ({"function": "MADE_UP"}, "This API function (MADE_UP) does not exist."),
        ({}, "This API function () does not exist."),
    ],
)
def test_a_wrong_question_gets_the_vendors_words_under_http_200(ask, query, text):
    response = ask(**query)

    assert response.status_code == 200
    assert response.json()["Error Message"].startswith(text)


@pytest.mark.parametrize(
    "query",
    [
        {"function": "TIME_SERIES_DAILY_ADJUSTED"},
        {"function": "TIME_SERIES_DAILY_ADJUSTED", "symbol": "../etc"},
        {"function": "TIME_SERIES_DAILY_ADJUSTED", "symbol": "NVDA", "outputsize": "huge"},
        {"function": "TIME_SERIES_INTRADAY", "symbol": "NVDA", "interval": "30min"},
        {"function": "TREASURY_YIELD", "maturity": "2year"},
        {"function": "TREASURY_YIELD", "interval": "daily", "maturity": "1year"},
        {"function": "NEWS_SENTIMENT", "limit": "1001"},
        {"function": "NEWS_SENTIMENT", "sort": "BEST"},
        {"function": "NEWS_SENTIMENT", "time_from": "2025-01-01"},
        {"function": "NEWS_SENTIMENT", "time_from": "20250231T0000"},
    ],
)
def test_missing_and_invalid_parameters_are_an_invalid_call(ask, query):
    message = ask(**query).json()["Error Message"]

    assert message.startswith("Invalid API call.")
    assert message.endswith(f"for {query['function']}.")


@pytest.mark.parametrize("month", ["2025-02", "2009-12", "2025-13", "January"])
def test_a_month_outside_the_history_is_an_invalid_call(ask, month):
    assert "Invalid API call" in intraday(ask, month)["Error Message"]


def test_values_depend_on_the_seed_and_on_nothing_else(ask):
    with vendor_at("2031-03-05 08:00") as ask_years_later:
        later = daily(ask_years_later), treasury(ask_years_later)
        later_bars = intraday(ask_years_later, "2024-12")
        later_news = news(ask_years_later, time_from="20250101T0000", time_to="20250105T0000")
    with vendor_at(NOON, seed=8) as ask_another:
        other = daily(ask_another)

    now = daily(ask), treasury(ask)
    assert all(new.items() >= old.items() for new, old in zip(later, now, strict=True))
    assert later_bars == intraday(ask, "2024-12")
    assert later_news == news(ask, time_from="20250101T0000", time_to="20250105T0000")
    assert other["2025-01-08"] != now[0]["2025-01-08"]


@pytest.mark.parametrize(
    ("moment", "newest"),
    [
        ("2025-01-08 15:59", "2025-01-07"),
        ("2025-01-08 16:00", "2025-01-08"),
        ("2025-01-12 23:00", "2025-01-10"),
        ("2024-07-03 12:59", "2024-07-02"),
        ("2024-07-03 13:00", "2024-07-03"),
    ],
)
def test_a_session_appears_when_it_has_ended(ask_at, moment, newest):
    assert max(daily(ask_at(moment), size="compact")) == newest


@pytest.mark.parametrize(
    ("moment", "newest"),
    [
        ("2025-01-08 09:59", "2025-01-07 15:30:00"),
        ("2025-01-08 10:00", "2025-01-08 09:30:00"),
        ("2025-01-08 16:00", "2025-01-08 15:30:00"),
    ],
)
def test_a_half_hour_appears_when_it_has_ended(ask_at, moment, newest):
    assert max(intraday(ask_at(moment))["Time Series (30min)"]) == newest


def test_the_month_is_empty_before_its_first_bar_has_ended(ask_at):
    assert intraday(ask_at("2025-01-01 12:00"))["Time Series (30min)"] == {}


@pytest.mark.parametrize(
    ("moment", "newest"),
    [
        ("2025-01-08 16:14", "2025-01-06"),
        ("2025-01-08 16:15", "2025-01-07"),
        ("2024-11-11 20:00", "2024-11-07"),  # Veterans Day: Friday comes out on Tuesday
        ("2024-11-12 16:15", "2024-11-11"),
    ],
)
def test_a_yield_appears_on_the_next_federal_business_day(ask_at, moment, newest):
    assert max(treasury(ask_at(moment))) == newest


def test_an_article_appears_when_it_is_published(ask_at):
    newest = news(ask_at(NOON), limit="1")["feed"][0]["time_published"]
    published = datetime.strptime(newest + "+0000", "%Y%m%dT%H%M%S%z").astimezone(NEW_YORK)

    a_second_earlier = f"{published - timedelta(seconds=1):%Y-%m-%d %H:%M:%S}"
    before = news(ask_at(a_second_earlier), limit="1")["feed"][0]["time_published"]

    assert before < newest <= "20250110T170000"


def test_until_hides_what_is_dated_later_and_keeps_the_day_itself():
    with vendor_at("2025-06-02 12:00", until=date(2025, 1, 8)) as ask:
        assert max(daily(ask)) == "2025-01-08"
        assert max(intraday(ask)["Time Series (30min)"]) == "2025-01-08 15:30:00"
        assert "Invalid API call" in intraday(ask, "2025-02")["Error Message"]
        assert max(treasury(ask)) == "2025-01-08"
        assert news(ask)["feed"][0]["time_published"].startswith("20250108T")
        assert "2025-01-08" <= ipos(ask)[0]["ipoDate"] < "2025-02-08"


def test_until_in_the_future_reveals_nothing_early():
    with vendor_at(NOON, until=date(2030, 1, 1)) as ask:
        assert max(daily(ask)) == "2025-01-08"
        assert ipos(ask)[0]["ipoDate"] < "2025-03-01"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"latency_ms": -1}, "The latency must be 0 ms or more, not -1 ms."),
        ({"articles_per_day": -1}, "The articles per day must be 0 or more, not -1."),
        ({"until": date(1999, 1, 1)}, "must be 2010-01-04 or later, not 1999-01-01."),
        ({"faults": ("IPO_CALENDAR=boom",)}, "The fault 'IPO_CALENDAR=boom' is not"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(options, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        SimulatorOptions(**options)
