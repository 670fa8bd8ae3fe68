"""The formulas, against a slow reference in exact arithmetic written from the specification.

What is guarded here: a formula that drifts from its specification (the wrong sigma, the wrong
bar, the wrong day), a score out of range, and a risk that falls where it should rise.
"""

from datetime import date, time, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import accumulate, cycle, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_assets.categories.ai_sector_risk import formulas
from insights_assets.datasets.daily_bars import DailyBars
from insights_assets.datasets.history import Observations
from insights_assets.datasets.intraday_bars import IntradayBars, SessionBars
from insights_assets.datasets.ipo_calendar import IpoCalendar
from insights_assets.datasets.news_sentiment_feed import NewsFeed, NewsHistory
from insights_assets.datasets.news_sentiment_feed import known as news_known
from insights_assets.datasets.news_sentiment_feed import window as news_window
from insights_assets.datasets.treasury_yields import Yields
from insights_assets.model.outcomes import Measurement, Unavailable

DAY = date(2025, 1, 9)
some = settings(deadline=None, max_examples=60)


def assert_measured(outcome, value, score_fraction):
    """Compare with the exact value and with the exact fraction that the score clips."""
    assert isinstance(outcome, Measurement)
    assert outcome.value == pytest.approx(float(value), rel=1e-9, abs=1e-9)
    exact = 100 * min(max(score_fraction, 0), 1)
    assert abs(outcome.score - float(exact)) <= 0.005 + 1e-6
    assert outcome.score == round(outcome.score, 2)
    assert outcome.summary.endswith(".")


# ai_price_anomaly


def daily(**prices):
    return DailyBars(
        {
            symbol: Observations(
                tuple(DAY - timedelta(days=n) for n in range(len(prices), 0, -1)), tuple(prices)
            )
            for symbol, prices in prices.items()
        },
        missing={},
    )


def exact_z(cents):
    """Return (P - SMA200) / sigma200 of whole cents: integers up to the last square root."""
    window = cents[-200:]
    total = sum(window)
    squares = sum((200 * number - total) ** 2 for number in window)  # 200^2 times the squared sum
    with localcontext(prec=50):
        sigma = (Decimal(squares) / 200).sqrt() / 200
        return (Decimal(window[-1]) - Decimal(total) / 200) / sigma


def dollars(cents):
    return [number / 100 for number in cents]


@st.composite
def walks(draw, minimum=200, maximum=260):
    """Draw prices in cents that move by a pattern of steps."""
    steps = draw(st.lists(st.integers(-40, 60), min_size=2, max_size=30).filter(any))
    count = draw(st.integers(minimum, maximum))
    return [10_000 + number for number in islice(accumulate(cycle(steps)), count)]


@given(st.lists(walks(), min_size=1, max_size=4))
@some
def test_the_price_anomaly_is_the_mean_z_score_over_200_prices_with_the_last(paths):
    symbols = dict(zip(("NVDA", "MSFT", "AMD", "PLTR"), map(dollars, paths), strict=False))

    outcome = formulas.ai_price_anomaly(daily(**symbols))

    value = sum(map(exact_z, paths)) / len(paths)
    assert_measured(outcome, value, (value + 2) / 5)


@given(walks(minimum=201), st.integers(1, 10**6))
@some
def test_a_price_older_than_the_last_200_changes_nothing(cents, older):
    prices = dollars(cents)

    outcome = formulas.ai_price_anomaly(daily(NVDA=prices))

    assert formulas.ai_price_anomaly(daily(NVDA=[older / 100, *prices[-200:]])) == outcome


@given(walks(), st.integers(-12, 12))
@some
def test_a_split_or_another_unit_changes_nothing(cents, power):
    prices = dollars(cents)

    scaled = formulas.ai_price_anomaly(daily(NVDA=[price * 2.0**power for price in prices]))

    assert scaled == formulas.ai_price_anomaly(daily(NVDA=prices))


@given(walks(), st.floats(1e-3, 1e3))
@some
def test_an_adjustment_factor_changes_nothing_but_the_last_bits(cents, factor):
    prices = dollars(cents)
    original = formulas.ai_price_anomaly(daily(NVDA=prices))

    adjusted = formulas.ai_price_anomaly(daily(NVDA=[price * factor for price in prices]))

    assert adjusted.value == pytest.approx(original.value, rel=1e-6, abs=1e-6)
    assert adjusted.score == pytest.approx(original.score, abs=0.011)


def test_one_price_above_199_equal_ones_stands_root_199_sigmas_above_them():
    outcome = formulas.ai_price_anomaly(daily(NVDA=[100.0] * 199 + [101.0]))

    assert outcome.value == pytest.approx(199**0.5)
    assert outcome.score == 100.0


