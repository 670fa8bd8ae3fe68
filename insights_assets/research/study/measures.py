"""What the snapshots of a period were like: distributions, memory, shares, bands."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from insights_assets.model.alerts import status_changes
from insights_assets.model.category import Category
from insights_assets.model.dates import is_session
from insights_assets.model.snapshot import Snapshot

YEAR_DAYS = 365.25
LAGS = (1, 5, 20)  # sessions
STATUSES = ("low", "normal", "elevated", "high")


@dataclass(frozen=True, slots=True)
class Crossings:
    """How often the composite's band changed over `days` days: by the score, and as alerts."""

    days: int
    by_score: int
    alerts: int

    def a_year(self, count: int) -> float:
        """Return how many in a year `count` are."""
        return count / self.days * YEAR_DAYS


def scores_of(table: pd.DataFrame, category: Category) -> pd.DataFrame:
    """Return the scores alone: the composite first, then each metric by its id."""
    names = {"composite_score": "composite"}
    names |= {f"{metric.id}_score": metric.id for metric in category.metrics}
    return table[list(names)].rename(columns=names)


def distribution(scores: pd.DataFrame) -> pd.DataFrame:
    """Return days, mean, standard deviation, quantiles, and the percentage of days at 0 or 100."""
    quantiles = scores.quantile([0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]).T
    quantiles.columns = ["least", "5 %", "25 %", "median", "75 %", "95 %", "most"]
    ends = ((scores <= 0) | (scores >= 100)).sum() / scores.count()
    return pd.concat(
        [
            scores.count().rename("days"),
            scores.mean().rename("mean"),
            scores.std().rename("deviation"),
            quantiles,
            (100 * ends).rename("% at 0 or 100"),
        ],
        axis=1,
    )


def memory(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the autocorrelation of each score over 1, 5 and 20 sessions."""
    sessions = scores[[is_session(day.date()) for day in scores.index]]
    return pd.DataFrame(
        {f"{lag} sessions": sessions.apply(_autocorrelation, lag=lag) for lag in LAGS}
    )


def contributions(table: pd.DataFrame, category: Category) -> pd.DataFrame:
    """Return the points that each metric adds to the composite of a day; 0 where it is not."""
    weights = pd.Series({metric.id: metric.weight for metric in category.metrics})
    scores = scores_of(table, category).drop(columns="composite")
    covered = (scores.notna() * weights).sum(axis=1)
    return (scores.fillna(0.0) * weights).div(covered, axis=0)


def shares(points: pd.DataFrame) -> pd.DataFrame:
    """Return what each metric makes of the composite's variance and of its daily change's.

    In percent, adding up to 100: the covariance of a metric's contribution with the sum of all,
    over the variance of the sum. A metric that works against the others has a negative share.
    """
    return pd.DataFrame(
        {
            "% of the variance": _covariance_shares(points),
            "% of the daily change": _covariance_shares(points.diff().dropna()),
        }
    )


def correlations(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rank correlation (Spearman) of the metrics with each other, day by day."""
    metrics = scores.drop(columns="composite").dropna(axis=1, how="all")
    return metrics.rank().corr(min_periods=120)


def days_in_bands(table: pd.DataFrame) -> pd.DataFrame:
    """Return the days in each band, and their percentage."""
    days = table["composite_status"].value_counts().reindex(STATUSES, fill_value=0)
    return pd.DataFrame({"days": days, "% of days": 100 * days / len(table)})


def crossings(category: Category, snapshots: Sequence[Snapshot]) -> Crossings:
    """Count the changes of the composite's band; `snapshots` come oldest first."""
    changes = sum(
        one.composite_status != other.composite_status for one, other in pairwise(snapshots)
    )
    alerts = status_changes(category, snapshots, {snapshot.date for snapshot in snapshots})
    crossed = [alert for alert in alerts if alert.event == "band_crossed"]
    return Crossings(len(snapshots), changes, len(crossed))


def _autocorrelation(scores: pd.Series, lag: int) -> float:
    pairs = pd.DataFrame({"now": scores, "then": scores.shift(lag)}).dropna()
    constant = (pairs.nunique() < 2).any()
    return float("nan") if constant else float(pairs["now"].corr(pairs["then"]))


def _covariance_shares(points: pd.DataFrame) -> pd.Series:
    total = points.sum(axis=1)
    return 100 * points.apply(lambda part: np.cov(part, total)[0, 1]) / total.var()
