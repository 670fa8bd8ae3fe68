"""From payloads to histories, whatever the payload.

What these tests guard against: one odd row that stops a run, or that becomes a price. Payloads of
any shape are tried in chaos/test_fuzz_parsers.py.
"""

import json
import time as clock
from datetime import UTC, date, datetime, time

import pytest

from insights_assets.datasets import (
    daily_bars,
    intraday_bars,
    ipo_calendar,
    news_sentiment_feed,
    treasury_yields,
)
from insights_assets.datasets.ipo_calendar import Offering
from insights_assets.model.dates import NEW_YORK
from insights_assets.vendors import errors
from insights_assets_tests.support.recording import CAPTURES, needs_recording
from insights_assets_tests.support.vendor import QUERY


def daily(*sessions):
    prices = {stamp: {"5. adjusted close": price} for stamp, price in sessions}
    return daily_bars.parse(QUERY, json.dumps({"Time Series (Daily)": prices}))


def test_the_adjusted_close_is_the_price_and_days_come_in_order():
    prices = {
        "2025-01-03": {"4. close": "1208.88", "5. adjusted close": "120.8880"},
        "2025-01-02": {"4. close": "1199.00", "5. adjusted close": 119.9},
    }

    history = daily_bars.parse(QUERY, json.dumps({"Time Series (Daily)": prices}))

    assert history.observations.dates == (date(2025, 1, 2), date(2025, 1, 3))
    assert history.observations.values == (119.9, 120.888)


@pytest.mark.parametrize(
    "price", ["NaN", "Infinity", "1e309", "0", "-1", "", ".", None, True, [1.5], {"value": 1.5}]
)
def test_a_price_that_is_none_is_set_aside_with_its_day(price):
    history = daily(("2025-01-02", "1.5"), ("2025-01-03", price))

    assert history.observations.dates == (date(2025, 1, 2),)
    assert history.dropped == (date(2025, 1, 3),)


def test_numbers_that_only_json_text_can_hold_are_set_aside():
    body = '{"Time Series (Daily)": {"2025-01-02": {"5. adjusted close": %s}}}'

    for text in ("NaN", "Infinity", "-Infinity", "1e309", "9" * 400):
        history = daily_bars.parse(QUERY, body % text)
        assert history.dropped == (date(2025, 1, 2),)


@pytest.mark.parametrize("undated", [1, 2])
def test_one_row_in_twenty_without_a_day_is_forgiven_and_two_are_not(undated):
    dated = 20 - undated
    sessions = [(f"2025-01-{n:02}", "1.5") for n in range(1, dated + 1)]
    sessions += [(f"yesterday {n}", "1.5") for n in range(undated)]

    if undated == 1:
        assert len(daily(*sessions).observations.dates) == dated
    else:
        with pytest.raises(errors.Malformed, match="2 of 20 rows have no readable date"):
            daily(*sessions)


def yields(*observations):
    data = [{"date": day, "value": value} for day, value in observations]
    return treasury_yields.parse(QUERY, json.dumps({"data": data}))


@pytest.mark.parametrize("sign", [".", "", None])
def test_a_holiday_among_the_yields_is_neither_a_value_nor_a_bad_row(sign):
    history = yields(("2025-01-02", sign), ("2025-01-03", "4.25"))

    assert history.observations.values == (4.25,)
    assert history.dropped == ()


@pytest.mark.parametrize("value", ["NaN", "..", "n/a", False, [], {}, "inf"])
def test_a_yield_that_is_none_is_set_aside_with_its_day(value):
    history = yields(("2025-01-02", value), ("2025-01-03", "-0.05"))

    assert history.observations.values == (-0.05,)
    assert history.dropped == (date(2025, 1, 2),)


def test_a_yield_without_its_member_is_set_aside():
    history = treasury_yields.parse(QUERY, '{"data": [{"date": "2025-01-02"}]}')

    assert history.dropped == (date(2025, 1, 2),)


def test_a_day_that_comes_twice_counts_once_and_is_not_bad_if_one_of_them_is_good():
    history = yields(("2025-01-03", "x"), ("2025-01-02", "4.1"), ("2025-01-03", "4.2"))

    assert history.observations.dates == (date(2025, 1, 2), date(2025, 1, 3))
    assert history.observations.values == (4.1, 4.2)
    assert history.dropped == ()


def intraday(prices):
    return intraday_bars.parse(QUERY, json.dumps({"Time Series (30min)": prices}))


def bar(opening, close):
    return {"1. open": opening, "4. close": close}


def test_bars_are_sorted_into_sessions_by_their_start():
    history = intraday(
        {
            "2025-01-03 09:30:00": bar("3", "4"),
            "2025-01-02 15:30:00": bar("2", "2.5"),
            "2025-01-02 09:30:00": bar("1", "1.5"),
        }
    )

    assert list(history.sessions) == [date(2025, 1, 2), date(2025, 1, 3)]
    session = history.sessions[date(2025, 1, 2)]
    assert session.starts == (time(9, 30), time(15, 30))
    assert (session.opens, session.closes) == ((1.0, 2.0), (1.5, 2.5))


