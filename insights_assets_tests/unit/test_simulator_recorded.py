"""Replaying a recorded folder: a small one written here, the sample, and the whole recording."""

import json
import re
from contextlib import contextmanager
from datetime import date

import httpx
import pytest

from insights_assets.simulator import SimulatorOptions, SimulatorServer, create_app
from insights_assets_tests.support.recording import RECORDING, SAMPLE, needs_recording

IPO_HEADER = "symbol,name,ipoDate,priceRangeLow,priceRangeHigh,currency,exchange\n"


def article(stamp, topic="Mining"):
    return {
        "title": f"At {stamp}",
        "url": f"https://news.example/{stamp}",
        "time_published": stamp,
        "topics": [{"topic": topic, "relevance_score": "0.5"}],
        "overall_sentiment_score": 0.1,
    }


@pytest.fixture
def folder(tmp_path):
    """Three days of everything."""
    for part in ("daily", "intraday", "treasury", "ipo"):
        (tmp_path / part).mkdir()
    (tmp_path / "daily/NVDA.csv").write_text(
        "date,open,high,low,close,adjusted_close,volume,split_coefficient\n"
        "2024-06-06,1240.4800,1255.8700,1183.2000,1209.9800,120.950001,66469600,1.0\n"
        "2024-06-07,1197.7000,1216.9200,1180.2200,1208.8800,120.840000,41238600,1.0\n"
        "2024-06-10,120.3700,123.1000,117.0100,121.7900,121.740000,314162700,10.0\n"
    )
    (tmp_path / "intraday/NVDA.csv").write_text(
        "timestamp,open,high,low,close,volume\n"
        "2024-06-07 15:30:00,120.1,120.9,120.0,120.888,1000\n"
        "2024-06-10 09:30:00,120.37,121.0,119.0,120.5,2000\n"
    )
    for maturity, value in (("2year", "4.87"), ("10year", "4.43")):
        (tmp_path / f"treasury/{maturity}.csv").write_text(
            f"date,value\n2024-06-07,{value}\n2024-06-10,.\n"
        )
    stamps = ("20240607T120000", "20240606T235959", "20240610T000000")
    (tmp_path / "news.jsonl").write_text("".join(json.dumps(article(s)) + "\n" for s in stamps))
    (tmp_path / "ipo/2024-06-10.csv").write_text(IPO_HEADER + "ABC,A Co,2024-06-12,4,5,USD,NYSE\n")
    return tmp_path


@contextmanager
def replay(folder, until=None):
    options = SimulatorOptions(data=folder, until=until)
    with SimulatorServer(options) as server, httpx.Client(trust_env=False) as client:
        yield lambda **query: client.get(server.base_url, params={"apikey": "any", **query})


def intraday(ask, **more):
    return ask(
        function="TIME_SERIES_INTRADAY",
        interval="30min",
        extended_hours="false",
        outputsize="full",
        **more,
    ).json()


def test_recorded_days_are_served_as_recorded_and_say_so(folder):
    with replay(folder) as ask:
        response = ask(function="TIME_SERIES_DAILY_ADJUSTED", symbol="NVDA", outputsize="full")

    assert response.headers["x-insights-source"] == "replay"
    series = response.json()["Time Series (Daily)"]
    assert list(series) == ["2024-06-10", "2024-06-07", "2024-06-06"]
    assert list(series["2024-06-10"].values()) == [
        "120.3700",
        "123.1000",
        "117.0100",
        "121.7900",
        "121.740000",
        "314162700",
        "0.0000",
        "10.0",
    ]


def test_recorded_half_hours_yields_and_news_are_served(folder):
    with replay(folder) as ask:
        bars = intraday(ask, symbol="NVDA", month="2024-06")["Time Series (30min)"]
        ten = ask(function="TREASURY_YIELD", interval="daily", maturity="10year").json()
        feed = ask(function="NEWS_SENTIMENT", time_from="20240607T0000", limit="2").json()["feed"]

    assert list(bars) == ["2024-06-10 09:30:00", "2024-06-07 15:30:00"]
    assert ten["data"] == [
        {"date": "2024-06-10", "value": "."},
        {"date": "2024-06-07", "value": "4.43"},
    ]
    assert [a["time_published"] for a in feed] == ["20240610T000000", "20240607T120000"]


