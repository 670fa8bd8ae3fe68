"""The specification once more, as slowly and plainly as it can be said: from payloads to scores.

Nothing of the product is used here, no floating point, no calendar and no time zone of a library:
numbers are fractions made of the vendor's texts, days are walked one by one.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

DAY = timedelta(days=1)
WEIGHTS = {
    "ai_price_anomaly": Fraction(20, 100),
    "news_sentiment": Fraction(20, 100),
    "smart_money_flow": Fraction(20, 100),
    "ipo_heat": Fraction(10, 100),
    "yield_curve": Fraction(15, 100),
    "fed_expectations": Fraction(15, 100),
}


def values(world, day):
    """Return the value of each metric that can be had on `day`, from the payloads of `world`."""
    scores = {
        "ai_price_anomaly": price_anomaly(daily_bars(world["daily"], day)),
        "news_sentiment": sentiment(news(world["news"], day)),
        "smart_money_flow": money_flow(intraday_bars(world["intraday"], day)),
        "ipo_heat": ipo_heat(world["ipos"], day),
        "yield_curve": curve(yields(world["10year"], day), yields(world["2year"], day)),
        "fed_expectations": expectations(yields(world["2year"], day)),
    }
    return {metric: value for metric, value in scores.items() if value is not None}


def exact_score(metric, value):
    """Return 100 * clip01 of the metric's fraction, unrounded."""
    fraction = {
        "ai_price_anomaly": (value + 2) / 5,
        "news_sentiment": (value + Fraction(35, 100)) / Fraction(70, 100),
        "smart_money_flow": (1 - value) / 2,
        "ipo_heat": value / 25,
        "yield_curve": (value + 1) / 3,
        "fed_expectations": Fraction(1, 2) - value,
    }[metric]
    return 100 * min(max(fraction, Fraction(0)), Fraction(1))


def composite(scores):
    """Return the coverage and the weighted mean of these scores; below 0.5 there is no mean."""
    coverage = sum((WEIGHTS[metric] for metric in scores), Fraction(0))
    if coverage < Fraction(1, 2):
        return coverage, None
    return coverage, sum(WEIGHTS[metric] * scores[metric] for metric in scores) / coverage


def band(score):
    """Name the band of a score."""
    for least, name in ((80, "high"), (60, "elevated"), (25, "normal")):
        if score >= least:
            return name
    return "low"


# What was known


def daily_bars(series, day):
    """The last 260 sessions dated before the day, none newer than 5 days: no symbol."""
    known = {}
    for symbol, rows in series.items():
        past = sorted((stamp, row) for stamp, row in rows.items() if stamp < day.isoformat())
        if past and (day - date.fromisoformat(past[-1][0])).days <= 5:
            known[symbol] = [Fraction(row["5. adjusted close"]) for _, row in past][-260:]
    return known if 2 * len(known) >= len(series) else None


def intraday_bars(series, day):
    """The bars by session of the 20 trading days before the day, of symbols that have the last."""
    stamps = [stamp for rows in series.values() for stamp in rows if stamp[:10] < day.isoformat()]
    if not stamps:
        return None
    session = max(stamps)[:10]
    if (day - date.fromisoformat(session)).days > 5:
        return None
    first = trading_days_before(day, 20)[-1].isoformat()
    known = {}
    for symbol, rows in series.items():
        sessions = {}
        for stamp in sorted(rows):
            if first <= stamp[:10] < day.isoformat():
                bar = (Fraction(rows[stamp]["1. open"]), Fraction(rows[stamp]["4. close"]))
                sessions.setdefault(stamp[:10], []).append(bar)
        if session in sessions:
            known[symbol] = sessions
    return known if 2 * len(known) >= len(series) else None


def yields(rows, day):
    """The last 60 observations that were published by 09:30, none newer than 8 days: nothing."""
    known = []
    for row in rows:
        observed = date.fromisoformat(row["date"])
        if row["value"] != "." and next_business_day(observed) < day:  # out there at 16:15
            known.append((observed, Fraction(row["value"])))
    known = sorted(known)[-60:]
    return known if known and (day - known[-1][0]).days <= 8 else None


def news(rows, day):
    """The latest 50 articles of the 7 days up to the opening, each address once."""
    opening = opening_in_utc(day)
    first, last = (f"{instant:%Y%m%dT%H%M%S}" for instant in (opening - 7 * DAY, opening))
    window = [row for row in rows if first <= row["time_published"] <= last]
    window.sort(key=lambda row: row["url"])
    window.sort(key=lambda row: row["time_published"], reverse=True)
    seen, kept = set(), []
    for row in window:
        if row["url"] not in seen and len(kept) < 50:
            seen.add(row["url"])
            kept.append(Fraction(str(row["overall_sentiment_score"])))
    return kept


# What it means