@pytest.mark.parametrize("stamp", ["2025-01-02 09:30", "2025-01-02 09:30:00", "2025-01-02T09:30Z"])
def test_a_stamp_counts_as_it_stands_in_each_of_the_vendors_forms(stamp):
    history = intraday({stamp: bar("1", "2")})

    assert history.sessions[date(2025, 1, 2)].starts == (time(9, 30),)


@pytest.mark.parametrize("start", ["04:00", "09:00", "09:29:59", "16:00", "19:30"])
def test_a_bar_outside_the_regular_session_is_neither_used_nor_bad(start):
    history = intraday({f"2025-01-02 {start}": bar("x", "x"), "2025-01-02 10:00": bar("1", "2")})

    assert history.sessions[date(2025, 1, 2)].starts == (time(10),)
    assert history.dropped == {}


@pytest.mark.parametrize("bad", [bar("0", "1"), bar("1", "NaN"), bar("1", None), {}, 1.5, "soon"])
def test_a_bar_without_both_prices_counts_as_bad_in_its_session_alone(bad):
    history = intraday({"2025-01-02 10:00": bad, "2025-01-03 10:00": bar("1", "2")})

    assert list(history.sessions) == [date(2025, 1, 3)]
    assert history.dropped == {date(2025, 1, 2): 1}


def test_bars_are_asked_for_by_calendar_month_and_what_is_unreadable_names_the_question():
    query = intraday_bars.query("NVDA", date(2025, 1, 1), closed=True)

    assert (query.params["month"], query.lifetime) == ("2025-01", 7 * 24 * 3600)
    with pytest.raises(errors.Unreadable, match="TIME_SERIES_INTRADAY NVDA 2025-01: "):
        intraday_bars.parse(query, "{")


def article(**members):
    return {
        "time_published": "20250110T093000",
        "url": "https://news.example/1",
        "title": "One",
        "overall_sentiment_score": 0.1,
        **members,
    }


def news(*articles):
    return news_sentiment_feed.parse(QUERY, json.dumps({"items": "9", "feed": articles}))


def test_articles_are_in_utc_oldest_first_and_counted():
    history = news(article(), article(time_published="20250109T235959", overall_sentiment_score=-1))

    assert [article.published for article in history.articles] == [
        datetime(2025, 1, 9, 23, 59, 59, tzinfo=UTC),
        datetime(2025, 1, 10, 9, 30, tzinfo=UTC),
    ]
    assert [article.score for article in history.articles] == [-1.0, 0.1]
    assert history.rows == 2


@pytest.mark.parametrize("undated", [1, 2])
def test_one_article_in_twenty_without_a_time_is_forgiven_and_two_are_not(undated):
    articles = [article(url=f"https://news.example/{n}") for n in range(20 - undated)]
    articles += [article(time_published="yesterday")] * undated

    if undated == 1:
        assert len(news(*articles).articles) == 19
    else:
        with pytest.raises(errors.Malformed, match="2 of 20 rows have no readable date"):
            news(*articles)


