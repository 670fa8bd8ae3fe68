"""News over a range of days: few queries, and what each day alone would have found.

What these tests guard against: the vendor answers with the latest articles up to a limit, so one
answer for many days may lack the articles of the oldest, and a day of a backfill would then be
scored on other articles than a live run saw.
"""

import asyncio
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.datasets import news_sentiment_feed
from insights_assets.datasets.fetching import Fetched
from insights_assets.datasets.news_sentiment_feed import NewsFeed
from insights_assets.model.dates import days_between
from insights_assets.model.outcomes import Dataset, Unavailable

MONDAY = date(2025, 1, 6)
WEEK = days_between(MONDAY, MONDAY + timedelta(days=6))
FETCHED_AT = datetime(2025, 1, 20, tzinfo=UTC)
KEPT = 3  # instead of 50, so that few articles make every case
RANGE_LIMIT = 8
NO_LIMIT = 10**6


class FakeVendor:
    """Answers as NEWS_SENTIMENT does: the window, the latest first, the limit."""

    def __init__(self, articles, failing_from=None):
        self.articles = sorted(articles, key=lambda row: row["time_published"], reverse=True)
        self.failing_from = failing_from
        self.queries = []

    async def __call__(self, query, parse):
        self.queries.append(query)
        if self.failing_from is not None and len(self.queries) >= self.failing_from:
            return Unavailable("the vendor answered HTTP 500", "outage")
        first, last, limit = (query.params[name] for name in ("time_from", "time_to", "limit"))
        feed = [
            article
            for article in self.articles
            if f"{first}00" <= article["time_published"] <= f"{last}00"
        ]
        body = json.dumps({"feed": feed[: int(limit)]})
        return Fetched(parse(query, body), "simulator", FETCHED_AT)


def article(published, number=0, score=0.1):
    return {
        "time_published": f"{published:%Y%m%dT%H%M%S}",
        "url": f"https://news.example/{number}",
        "title": "One",
        "overall_sentiment_score": score,
    }


def on(day, hour, number=None, score=0.1):
    """An article of January, by default with a URL of its own."""
    own = 24 * day + hour if number is None else number
    return article(datetime(2025, 1, day, hour, tzinfo=UTC), own, score)


@pytest.fixture(scope="module", autouse=True)
def _small_numbers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(news_sentiment_feed, "KEPT", KEPT)
        patch.setattr(news_sentiment_feed, "RANGE_LIMIT", RANGE_LIMIT)
        patch.setattr(news_sentiment_feed, "ONE_DAY_LIMIT", RANGE_LIMIT)
        yield


def outcomes(vendor, *days):
    return asyncio.run(news_sentiment_feed.fetch(vendor, days, MONDAY))


