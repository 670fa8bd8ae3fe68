"""A number against its own past: what moved it, how unusual it is, when it was last like that.

Every statement about a snapshot looks at what is stored of earlier days and never at a later one.
*Sessions* are the snapshots of NYSE trading days: each of them saw one more session than the one
before, while those of a weekend repeat what was known when it began.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from insights_assets.model.dates import NEW_YORK, as_of, is_session, months_before, newest_due
from insights_assets.model.snapshot import Snapshot

COMPARED_YEARS = 3
SESSIONS_NEEDED = 120  # half a year: fewer say little about what is usual
AVERAGED_SESSIONS = 20
MOVES_NEEDED = 20
NEAREST_DAYS = 4  # a long weekend
BIN_POINTS = 5


@dataclass(frozen=True, slots=True)
class Earlier:
    """A composite of an earlier day, with the weight it covered."""

    date: date
    composite_score: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Ago:
    """The composite some time earlier, None where no day near enough is stored."""

    week: Earlier | None
    month: Earlier | None
    quarter: Earlier | None
    year: Earlier | None


@dataclass(frozen=True, slots=True)
class Percentile:
    """The share of earlier sessions below a score, in percent; those equal to it count half.

    `value` is None where `reason` says why. `of_other_coverage` of the sessions have a composite
    of other metrics, which is not quite the same number.
    """

    value: float | None
    sessions: int
    of_other_coverage: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Percentiles:
    """How the composite and each available metric stand among those of the 3 years before.

    `change` is the size of the composite's change among those from session to session, up or down.
    `distribution` counts the composites of those sessions for every five points of score.
    """

    composite: Percentile
    change: Percentile
    metrics: Mapping[str, Percentile]
    distribution: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the stored past says about one snapshot.

    `attribution` has the points that each metric added to the composite since `previous`, in sum
    the `change`; of those that were not there before (`came`) or are not there now (`went`) it is
    the whole contribution. `last_as_high` and `last_as_low` are the newest earlier sessions with a
    composite at least, and at most, as high as this one.
    """

    previous: Earlier | None
    change: float | None
    attribution: Mapping[str, float]
    came: tuple[str, ...]
    went: tuple[str, ...]
    ago: Ago
    percentile: Percentiles
    band_since: date
    last_as_high: Earlier | None
    last_as_low: Earlier | None
    average_20: float | None


@dataclass(frozen=True, slots=True)
class Timeliness:
    """Whether a snapshot is the newest that should exist, and when the next one will."""

    is_current: bool
    age_days: int
    expected: date
    """The newest day whose snapshot should exist."""
    next_expected_at: datetime


def context_of(snapshot: Snapshot, stored: Iterable[Snapshot]) -> Context:
    """Return what `stored`, snapshots of the same category in any order, say about `snapshot`."""
    past = sorted(
        (other for other in stored if other.date < snapshot.date),
        key=lambda other: other.date,
        reverse=True,
    )
    sessions = [other for other in past if is_session(other.date)]
    previous = sessions[0] if sessions else None
    score = snapshot.composite_score
    return Context(
        previous=_earlier(previous),
        change=round(score - previous.composite_score, 2) + 0.0 if previous else None,
        attribution=attribution(snapshot, previous) if previous else {},
        came=_only_in(snapshot, previous) if previous else (),
        went=_only_in(previous, snapshot) if previous else (),
        ago=Ago(
            week=_nearest(past, snapshot.date - timedelta(days=7)),
            month=_nearest(past, months_before(snapshot.date, 1)),
            quarter=_nearest(past, months_before(snapshot.date, 3)),
            year=_nearest(past, months_before(snapshot.date, 12)),
        ),
        percentile=percentiles(snapshot, sessions),
        band_since=_band_since(snapshot, past),
        last_as_high=_earlier(next((s for s in sessions if s.composite_score >= score), None)),
        last_as_low=_earlier(next((s for s in sessions if s.composite_score <= score), None)),
        average_20=_average(snapshot, sessions),
    )


def session_averages(stored: Iterable[Snapshot]) -> dict[date, float]:
    """Return the mean composite of the last 20 sessions for each day of `stored` that has them."""
    averages: dict[date, float] = {}
    last: deque[float] = deque(maxlen=AVERAGED_SESSIONS)
    for snapshot in sorted(stored, key=lambda snapshot: snapshot.date):
        if is_session(snapshot.date):
            last.append(snapshot.composite_score)
        if len(last) == AVERAGED_SESSIONS:
            averages[snapshot.date] = round(sum(last) / AVERAGED_SESSIONS, 2)
    return averages


def timeliness(day: date, now: datetime) -> Timeliness:
    """Return whether the snapshot of `day` is the newest that should exist at `now`."""
    due = newest_due(now)
    return Timeliness(
        is_current=day >= due,
        age_days=(now.astimezone(NEW_YORK).date() - day).days,
        expected=due,
        next_expected_at=as_of(max(day, due) + timedelta(days=1)),
    )