def test_sigma_is_the_population_one():
    outcome = formulas.ai_price_anomaly(daily(NVDA=[99.0, 101.0] * 100))

    assert outcome.value == pytest.approx(1.0)
    assert outcome.score == 60.0


@pytest.mark.parametrize(
    "short", [[100.0 + n for n in range(199)], [0.1] * 260, [123.456789] * 200]
)
def test_a_symbol_with_too_few_prices_or_equal_ones_is_left_out(short):
    whole = [99.0, 101.0] * 100

    outcome = formulas.ai_price_anomaly(daily(NVDA=whole, PLTR=short))
    alone = formulas.ai_price_anomaly(daily(PLTR=short))

    assert outcome == formulas.ai_price_anomaly(daily(NVDA=whole))
    assert alone == Unavailable("no symbol has 200 prices that differ")


def test_prices_that_differ_by_a_cent_are_no_equal_ones():
    outcome = formulas.ai_price_anomaly(daily(NVDA=[100_000.0] * 199 + [99_999.99]))

    assert outcome.value == pytest.approx(-(199**0.5), rel=1e-4)


# news_sentiment


def feed(scores):
    count = len(scores)
    return NewsFeed(
        published=(news_window(DAY)[1],) * count,
        urls=tuple(f"https://news.example/{n}" for n in range(count)),
        titles=("Title",) * count,
        scores=tuple(scores),
    )


@given(st.lists(st.integers(-10_000, 10_000), min_size=5, max_size=50))
@some
def test_sentiment_is_the_mean_of_the_scores(ten_thousandths):
    outcome = formulas.news_sentiment(feed([number / 10_000 for number in ten_thousandths]))

    value = Fraction(sum(ten_thousandths), 10_000 * len(ten_thousandths))
    assert_measured(outcome, value, (value + Fraction(35, 100)) / Fraction(70, 100))


def test_five_articles_are_enough_and_four_are_not():
    assert formulas.news_sentiment(feed([0.35] * 5)).score == 100.0
    assert formulas.news_sentiment(feed([0.35] * 4)) == Unavailable(
        "only 4 articles in 7 days, 5 are needed"
    )


def test_no_article_at_all_is_unavailable_long_before_the_formula():
    assert isinstance(news_known(NewsHistory(()), DAY), Unavailable)


# smart_money_flow