def test_news_of_technology_are_asked_for_in_utc_whatever_the_machine_s_time_zone(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    clock.tzset()
    try:
        first, last = (datetime(2025, 1, day, 9, 30, tzinfo=NEW_YORK) for day in (2, 9))
        query = news_sentiment_feed.query(first, last, limit=50)
    finally:
        monkeypatch.undo()
        clock.tzset()

    assert query.params == {
        "topics": "technology",
        "sort": "LATEST",
        "limit": "50",
        "time_from": "20250102T1430",
        "time_to": "20250109T1430",
    }


@pytest.mark.parametrize("stamp", ["20250110T0930", "20250110T093000Z", "2025-01-10 09:30:00"])
def test_an_article_may_have_a_stamp_without_seconds_or_with_a_zone(stamp):
    history = news(article(time_published=stamp))

    assert history.articles[0].published == datetime(2025, 1, 10, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "members",
    [
        {"overall_sentiment_score": 1.01},
        {"overall_sentiment_score": "NaN"},
        {"overall_sentiment_score": True},
        {"overall_sentiment_score": None},
        {"url": ""},
        {"url": None},
        {"url": ["https://news.example/1"]},
    ],
)
def test_an_article_without_a_score_or_an_address_is_set_aside_with_its_time(members):
    history = news(article(**members))

    assert history.articles == ()
    assert history.dropped == (datetime(2025, 1, 10, 9, 30, tzinfo=UTC),)
    assert history.rows == 1


@pytest.mark.parametrize("title", [None, "", []])
def test_an_article_without_a_title_has_none(title):
    assert news(article(title=title)).articles[0].title == ""


def test_a_title_cut_in_the_middle_of_a_character_can_still_be_stored():
    (only,) = news(article(title="One \ud83d")).articles

    assert only.title.encode() == b"One ?"


@needs_recording
@pytest.mark.parametrize("name", ["AV_NEWS_2024-07-16_general", "AV_NEWS_2026-05-17_AAPL"])
def test_recorded_news_is_read_without_a_bad_article(name):
    text = (CAPTURES / "news" / f"{name}.json").read_text()
    history = news_sentiment_feed.parse(QUERY, text)

    assert len(history.articles) == history.rows > 0


HEADER = "symbol,name,ipoDate,priceRangeLow,priceRangeHigh,currency,exchange"
FIRST = "DTDT,DT House Ltd,2025-11-11,4,5,USD,NASDAQ"


def ipos(*lines, end="\r\n"):
    return ipo_calendar.parse(QUERY, end.join([HEADER, *lines, ""])).offerings


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_offerings_come_by_date_and_each_once(end):
    offerings = ipos("ZZZ,Zed,2025-11-10,0,0,USD,NYSE", FIRST, FIRST, end=end)

    assert offerings == (
        Offering("ZZZ", "Zed", date(2025, 11, 10)),
        Offering("DTDT", "DT House Ltd", date(2025, 11, 11)),
    )


@pytest.mark.parametrize("end", ["", "\r\n"])
def test_a_header_alone_is_no_calendar_and_worth_another_run(end):
    with pytest.raises(errors.Unreadable, match="no offering that can be read"):
        ipo_calendar.parse(QUERY, HEADER + end)


def test_units_rights_and_warrants_of_one_company_are_one_offering():
    offerings = ipos(
        "APURU,Aperture AC Unit,2026-05-19,0,0,USD,NASDAQ",
        "APURW,Aperture AC Warrants,2026-05-20,0,0,USD,NASDAQ",
        "APURR,Aperture AC - Rights,2026-05-20,0,0,USD,NASDAQ",
        FIRST,
    )

    assert [offering.symbol for offering in offerings] == ["DTDT", "APURU"]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('"Meyer, Sons & Co"', "Meyer, Sons & Co"),
        ('"The ""New"" Thing"', 'The "New" Thing'),
        ('"Two\r\nLines"', "Two\r\nLines"),
        ("Next\x85Line", "Next\x85Line"),
        ("Line\u2028Separator", "Line\u2028Separator"),
        ("File\x1cSeparator", "File\x1cSeparator"),
        (" Blanks ", "Blanks"),
        ("", ""),
    ],
)
def test_a_name_may_hold_what_csv_can_hold(cell, name):
    (offering,) = ipos(f"ABC,{cell},2025-11-11,4,5,USD,NASDAQ")

    assert offering == Offering("ABC", name, date(2025, 11, 11))


@pytest.mark.parametrize("line", ["SHORT", "SHORT,Row", "BAD,Date,soon,1,2,USD,NYSE", ",,,,,,"])
def test_a_row_without_a_date_is_left_out_and_counted_unless_most_are(line):
    seven = [f"S{n:02},Name {n},2025-11-11,4,5,USD,NASDAQ" for n in range(7)]
    listing = ipo_calendar.parse(QUERY, "\n".join([HEADER, *seven, line, ""]))

    assert (len(listing.offerings), listing.unreadable) == (7, 1)
    with pytest.raises(errors.Malformed, match="2 of 3 rows have no readable date"):
        ipos(FIRST, line, line)


@pytest.mark.parametrize(
    "line", ["ABC,Name,2025-11-11", f"{FIRST.replace('DTDT', 'ABC')},and,more"]
)
def test_a_row_shorter_or_longer_than_its_header_counts_if_it_has_a_date(line):
    (offering,) = ipos(line)

    assert (offering.symbol, offering.ipo_date) == ("ABC", date(2025, 11, 11))


def test_empty_lines_are_no_rows():
    assert len(ipos("", FIRST, "", "")) == 1


@pytest.mark.parametrize("missing", ["symbol", "name", "ipoDate"])
def test_a_calendar_without_a_column_is_malformed(missing):
    header = HEADER.replace(missing, "column")

    with pytest.raises(errors.Malformed, match="lacks the columns"):
        ipo_calendar.parse(QUERY, f"{header}\r\n{FIRST}\r\n")


def test_a_cell_longer_than_csv_allows_makes_the_calendar_unreadable():
    with pytest.raises(errors.Unreadable, match="the vendor's answer is not CSV"):
        ipos(f"ABC,{'x' * 200_000},2025-11-11,4,5,USD,NASDAQ")


def test_a_calendar_that_breaks_off_in_the_middle_of_a_line_is_unreadable():
    with pytest.raises(errors.Unreadable, match="breaks off in the middle of a line"):
        ipo_calendar.parse(QUERY, f"{HEADER}\r\n{FIRST}\r\nABC,Alphabet,2025-11")


@needs_recording
def test_recorded_calendars_are_read_whole():
    paths = sorted((CAPTURES / "ipo").glob("*.csv"))

    counts = [len(ipo_calendar.parse(QUERY, path.read_text()).offerings) for path in paths]

    assert counts == [3, 6, 3]  # two of the eight trusts of 2026-05-17 are listed twice
