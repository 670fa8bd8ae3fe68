"""What the basket did after a snapshot, by band: returns, worst losses, and how sure that is.

A snapshot of day D is known at 09:30; what counts after it begins at the close of D. Windows of
neighbouring days overlap almost wholly, so that a hundred days in a row are not a hundred
observations: intervals come from resampling blocks of days, and beside them stands the number of
windows that do not overlap.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from insights_assets.research.study.measures import STATUSES

HORIZONS = (5, 20, 60)  # sessions
RESAMPLES = 2000
SHORTEST_BLOCK = 20  # sessions: the scores themselves have a memory of about a month
FEW_PERIODS = 5  # with fewer independent periods no interval is worth its name
SEED = 7
EVERY_BAND = "all"

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def aftermath(table: pd.DataFrame, basket: pd.Series) -> pd.DataFrame:
    """Return, for each snapshot of a session, the return and the worst loss after it, in percent.

    `return_20` is the basket 20 sessions after the close of the day against that close; `worst_20`
    is the lowest close on the way against it, at most 0. NaN where the stored prices end before.
    """
    followed = table.loc[table.index.isin(basket.index), ["composite_score", "composite_status"]]
    starts = basket.index.get_indexer(followed.index)
    values = basket.to_numpy()
    for horizon in HORIZONS:
        windows = [values[start : start + horizon + 1] for start in starts]
        whole = [window if len(window) > horizon else np.array([np.nan]) for window in windows]
        followed[f"return_{horizon}"] = [100 * (window[-1] / window[0] - 1) for window in whole]
        followed[f"worst_{horizon}"] = [100 * (window.min() / window[0] - 1) for window in whole]
    return followed


def by_band(after: pd.DataFrame) -> pd.DataFrame:
    """Return for each horizon and band: snapshots, independent periods, means with intervals."""
    rows = []
    for horizon in HORIZONS:
        complete = after.dropna(subset=[f"return_{horizon}"])
        for band in (*STATUSES, EVERY_BAND):
            inside = (complete["composite_status"] == band).to_numpy() | (band == EVERY_BAND)
            periods = independent_periods(np.flatnonzero(inside), horizon)
            row: dict[str, object] = {
                "sessions after": horizon,
                "band": band,
                "snapshots": int(inside.sum()),
                "independent periods": periods,
            }
            for name in ("return", "worst"):
                values = complete[f"{name}_{horizon}"].to_numpy()
                row[f"mean {name} %"] = values[inside].mean() if inside.any() else np.nan
                row[f"{name} from"], row[f"{name} to"] = (
                    _interval_of_mean(values, inside, horizon)
                    if periods >= FEW_PERIODS
                    else (np.nan, np.nan)
                )
            rows.append(row)
    return pd.DataFrame(rows)


def rank_correlations(after: pd.DataFrame) -> pd.DataFrame:
    """Return the rank correlation (Spearman) of the composite with what followed."""
    rows = []
    for horizon in HORIZONS:
        for name in ("return", "worst"):
            complete = after.dropna(subset=[f"{name}_{horizon}"])
            scores = _ranks(complete["composite_score"])
            values = _ranks(complete[f"{name}_{horizon}"])
            low, high = _interval_of_correlation(scores, values, horizon)
            rows.append(
                {
                    "sessions after": horizon,
                    "with": {"return": "return", "worst": "worst loss"}[name],
                    "rank correlation": float(_correlation(scores, values)),
                    "from": low,
                    "to": high,
                    "snapshots": len(complete),
                    "independent periods": independent_periods(np.arange(len(complete)), horizon),
                }
            )
    return pd.DataFrame(rows)


def independent_periods(positions: Rows, horizon: int) -> int:
    """Count windows of `horizon` sessions that begin at some of `positions` without overlapping."""
    count, free_from = 0, 0
    for position in positions:
        if position >= free_from:
            count, free_from = count + 1, position + horizon
    return count


def _interval_of_mean(values: Floats, inside: Mask, horizon: int) -> tuple[float, float]:
    rows = _resampled(len(values), horizon)
    counts = inside[rows].sum(axis=1)
    sums = np.where(inside, values, 0.0)[rows].sum(axis=1)
    return _interval(sums[counts > 0] / counts[counts > 0])


def _interval_of_correlation(one: Floats, other: Floats, horizon: int) -> tuple[float, float]:
    # The ranks are those of the whole sample: ranking each sample anew changes nothing but time.
    rows = _resampled(len(one), horizon)
    return _interval(_correlation(one[rows], other[rows]))


def _resampled(length: int, horizon: int) -> Rows:
    """Return samples of row numbers, a line each, made of blocks of neighbours in a ring."""
    block = max(horizon, SHORTEST_BLOCK)
    shape = (RESAMPLES, -(-length // block), 1)
    starts = np.random.default_rng(SEED).integers(max(length, 1), size=shape, dtype=np.int64)
    rows: Rows = ((starts + np.arange(block)) % max(length, 1)).reshape(RESAMPLES, -1)
    return rows[:, :length]


def _interval(drawn: Floats) -> tuple[float, float]:
    """Return the middle 95 % of what is a number in `drawn`."""
    numbers = drawn[np.isfinite(drawn)]
    if not len(numbers):
        return np.nan, np.nan
    low, high = np.percentile(numbers, [2.5, 97.5])
    return float(low), float(high)


def _correlation(one: Floats, other: Floats) -> Floats:
    """Return the correlation of each line of `one` with that of `other`; NaN if one is constant."""
    one, other = _centred(one), _centred(other)
    spread = np.sqrt((one * one).sum(axis=-1) * (other * other).sum(axis=-1))
    correlation: Floats = np.divide(
        (one * other).sum(axis=-1), spread, out=np.full(spread.shape, np.nan), where=spread > 0
    )
    return correlation


def _centred(values: Floats) -> Floats:
    mean: Floats = values.mean(axis=-1, keepdims=True) if values.shape[-1] else values
    return values - mean


def _ranks(values: pd.Series) -> Floats:
    ranks: Floats = values.rank().to_numpy(dtype="float64")
    return ranks
