"""The formulas: functions of plain values, sources and units in each docstring.

A high score always means more risk of a setback in AI shares.
"""

import math
from datetime import date
from statistics import fmean

from insights_assets.datasets.daily_bars import DailyBars
from insights_assets.datasets.intraday_bars import IntradayBars, SessionBars
from insights_assets.datasets.ipo_calendar import IpoCalendar
from insights_assets.datasets.news_sentiment_feed import NewsFeed
from insights_assets.datasets.treasury_yields import Yields
from insights_assets.model.outcomes import Measurement, Unavailable
from insights_assets.model.scores import score

SMA_LENGTH = 200
MINIMUM_ARTICLES = 5
MINIMUM_BARS = 4
MINIMUM_SESSIONS = 10
IPO_HORIZON_DAYS = 90
FED_LOOKBACK = 20


def ai_price_anomaly(daily: DailyBars) -> Measurement | Unavailable:
    """Mean over symbols of z = (P - SMA200) / sigma200; score 100 * clip01((z + 2) / 5).

    P is the last price, mean and population sigma are over the last 200 prices including P. A
    high score: prices are far above their own long-run average.
    """
    zs = {
        symbol: z
        for symbol, prices in daily.prices.items()
        if (z := _z_score(prices.values)) is not None
    }
    if not zs:
        return Unavailable(f"no symbol has {SMA_LENGTH} prices that differ")
    value = fmean(zs.values())
    return Measurement(
        value,
        score((value + 2) / 5),
        f"AI shares stand {abs(value):.2f} standard deviations {_side(value)} their 200-day"
        f" average ({_each(zs, '+.2f')}).",
    )


def _z_score(prices: tuple[float, ...]) -> float | None:
    window = prices[-SMA_LENGTH:]
    if len(window) < SMA_LENGTH:
        return None
    mean = fmean(window)
    deviations = [price - mean for price in window]
    sigma = math.sqrt(fmean([deviation * deviation for deviation in deviations]))
    # Equal prices leave a sigma of rounding noise, not of zero.
    return (window[-1] - mean) / sigma if sigma > 1e-12 * mean else None


def news_sentiment(feed: NewsFeed) -> Measurement | Unavailable:
    """Mean overall sentiment score (-1 to 1); score 100 * clip01((mean + 0.35) / 0.70).

    0.35 is where the vendor's scale turns "Bullish". A high score: the news are euphoric.
    """
    if feed.rows < MINIMUM_ARTICLES:
        return Unavailable(f"only {feed.rows} articles in 7 days, {MINIMUM_ARTICLES} are needed")
    value = fmean(feed.scores)
    return Measurement(
        value,
        score((value + 0.35) / 0.70),
        f"The latest {feed.rows} technology articles have a mean sentiment of {value:+.2f}.",
    )


def smart_money_flow(intraday: IntradayBars) -> Measurement | Unavailable:
    """Mean over 20 sessions of the mean over symbols of last-hour minus first-hour return.

    In percentage points; score 100 * clip01((1 - value) / 2). The first hour is thought to be
    emotional, the last one informed; one session says next to nothing about that, a month says
    more. A high score: the informed hour sold what the emotional hour had bought.
    """
    flows: dict[date, list[float]] = {}
    for sessions in intraday.sessions.values():
        for day, bars in sessions.items():
            if len(bars.starts) >= MINIMUM_BARS:
                flows.setdefault(day, []).append(_last_minus_first_hour(bars))
    if len(flows) < MINIMUM_SESSIONS:
        return Unavailable(
            f"only {len(flows)} of the last sessions have {MINIMUM_BARS} half-hour bars of any"
            f" symbol, {MINIMUM_SESSIONS} are needed"
        )
    value = fmean(fmean(of_symbols) for of_symbols in flows.values())
    return Measurement(
        value,
        score((1 - value) / 2),
        f"Over the {len(flows)} sessions up to {max(flows)} the last hour returned {abs(value):.2f}"
        f" percentage points {'more' if value >= 0 else 'less'} than the first, on average.",
    )


def _last_minus_first_hour(bars: SessionBars) -> float:
    first = bars.closes[1] / bars.opens[0] - 1
    last = bars.closes[-1] / bars.opens[-2] - 1
    return 100 * (last - first)


def ipo_heat(calendar: IpoCalendar) -> Measurement:
    """Offerings expected from the day on to 90 days later; score 100 * clip01(count / 25).

    A high score: the window for new issues is wide open, as it is late in a boom.
    """
    count = sum(
        0 <= (ipo_date - calendar.day).days <= IPO_HORIZON_DAYS for ipo_date in calendar.ipo_dates
    )
    return Measurement(
        count, score(count / 25), f"{count} offerings are expected in the next 90 days."
    )


def yield_curve(ten_year: Yields, two_year: Yields) -> Measurement | Unavailable:
    """10-year minus 2-year yield in percentage points; score 100 * clip01((spread + 1) / 3).

    On the newest day that both have. A high score: a steep curve, long rates weigh on the
    valuation of growth shares.
    """
    tens = dict(zip(ten_year.observations.dates, ten_year.observations.values, strict=True))
    twos = dict(zip(two_year.observations.dates, two_year.observations.values, strict=True))
    common = tens.keys() & twos.keys()
    if not common:
        return Unavailable("the 10-year and the 2-year yield have no day in common")
    day = max(common)
    value = tens[day] - twos[day]
    return Measurement(
        value,
        score((value + 1) / 3),
        f"On {day} the 10-year yield stood {abs(value):.2f} percentage points {_side(value)} the"
        " 2-year yield.",
    )


def fed_expectations(two_year: Yields) -> Measurement | Unavailable:
    """2-year yield now minus 20 observations earlier, percentage points.

    Score 100 * clip01((0.5 - change) / 1.0). A high score: the market prices in rate cuts, as it
    does when it expects trouble.
    """
    values = two_year.observations.values
    if len(values) <= FED_LOOKBACK:
        return Unavailable(
            f"only {len(values)} observations of the 2-year yield, {FED_LOOKBACK + 1} are needed"
        )
    value = values[-1] - values[-1 - FED_LOOKBACK]
    return Measurement(
        value,
        score((0.5 - value) / 1.0),
        f"The 2-year yield moved {value:+.2f} percentage points in {FED_LOOKBACK} observations.",
    )


def _side(value: float) -> str:
    return "above" if value >= 0 else "below"


def _each(values: dict[str, float], form: str) -> str:
    return ", ".join(f"{symbol} {value:{form}}" for symbol, value in values.items())
