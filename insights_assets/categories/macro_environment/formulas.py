"""The formulas: functions of plain values, sources and units in each docstring.

A high score always means a backdrop that is harder for risky assets.
"""

from collections.abc import Sequence

from insights_assets.datasets.fred_series import ReleasedSeries
from insights_assets.model.outcomes import Measurement, Unavailable
from insights_assets.model.scores import score

WINDOW = 1250  # about five years
MINIMUM_OBSERVATIONS = 250
TIGHTENING_LOOKBACK = 60


def credit_spread(spread: ReleasedSeries) -> Measurement | Unavailable:
    """Newest Baa minus 10-year Treasury yield in percentage points; score rank(value).

    A high score: lenders ask more for the risk of default than on most days of the last five years.
    """
    return _ranked(
        spread,
        "Baa corporate bonds yielded {value:.2f} percentage points more than"
        " 10-year Treasuries on {day}, more than on {rank:.0f} % of the days since"
        " {since}.",
    )


def market_volatility(vix: ReleasedSeries) -> Measurement | Unavailable:
    """Newest close of the VIX in index points; score rank(value).

    A high score: options price in wider swings of shares than on most days of the last five years.
    """
    return _ranked(
        vix,
        "The VIX closed at {value:.2f} on {day}, higher than on {rank:.0f} % of the"
        " days since {since}.",
    )


def _ranked(series: ReleasedSeries, summary: str) -> Measurement | Unavailable:
    observations = series.observations
    window = observations.values[-WINDOW:]
    if len(window) < MINIMUM_OBSERVATIONS:
        return Unavailable(
            f"only {len(window)} observations are known, {MINIMUM_OBSERVATIONS} are needed"
        )
    value, fraction = window[-1], rank(window)
    sentence = summary.format(
        value=value,
        day=observations.dates[-1],
        rank=100 * fraction,
        since=observations.dates[-len(window)],
    )
    return Measurement(value, score(fraction), sentence)


def rank(window: Sequence[float]) -> float:
    """Return the fraction of the other values in `window` below its last one; ties count half."""
    newest, others = window[-1], window[:-1]
    below = sum(other < newest for other in others)
    return (below + 0.5 * others.count(newest)) / len(others)


def curve_inversion(spread: ReleasedSeries) -> Measurement:
    """Newest 10-year minus 3-month yield in percentage points; score 100 * clip01((2 - v) / 4).

    A high score: the curve is inverted, as it has been before most recessions.
    """
    value, day = spread.observations.values[-1], spread.newest
    side = "above" if value >= 0 else "below"
    return Measurement(
        value,
        score((2 - value) / 4),
        f"On {day} the 10-year Treasury yield stood {abs(value):.2f} percentage points {side} the"
        " 3-month yield.",
    )


def policy_tightening(rate: ReleasedSeries) -> Measurement | Unavailable:
    """Newest SOFR minus SOFR 60 observations earlier, percentage points.

    Score 100 * clip01((value + 1) / 3). A high score: money has become dearer in three months.
    """
    values = rate.observations.values
    if len(values) <= TIGHTENING_LOOKBACK:
        return Unavailable(
            f"only {len(values)} observations are known, {TIGHTENING_LOOKBACK + 1} are needed"
        )
    value = values[-1] - values[-1 - TIGHTENING_LOOKBACK]
    since = rate.observations.dates[-1 - TIGHTENING_LOOKBACK]
    return Measurement(
        value,
        score((value + 1) / 3),
        f"The overnight rate moved {value:+.2f} percentage points from {since} to {rate.newest}.",
    )