def session(opens, closes):
    starts = tuple(time(9 + (n + 1) // 2, (n + 1) % 2 * 30) for n in range(len(opens)))
    return SessionBars(starts, tuple(opens), tuple(closes))


def intraday(**bars):
    """Return 20 sessions that are all alike: their mean is that of one."""
    days = [DAY - timedelta(days=n) for n in range(20, 0, -1)]
    return IntradayBars(
        {symbol: dict.fromkeys(days, bars_of_symbol) for symbol, bars_of_symbol in bars.items()},
        missing={},
    )


def sessions_of(count, **bars):
    """Return `count` sessions that are all alike."""
    outcome = intraday(**bars)
    return IntradayBars(
        {symbol: dict(list(days.items())[-count:]) for symbol, days in outcome.sessions.items()}, {}
    )


def exact_flow(opens, closes):
    first_hour = Fraction(closes[1], opens[0]) - 1
    last_hour = Fraction(closes[-1], opens[len(opens) - 2]) - 1
    return 100 * (last_hour - first_hour)


PRICES = st.tuples(st.integers(9_000, 11_000), st.integers(9_000, 11_000))
SESSIONS = st.lists(PRICES, min_size=4, max_size=13)


@given(st.lists(SESSIONS, min_size=1, max_size=3))
@some
def test_smart_money_is_the_mean_over_symbols_of_last_hour_minus_first_hour(drawn):
    columns = [tuple(zip(*bars, strict=True)) for bars in drawn]
    symbols = {
        symbol: session([prices / 100 for prices in opens], [prices / 100 for prices in closes])
        for symbol, (opens, closes) in zip(("NVDA", "MSFT", "AMD"), columns, strict=False)
    }

    outcome = formulas.smart_money_flow(intraday(**symbols))

    value = sum(exact_flow(*prices) for prices in columns) / len(columns)
    assert_measured(outcome, value, (1 - value) / 2)


@pytest.mark.parametrize("count", [4, 7, 13])  # the shortest, an early close, a full session
def test_the_hours_are_the_first_two_and_the_last_two_bars_of_any_session(count):
    opens, closes = [100.0] * count, [100.0] * count
    opens[0], closes[1] = 100.0, 101.0  # the first hour: +1 %
    opens[-2], closes[-1] = 200.0, 201.0  # the last hour: +0.5 %

    outcome = formulas.smart_money_flow(intraday(NVDA=session(opens, closes)))

    assert outcome.value == pytest.approx(-0.5)
    assert outcome.score == 75.0


@given(SESSIONS, st.integers(1, 10**6))
@some
def test_what_lies_between_the_two_hours_changes_nothing(bars, other):
    opens, closes = (list(map(float, bar)) for bar in zip(*bars, strict=True))
    count = len(bars)
    changed = session(
        [opens[n] if n in (0, count - 2) else float(other) for n in range(count)],
        [closes[n] if n in (1, count - 1) else float(other) for n in range(count)],
    )

    outcome = formulas.smart_money_flow(intraday(NVDA=changed))

    assert outcome == formulas.smart_money_flow(intraday(NVDA=session(opens, closes)))


def test_a_symbol_with_fewer_than_four_bars_is_left_out():
    whole = session([100.0] * 4, [100.0, 99.0, 100.0, 100.0])
    short = session([100.0] * 3, [200.0] * 3)

    outcome = formulas.smart_money_flow(intraday(NVDA=whole, AMD=short))
    alone = formulas.smart_money_flow(intraday(AMD=short))

    assert outcome == formulas.smart_money_flow(intraday(NVDA=whole))
    assert alone == Unavailable(
        "only 0 of the last sessions have 4 half-hour bars of any symbol, 10 are needed"
    )


SHORT = st.lists(PRICES, min_size=4, max_size=5)


@given(st.lists(st.lists(SHORT, min_size=1, max_size=3), min_size=10, max_size=12))
@settings(some, max_examples=20)
def test_smart_money_is_the_mean_over_sessions_of_the_mean_over_the_symbols_each_has(drawn):
    days = [DAY - timedelta(days=n + 1) for n in range(len(drawn))]
    sessions, means = {}, []
    for day, of_day in zip(days, drawn, strict=True):
        columns = [tuple(zip(*bars, strict=True)) for bars in of_day]
        for symbol, (opens, closes) in zip(("NVDA", "MSFT", "AMD"), columns, strict=False):
            sessions.setdefault(symbol, {})[day] = session(
                [prices / 100 for prices in opens], [prices / 100 for prices in closes]
            )
        means.append(sum(exact_flow(*prices) for prices in columns) / len(columns))

    outcome = formulas.smart_money_flow(IntradayBars(sessions, {}))

    value = sum(means) / len(means)
    assert_measured(outcome, value, (1 - value) / 2)


@pytest.mark.parametrize(("count", "known"), [(9, False), (10, True), (20, True)])
def test_ten_sessions_are_enough_and_nine_are_not(count, known):
    outcome = formulas.smart_money_flow(sessions_of(count, NVDA=session([100.0] * 4, [100.0] * 4)))

    assert isinstance(outcome, Unavailable) is not known
    if known:
        assert f"Over the {count} sessions up to 2025-01-08 the last hour" in outcome.summary


@pytest.mark.parametrize(
    ("last", "words"),
    [(101.0, "1.00 percentage points more"), (99.0, "1.00 percentage points less")],
)
def test_smart_money_says_of_the_last_hour_that_it_returned_more_or_less(last, words):
    outcome = formulas.smart_money_flow(intraday(NVDA=session([100.0] * 4, [100.0] * 3 + [last])))

    assert f"the last hour returned {words} than the first" in outcome.summary


# ipo_heat


def calendar(*offsets):
    dates = tuple(DAY + timedelta(days=n) for n in offsets)
    return IpoCalendar(DAY, ("X",) * len(dates), ("Name",) * len(dates), dates)


@given(st.lists(st.integers(-30, 130), max_size=60))
@some
def test_ipo_heat_counts_the_day_itself_to_90_days_later(offsets):
    outcome = formulas.ipo_heat(calendar(*offsets))

    last = DAY + timedelta(days=90)
    value = len([n for n in offsets if DAY <= DAY + timedelta(days=n) <= last])
    assert_measured(outcome, value, Fraction(value, 25))


@pytest.mark.parametrize(("offset", "count"), [(-1, 0), (0, 1), (90, 1), (91, 0)])
def test_both_ends_of_the_ipo_window_count_and_a_day_beyond_does_not(offset, count):
    assert formulas.ipo_heat(calendar(offset)).value == count


def test_an_empty_calendar_is_calm_and_25_offerings_are_as_hot_as_it_gets():
    assert formulas.ipo_heat(calendar()).score == 0.0
    assert formulas.ipo_heat(calendar(*range(24))).score == 96.0
    assert formulas.ipo_heat(calendar(*range(25))).score == 100.0
    assert formulas.ipo_heat(calendar(*range(26))).score == 100.0


# yield_curve and fed_expectations


def yields(hundredths):
    days = sorted(hundredths)
    return Yields(Observations(tuple(days), tuple(hundredths[day] / 100 for day in days)))


SERIES = st.dictionaries(
    st.integers(0, 60).map(lambda n: DAY - timedelta(days=n)),
    st.integers(-100, 900),
    min_size=1,
    max_size=60,
)


@given(SERIES, SERIES)
@some
def test_the_curve_is_10y_minus_2y_on_the_newest_day_that_both_have(tens, twos):
    outcome = formulas.yield_curve(yields(tens), yields(twos))

    common = [day for day in sorted(tens) if day in twos]
    if common:
        value = Fraction(tens[common[-1]] - twos[common[-1]], 100)
        assert_measured(outcome, value, (value + 1) / 3)
        assert f"On {common[-1]} " in outcome.summary
    else:
        assert outcome == Unavailable("the 10-year and the 2-year yield have no day in common")


@given(st.lists(st.integers(-100, 900), min_size=21, max_size=60))
@some
def test_fed_expectations_compare_with_the_20th_observation_before(hundredths):
    days = {DAY - timedelta(days=n): number for n, number in enumerate(hundredths)}

    outcome = formulas.fed_expectations(yields(days))

    value = Fraction(hundredths[0] - hundredths[20], 100)
    assert_measured(outcome, value, Fraction(1, 2) - value)


def test_21_observations_are_enough_and_20_are_not():
    days = [DAY - timedelta(days=2 * n) for n in range(21)]

    enough = formulas.fed_expectations(yields(dict.fromkeys(days, 400)))
    too_few = formulas.fed_expectations(yields(dict.fromkeys(days[1:], 400)))

    assert (enough.value, enough.score) == (0.0, 50.0)
    assert too_few == Unavailable("only 20 observations of the 2-year yield, 21 are needed")


# All of them: where the score rises with the value, where it falls


def price_anomaly_of(sigmas):
    # 100 pairs around a mean of zero scores: the last price alone moves the z-score.
    return formulas.ai_price_anomaly(daily(NVDA=[99.0, 101.0] * 99 + [100.0, 100.0 + sigmas]))


def sentiment_of(mean):
    return formulas.news_sentiment(feed([max(min(mean / 3, 1.0), -1.0)] * 5))


def flow_of(percent_points):
    last = 100.0 + percent_points
    return formulas.smart_money_flow(intraday(NVDA=session([100.0] * 4, [100.0] * 3 + [last])))


def ipo_count_of(count):
    return formulas.ipo_heat(calendar(*[5] * max(int(10 * count), 0)))


def spread_of(percent_points):
    return formulas.yield_curve(yields({DAY: 400 + 100 * percent_points}), yields({DAY: 400}))


def change_of(percent_points):
    days = {DAY - timedelta(days=n): 400 for n in range(1, 21)}
    return formulas.fed_expectations(yields(days | {DAY: 400 + 100 * percent_points}))


RISING = [price_anomaly_of, sentiment_of, ipo_count_of, spread_of]
FALLING = [flow_of, change_of]


@pytest.mark.parametrize("measured", [*RISING, *FALLING])
@given(first=st.floats(-4, 4), second=st.floats(-4, 4))
@some
def test_scores_are_from_0_to_100_with_2_decimals_and_monotone_in_the_value(
    measured, first, second
):
    one, other = sorted((measured(first), measured(second)), key=lambda pair: pair.value)

    for pair in (one, other):
        assert 0 <= pair.score <= 100
        assert pair.score == round(pair.score, 2)
    if measured in RISING:
        assert one.score <= other.score
    else:
        assert one.score >= other.score


@pytest.mark.parametrize(
    ("outcome", "value", "score"),
    [
        (spread_of(-1.0), -1.0, 0.0),
        (spread_of(-1.01), -1.01, 0.0),
        (spread_of(0.5), 0.5, 50.0),
        (spread_of(2.0), 2.0, 100.0),
        (spread_of(2.5), 2.5, 100.0),
        (spread_of(0.37), 0.37, 45.67),
        (change_of(-0.5), -0.5, 100.0),
        (change_of(0.0), 0.0, 50.0),
        (change_of(0.2), 0.2, 30.0),
        (change_of(0.5), 0.5, 0.0),
        (flow_of(-1.0), -1.0, 100.0),
        (flow_of(0.0), 0.0, 50.0),
        (flow_of(1.0), 1.0, 0.0),
        (sentiment_of(-1.05), -0.35, 0.0),
        (sentiment_of(0.0), 0.0, 50.0),
        (sentiment_of(1.05), 0.35, 100.0),
    ],
)
def test_the_known_points_of_each_scale(outcome, value, score):
    assert outcome.value == pytest.approx(value, abs=1e-9)
    assert outcome.score == score