def price_anomaly(series):
    """Mean over symbols of (P - SMA200) / sigma200."""
    zs = []
    for prices in (series or {}).values():
        window = prices[-200:]
        if len(window) < 200 or len(set(window)) == 1:
            continue
        mean = sum(window) / 200
        variance = sum((price - mean) ** 2 for price in window) / 200
        zs.append((window[-1] - mean) / square_root(variance))
    return sum(zs) / len(zs) if zs else None


def square_root(value):
    with localcontext(prec=50):
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())


def sentiment(scores):
    """Mean score of at least five articles."""
    return sum(scores) / len(scores) if len(scores) >= 5 else None


def money_flow(series):
    """Mean over sessions, ten at least, of the mean over symbols of last less first hour."""
    flows = {}
    for sessions in (series or {}).values():
        for session, bars in sessions.items():
            if len(bars) >= 4:
                first_hour = bars[1][1] / bars[0][0] - 1
                last_hour = bars[-1][1] / bars[-2][0] - 1
                flows.setdefault(session, []).append(100 * (last_hour - first_hour))
    means = [sum(flow) / len(flow) for flow in flows.values()]
    return sum(means) / len(means) if len(means) >= 10 else None


def ipo_heat(rows, day):
    """Offerings from the day to 90 days later; a calendar without any is none."""
    if not rows:
        return None
    last = day
    for _ in range(90):
        last += DAY
    days = [date.fromisoformat(row["ipoDate"]) for row in rows]
    return Fraction(len([listed for listed in days if day <= listed <= last]))


def curve(tens, twos):
    """10-year minus 2-year on the newest day that both have."""
    for day, ten in reversed(tens or []):
        for other, two in twos or []:
            if other == day:
                return ten - two
    return None


def expectations(twos):
    """2-year now minus 2-year twenty observations earlier."""
    return twos[-1][1] - twos[-21][1] if twos and len(twos) > 20 else None


# Days


def opening_in_utc(day):
    """09:30 New York: four hours behind UTC in summer time, else five."""
    summer = nth_weekday(day.year, 3, 6, 2) <= day < nth_weekday(day.year, 11, 6, 1)
    return datetime(day.year, day.month, day.day, 9 + (4 if summer else 5), 30)  # noqa: DTZ001


def nth_weekday(year, month, weekday, n):
    """The n-th Monday (0) to Sunday (6) of a month."""
    day = date(year, month, 1)
    while day.weekday() != weekday:
        day += DAY
    return day + 7 * (n - 1) * DAY


def last_monday(year, month):
    day = date(year, month, 31)
    while day.weekday() != 0:
        day -= DAY
    return day


def easter(year):
    """The Sunday after the first full moon of spring, by the rule of the calendar's makers."""
    century, golden = year // 100, year % 19
    moon = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    moon -= (moon // 28) * (1 - (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    offset = moon - weekday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))


# Days of mourning.
CLOSED_ONCE = {date(2018, 12, 5), date(2025, 1, 9)}


def trading_days_before(day, count):
    """The last days on which the NYSE traded, newest first."""
    days = []
    while len(days) < count:
        day -= DAY
        closed = {
            nth_weekday(day.year, 1, 0, 3),
            nth_weekday(day.year, 2, 0, 3),
            easter(day.year) - 2 * DAY,
            last_monday(day.year, 5),
            nth_weekday(day.year, 9, 0, 1),
            nth_weekday(day.year, 11, 3, 4),
        } | CLOSED_ONCE
        fixed = [(1, 1), (7, 4), (12, 25)] + [(6, 19)] * (day.year >= 2022)
        for month, number in fixed:
            holiday = date(day.year, month, number)
            if holiday.weekday() == 5 and (month, number) != (1, 1):
                closed.add(holiday - DAY)
            else:
                closed.add(holiday + DAY if holiday.weekday() == 6 else holiday)
        if day.weekday() < 5 and day not in closed:
            days.append(day)
    return days


def federal_holidays(year):
    """The eleven of a year, those on a Saturday taken on Friday, on a Sunday on Monday."""
    fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)]
    shift = {5: -DAY, 6: DAY}
    observed = [date(year, *holiday) for holiday in fixed] + [date(year + 1, 1, 1)]
    return {day + shift.get(day.weekday(), 0 * DAY) for day in observed} | {
        nth_weekday(year, 1, 0, 3),
        nth_weekday(year, 2, 0, 3),
        last_monday(year, 5),
        nth_weekday(year, 9, 0, 1),
        nth_weekday(year, 10, 0, 2),
        nth_weekday(year, 11, 3, 4),
    }


def next_business_day(day):
    """The next day on which the Federal Reserve works."""
    day += DAY
    while day.weekday() >= 5 or day in federal_holidays(day.year):
        day += DAY
    return day