def outcome_alone(articles, day, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(news_sentiment_feed, "ONE_DAY_LIMIT", limit)
        return outcomes(FakeVendor(articles), day)[day]


def articles_of(feed):
    return feed.data if isinstance(feed, Dataset) else None


# Quarters of days make articles of the same instant likely, and 14:30 UTC is an `as_of`.
INSTANTS = st.builds(
    lambda hours: datetime(2024, 12, 28, 2, 30, tzinfo=UTC) + timedelta(hours=6 * hours),
    st.integers(0, 70),
)
ARTICLES = st.lists(
    st.builds(
        article,
        INSTANTS,
        st.integers(0, 12),
        st.sampled_from([0.1, -0.5, 1, 0.1, 0.2, "NaN", 2]),
    ),
    max_size=60,
)
DAYS = st.lists(st.sampled_from(WEEK), min_size=2, unique=True)


@settings(max_examples=80, deadline=None)
@given(ARTICLES, DAYS)
def test_a_day_of_a_range_is_what_the_day_alone_is_where_the_limit_suffices(articles, days):
    vendor = FakeVendor(articles)

    together = outcomes(vendor, *days)

    assert set(together) == set(days)
    assert len(vendor.queries) <= len(days) * (1 + news_sentiment_feed.MORE_REQUESTS)
    for day in days:
        alone = articles_of(outcome_alone(articles, day, RANGE_LIMIT))
        of_all = articles_of(outcome_alone(articles, day, NO_LIMIT))
        if alone == of_all:
            assert articles_of(together[day]) == alone
        else:  # then both are as good as the vendor's limit allows
            assert articles_of(together[day]) in (alone, of_all)


def test_articles_that_fit_into_one_answer_take_one_query():
    articles = [on(n, 12) for n in range(2, 9)]
    vendor = FakeVendor(articles)

    together = outcomes(vendor, *WEEK)

    (query,) = vendor.queries
    assert query.params["time_from"] == "20241230T1430"
    assert query.params["time_to"] == "20250112T1430"
    assert query.params["limit"] == str(RANGE_LIMIT)
    assert all(isinstance(outcome, Dataset) for outcome in together.values())


def test_a_single_day_asks_for_what_any_answer_holds_and_a_range_for_more(monkeypatch):
    monkeypatch.setattr(news_sentiment_feed, "ONE_DAY_LIMIT", KEPT)

    for days, limit in ((WEEK[:1], KEPT), (WEEK, RANGE_LIMIT)):
        vendor = FakeVendor([on(2, 12)])
        outcomes(vendor, *days)
        assert vendor.queries[0].params["limit"] == str(limit)


def test_an_answer_at_the_limit_serves_the_days_that_it_holds_in_full():
    articles = [on(n, hour) for n in range(3, 13) for hour in (8, 9, 10)]
    vendor = FakeVendor(articles)

    outcomes(vendor, *WEEK)

    # Eight articles hold the three of two days and no third day's for certain.
    newest_days = [query.params["time_to"][:8] for query in vendor.queries]
    assert newest_days == ["20250112", "20250110", "20250108", "20250106"]


def test_an_answer_cut_among_articles_of_one_instant_does_not_serve_their_day():
    later = [on(7, 10 + n % 2, n) for n in range(5)]
    tied = [on(6, 8, number) for number in (24, 23, 22, 21)]  # the limit cuts off the last

    together = outcomes(FakeVendor(later + tied), MONDAY, MONDAY + timedelta(days=1))

    assert [url[-2:] for url in together[MONDAY].data.urls] == ["21", "22", "23"]


def test_a_week_without_news_asks_once_and_says_so_for_each_day():
    vendor = FakeVendor([])

    together = outcomes(vendor, *WEEK)

    assert len(vendor.queries) == 1
    assert {outcome.reason[:24] for outcome in together.values()} == {"no article was published"}


def test_an_answer_of_unusable_articles_says_nothing_about_the_days_before():
    bad = [on(12, 8, n, "NaN") for n in range(RANGE_LIMIT)]
    good = [on(5, 8, n) for n in range(5)]

    together = outcomes(FakeVendor(bad + good), *WEEK)

    assert isinstance(together[WEEK[0]], Dataset)
    assert isinstance(together[WEEK[-1]], Unavailable)


def test_a_failing_query_costs_its_days_and_those_before_and_no_later_day():
    articles = [on(n, hour) for n in range(3, 13) for hour in (8, 9, 10)]
    vendor = FakeVendor(articles, failing_from=2)

    together = outcomes(vendor, *WEEK)

    kinds = Counter(type(together[day]) for day in WEEK[-2:])
    assert kinds == {Dataset: 2}
    assert {together[day] for day in WEEK[:-2]} == {
        Unavailable("the vendor answered HTTP 500", "outage")
    }
    assert len(vendor.queries) == 2


def test_a_url_that_comes_twice_counts_once_as_its_latest():
    articles = [on(n, 8, 1, n / 10) for n in (3, 4, 5)]

    feed = outcomes(FakeVendor(articles), MONDAY)[MONDAY].data

    assert isinstance(feed, NewsFeed)
    assert feed.scores == (0.5,)