def test_recorded_articles_are_served_whatever_their_topics(folder):
    with replay(folder) as ask:
        body = ask(function="NEWS_SENTIMENT", topics="technology", sort="RELEVANCE").json()

    assert body["items"] == "3"


def test_until_makes_a_recorded_day_today(folder):
    with replay(folder, until=date(2024, 6, 7)) as ask:
        daily = ask(function="TIME_SERIES_DAILY_ADJUSTED", symbol="NVDA").json()
        bars = intraday(ask, symbol="NVDA", month="2024-06")["Time Series (30min)"]
        feed = ask(function="NEWS_SENTIMENT").json()["feed"]

    assert max(daily["Time Series (Daily)"]) == "2024-06-07"
    assert max(bars) == "2024-06-07 15:30:00"
    assert feed[0]["time_published"] == "20240607T120000"


def test_a_calendar_is_served_only_for_the_day_it_was_captured(folder):
    with replay(folder, until=date(2024, 6, 10)) as ask:
        captured = ask(function="IPO_CALENDAR")
    with replay(folder, until=date(2024, 6, 11)) as ask:
        absent = ask(function="IPO_CALENDAR")

    assert captured.content == (folder / "ipo/2024-06-10.csv").read_bytes()
    assert absent.status_code == 200
    assert absent.json() == {"Error Message": "No IPO calendar was recorded for 2024-06-11."}


def test_a_symbol_or_month_that_was_not_recorded_is_an_invalid_call(folder):
    with replay(folder) as ask:
        daily = ask(function="TIME_SERIES_DAILY_ADJUSTED", symbol="AMD").json()
        bars = intraday(ask, symbol="AMD", month="2024-06")
        month = intraday(ask, symbol="NVDA", month="2024-05")

    assert all("Invalid API call" in body["Error Message"] for body in (daily, bars, month))


def test_a_missing_or_wrong_folder_is_one_plain_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"There is no folder of recorded data at .*nowhere"):
        create_app(SimulatorOptions(data=tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="is not recorded data: it has no daily, intraday, "):
        create_app(SimulatorOptions(data=tmp_path))


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("daily/NVDA.csv", "date,open\n2024-06-06,1\n", "Row 1 of .*NVDA.csv is not a row of"),
        ("treasury/2year.csv", "date,value\nsoon,4\n", "Row 1 of .*2year.csv is not a row of"),
        ("intraday/NVDA.csv", "timestamp,open,high,low,close,volume\n2024-06-06\n", "Row 1 of"),
        ("news.jsonl", "{}\n", "Line 1 of .*news.jsonl is not an article in JSON."),
        ("news.jsonl", "<html>\n", "Line 1 of .*news.jsonl is not an article in JSON."),
    ],
)
def test_a_broken_recording_is_refused_with_its_file_and_line(folder, path, text, sentence):
    (folder / path).write_text(text)

    with pytest.raises(ValueError, match=sentence):
        create_app(SimulatorOptions(data=folder))


def test_a_missing_maturity_is_refused_by_name(folder):
    (folder / "treasury/10year.csv").unlink()

    with pytest.raises(ValueError, match=re.escape("10year.csv cannot be read: No such file")):
        create_app(SimulatorOptions(data=folder))


def test_the_sample_replays_a_known_day():
    with replay(SAMPLE, until=date(2025, 1, 27)) as ask:
        daily = ask(function="TIME_SERIES_DAILY_ADJUSTED", symbol="NVDA").json()
        bars = intraday(ask, symbol="MSFT", month="2025-01")["Time Series (30min)"]
        two = ask(function="TREASURY_YIELD", interval="daily", maturity="2year").json()
        window = {"time_from": "20250120T1430", "time_to": "20250127T1430", "limit": "200"}
        feed = ask(function="NEWS_SENTIMENT", topics="technology", **window).json()

    assert float(daily["Time Series (Daily)"]["2025-01-27"]["4. close"]) == 118.42
    assert len([stamp for stamp in bars if stamp.startswith("2025-01-24")]) == 13
    assert two["data"][0]["date"] == "2025-01-27"
    assert int(feed["items"]) >= 50


@needs_recording
def test_the_whole_recording_has_the_calendar_of_a_captured_day():
    with replay(RECORDING, until=date(2026, 5, 17)) as ask:
        calendar = ask(function="IPO_CALENDAR").text

    assert "RIKU,RIKU DINING GROUP Ltd,2026-05-27,4,6,USD,NASDAQ" in calendar