def attribution(snapshot: Snapshot, before: Snapshot) -> dict[str, float]:
    """Return the points that each metric added to the composite; they add up to its change.

    A metric contributes its score times its renormalised weight. Rounding leaves a cent or two:
    they go to the metrics whose rounding was off by most.
    """
    now, then = _contributions(snapshot), _contributions(before)
    exact = {id_: 100 * (now.get(id_, 0.0) - then.get(id_, 0.0)) for id_ in {**then, **now}}
    cents = {id_: round(points) for id_, points in exact.items()}
    total = round(100 * snapshot.composite_score) - round(100 * before.composite_score)
    left = total - sum(cents.values())
    step = 1 if left > 0 else -1
    by_rounding = sorted(exact, key=lambda id_: step * (cents[id_] - exact[id_]))
    for id_ in by_rounding[: abs(left)]:
        cents[id_] += step
    return {id_: change / 100 for id_, change in cents.items()}


def usual_move(metric_id: str, stored: Iterable[Snapshot]) -> float | None:
    """Return the median move of a metric's score from session to session, in points."""
    scores = [
        snapshot.metrics[metric_id].score
        for snapshot in sorted(stored, key=lambda snapshot: snapshot.date)
        if is_session(snapshot.date) and metric_id in snapshot.metrics
    ]
    moves = [abs(one - other) for one, other in pairwise(scores)]
    return median(moves) if len(moves) >= MOVES_NEEDED else None


def percentiles(snapshot: Snapshot, stored: Iterable[Snapshot]) -> Percentiles:
    """Return how unusual the composite and each metric are among the sessions of 3 years before."""
    first = months_before(snapshot.date, 12 * COMPARED_YEARS)
    sessions = sorted(
        (s for s in stored if first <= s.date < snapshot.date and is_session(s.date)),
        key=lambda other: other.date,
    )
    moves = [_move(before, after) for before, after in pairwise(sessions)]
    return Percentiles(
        composite=_percentile(
            snapshot.composite_score,
            [s.composite_score for s in sessions],
            of_other_coverage=sum(s.coverage != snapshot.coverage for s in sessions),
        ),
        change=_percentile(_move(sessions[-1], snapshot), moves, what="changes between sessions")
        if sessions
        else Percentile(None, 0, reason="there is no earlier session to compare it with"),
        metrics={
            id_: _percentile(
                reading.score, [s.metrics[id_].score for s in sessions if id_ in s.metrics]
            )
            for id_, reading in snapshot.metrics.items()
        },
        distribution=_distribution([s.composite_score for s in sessions]),
    )


def _distribution(scores: Sequence[float]) -> tuple[int, ...]:
    counts = [0] * (100 // BIN_POINTS)
    for score in scores:
        counts[min(int(score // BIN_POINTS), len(counts) - 1)] += 1
    return tuple(counts)


def _move(before: Snapshot, after: Snapshot) -> float:
    return round(abs(after.composite_score - before.composite_score), 2)


def _percentile(
    score: float, earlier: Sequence[float], of_other_coverage: int = 0, what: str = "sessions"
) -> Percentile:
    count = len(earlier)
    if count < SESSIONS_NEEDED:
        reason = (
            f"{SESSIONS_NEEDED} {what} of the {COMPARED_YEARS} years before are needed,"
            f" {count} stored"
        )
        return Percentile(None, count, of_other_coverage, reason)
    below = sum(value < score for value in earlier) + sum(value == score for value in earlier) / 2
    return Percentile(round(100 * below / count, 1), count, of_other_coverage)


def _contributions(snapshot: Snapshot) -> dict[str, float]:
    total = sum(metric.weight for metric in snapshot.metrics.values())
    return {
        id_: reading.score * reading.weight / total for id_, reading in snapshot.metrics.items()
    }


def _only_in(one: Snapshot, other: Snapshot) -> tuple[str, ...]:
    return tuple(id_ for id_ in one.metrics if id_ not in other.metrics)


def _earlier(snapshot: Snapshot | None) -> Earlier | None:
    if snapshot is None:
        return None
    return Earlier(snapshot.date, snapshot.composite_score, snapshot.coverage)


def _nearest(past: Sequence[Snapshot], day: date) -> Earlier | None:
    """Return the newest of `past`, newest first, that is of `day` or a few days before it."""
    nearest = next((snapshot for snapshot in past if snapshot.date <= day), None)
    return _earlier(nearest) if nearest and (day - nearest.date).days <= NEAREST_DAYS else None


def _band_since(snapshot: Snapshot, past: Sequence[Snapshot]) -> date:
    since = snapshot.date
    for earlier in past:
        if earlier.composite_status != snapshot.composite_status:
            break
        since = earlier.date
    return since


def _average(snapshot: Snapshot, sessions: Sequence[Snapshot]) -> float | None:
    own = [snapshot] if is_session(snapshot.date) else []
    last = [*own, *sessions][:AVERAGED_SESSIONS]
    if len(last) < AVERAGED_SESSIONS:
        return None
    return round(sum(snapshot.composite_score for snapshot in last) / AVERAGED_SESSIONS, 2)
