"""News: the latest 50 articles of the week up to 09:30, each once, always in the same order.

What is guarded here: an article from after the bell in a backfill, a feed whose order (and thus
whose 50th article) depends on the vendor's, and one article counted twice.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.datasets.news_sentiment_feed import Article, NewsFeed, NewsHistory
from insights_assets.datasets.news_sentiment_feed import known as news_known
from insights_assets.datasets.news_sentiment_feed import window as news_window
from insights_assets.model.dates import as_of
from insights_assets.model.outcomes import Unavailable

DAY = date(2025, 1, 9)
BELL = datetime(2025, 1, 9, 14, 30, tzinfo=UTC)
WEEK = 7 * 24 * 3600
DAYS = st.one_of(
    st.dates(date(2021, 1, 4), date(2026, 12, 31)),
    st.sampled_from([date(2025, 3, 9), date(2025, 11, 2), date(2024, 2, 29), date(2025, 1, 1)]),
)


def article(published, url="https://news.example/1", score=0.1):
    return Article(published, url, f"Title of {url}", score)


def many(count, *, newest=BELL, apart=timedelta(minutes=1)):
    return [
        article(newest - n * apart, f"https://news.example/{n:03}", n % 9 / 10)
        for n in range(count)
    ]


def known(articles, dropped=(), day=DAY):
    return news_known(NewsHistory.of(articles, dropped, rows=len(articles)), day)


def is_feed(articles):
    return isinstance(articles, NewsFeed)


# Seconds from the bell; a coarse grid, so that articles share instants and meet both borders.
COARSE = st.integers(-16, 6).map(lambda n: n * WEEK // 14)
FINE = st.sampled_from([-WEEK - 1, -WEEK, -WEEK + 1, -1, 0, 1])
ARTICLES = st.lists(
    st.tuples(
        st.one_of(COARSE, FINE),
        st.sampled_from([f"https://news.example/{letter}" for letter in "abcdefgh"]),
        st.sampled_from([-1.0, -0.2, 0.0, 0.3, 1.0]),
    ),
    max_size=12,
)
LATER = st.integers(1, 3 * WEEK)


def plainly_known(articles, dropped, day):
    """Return the feed's (published, url, score) row by row; None where it cannot be used."""
    last = as_of(day).astimezone(UTC)
    first = last - timedelta(seconds=WEEK)
    in_window = [article for article in articles if first <= article.published <= last]
    newest_first = sorted(
        in_window, key=lambda article: (-article.published.timestamp(), article.url)
    )
    kept = []
    for article in newest_first:
        if article.url not in [other.url for other in kept]:
            kept.append(article)
    kept = kept[:50]
    since = kept[-1].published if len(kept) == 50 else first
    bad = sum(since <= instant <= last for instant in dropped)
    if not kept or 20 * bad > bad + len(kept):
        return None
    return [(article.published, article.url) for article in kept]


@given(
    day=DAYS,
    rows=ARTICLES,
    dropped=st.lists(COARSE, max_size=2),
    future=st.lists(st.tuples(LATER, st.sampled_from(["https://news.example/a", "new"]))),
    future_dropped=st.lists(LATER, max_size=5),
)
@settings(deadline=None, max_examples=100)
def test_articles_after_the_bell_never_change_what_was_known(
    day, rows, dropped, future, future_dropped
):
    bell = as_of(day).astimezone(UTC)
    held = [article(bell + timedelta(seconds=n), url, score) for n, url, score in rows if n <= 0]
    unusable = [bell + timedelta(seconds=n) for n in dropped if n <= 0]
    later = [article(bell + timedelta(seconds=n), url, -1.0) for n, url in future]
    later_unusable = [bell + timedelta(seconds=n) for n in future_dropped]

    alone = known(held, unusable, day)

    assert known(held + later, unusable + later_unusable, day) == alone


@given(day=DAYS, rows=ARTICLES, dropped=st.lists(COARSE, max_size=2), shuffled=st.randoms())
@settings(deadline=None, max_examples=100)
def test_what_is_known_is_what_reading_row_by_row_would_find_in_any_order(
    day, rows, dropped, shuffled
):
    bell = as_of(day).astimezone(UTC)
    articles = [article(bell + timedelta(seconds=n), url, score) for n, url, score in rows]
    unusable = [bell + timedelta(seconds=n) for n in dropped]
    reordered = list(articles)
    shuffled.shuffle(reordered)

    feed = known(articles, unusable, day)

    seen = list(zip(feed.published, feed.urls, strict=True)) if is_feed(feed) else None
    assert seen == plainly_known(articles, unusable, day)
    assert known(reordered, unusable, day) == feed


@given(DAYS)
@settings(deadline=None, max_examples=50)
def test_the_window_is_seven_times_24_hours_whatever_the_clocks_do(day):
    first, last = news_window(day)

    assert last == as_of(day)
    assert last - first == timedelta(hours=168)
    assert (first.tzinfo, last.tzinfo) == (UTC, UTC)


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [(0, True), (1, False), (-WEEK, True), (-WEEK - 1, False)],
)
def test_both_ends_of_the_window_count_and_a_second_beyond_does_not(seconds, counts):
    articles = known([article(BELL + timedelta(seconds=seconds))])

    assert is_feed(articles) is counts


def test_the_latest_50_articles_are_kept():
    articles = known(many(51))

    assert articles.rows == 50
    assert articles.urls[-1] == "https://news.example/049"


def test_articles_come_newest_first_and_those_of_one_instant_by_url():
    earlier = BELL - timedelta(hours=1)
    articles = [article(earlier, "b"), article(BELL, "c"), article(earlier, "a")]

    feed = known(articles)

    assert feed.urls == ("c", "a", "b")
    assert feed.published == (BELL, earlier, earlier)
    assert feed.newest == DAY


def test_of_fifty_one_articles_of_one_instant_the_last_by_url_is_left_out():
    articles = known(many(51, apart=timedelta(0)))

    assert articles.urls == tuple(f"https://news.example/{n:03}" for n in range(50))


def test_an_article_sent_twice_counts_once_as_published_last():
    earlier = BELL - timedelta(hours=1)

    articles = known([article(earlier, "a", 0.9), article(BELL, "a", -0.9), article(earlier, "b")])

    assert (articles.urls, articles.scores) == (("a", "b"), (-0.9, 0.1))


def test_an_article_published_again_after_the_bell_counts_as_it_stood_before():
    articles = known([article(BELL, "a", 0.9), article(BELL + timedelta(seconds=1), "a", -0.9)])

    assert (articles.published, articles.scores) == ((BELL,), (0.9,))


def test_articles_sent_twice_do_not_push_others_out_of_the_feed():
    twice = [article(BELL, once.url, once.score) for once in many(30)]

    articles = known(many(60) + twice)

    assert articles.rows == 50
    assert len(set(articles.urls)) == 50


@pytest.mark.parametrize(("good", "usable"), [(19, True), (18, False)])
def test_one_unusable_article_of_20_is_borne_and_one_of_19_is_not(good, usable):
    articles = known(many(good), [BELL - timedelta(days=2)])

    assert is_feed(articles) is usable


def test_in_a_full_feed_unusable_articles_older_than_the_50th_do_not_count():
    older = BELL - timedelta(days=2)

    assert known(many(60), [older] * 40).rows == 50


def test_in_a_feed_that_is_not_full_unusable_articles_of_the_whole_week_count():
    refused = known(many(6), [BELL - timedelta(days=2)] * 40)

    assert isinstance(refused, Unavailable)
    assert "40 of 46 rows are unusable" in refused.reason


def test_a_week_without_articles_is_unavailable_and_says_which_week():
    refused = known([article(BELL + timedelta(minutes=5))])

    assert refused == Unavailable(
        "no article was published in the 7 days up to 2025-01-09 09:30 New York", "late"
    )


def test_an_unusable_article_of_the_minute_that_two_answers_share_counts_once():
    shared, other = article(BELL, "https://a.example"), article(BELL, "https://b.example")
    newer = NewsHistory.of([shared], [BELL], rows=2)
    older = NewsHistory.of([shared, other], [BELL], rows=3)

    assert newer.with_older(older).dropped == (BELL,)
