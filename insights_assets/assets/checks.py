"""The asset checks: what is wrong with the newest day, which is what the UI's colours are about.

A run of earlier days looks at the newest stored day as well: Dagster shows the last evaluation,
whichever day it was about. What is wrong with an earlier day is seen in the colour of its
partition. A check that is executed alone looks at what is stored.

A step evaluates the checks of what it makes, whether they are selected or not: the daily job does
not select them, because Dagster would write an event for each that it plans.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

import dagster as dg

from insights_assets.model.category import Category
from insights_assets.model.context import usual_move
from insights_assets.model.dates import DEADLINE, months_before, now
from insights_assets.model.outcomes import DatasetOutcome, MetricOutcome, Unavailable
from insights_assets.model.snapshot import Snapshot, gaps, incoherences, jumps
from insights_assets.storage.documents import Document
from insights_assets.storage.io_managers import store_failures
from insights_assets.storage.mongo import MongoHistory

TODAY_EXISTS = "today_exists"
NAMED = 5  # findings that a message names one by one

Outcome = TypeVar("Outcome", DatasetOutcome, MetricOutcome)


def newest_outcome(
    history: MongoHistory,
    collection: str,
    key: dg.AssetKey,
    read: Callable[[Document], Outcome],
    outcomes: Mapping[date, Outcome] | None = None,
) -> tuple[date, Outcome] | None:
    """Return what became of an asset on the newest day, in the run or in the store."""
    newest = max((outcomes or {}).items(), default=None, key=lambda dated: dated[0])
    if newest and newest[0] >= now().date():
        return newest
    with store_failures():
        stored = history.newest_value(collection, key.to_user_string(), read)
    return max(filter(None, (newest, stored)), default=None, key=lambda dated: dated[0])


def available_check(
    key: dg.AssetKey, newest: tuple[date, DatasetOutcome | MetricOutcome] | None
) -> dg.AssetCheckEvaluation:
    """Pass if the newest day could be had, or can be had from nobody."""
    if newest is None:
        return _result(key, "available", ["nothing is stored yet"], "")
    day, outcome = newest
    if not isinstance(outcome, Unavailable):
        return _result(key, "available", [], f"available for {day}")
    finding = f"{day}: {outcome.reason}"
    return _result(key, "available", [] if outcome.cause == "absent" else [finding], finding)


def checks_alone(
    context: dg.AssetExecutionContext,
    history: MongoHistory,
    collection: str,
    read: Callable[[Document], Outcome],
) -> Iterator[dg.AssetCheckEvaluation]:
    """Evaluate `available` of what was selected, in a run that makes no asset."""
    for check in context.selected_asset_check_keys:
        yield available_check(
            check.asset_key, newest_outcome(history, collection, check.asset_key, read)
        )


def snapshot_checks(
    key: dg.AssetKey, category: Category, history: MongoHistory
) -> list[dg.AssetCheckEvaluation]:
    """Look at the newest snapshot of a category."""
    with store_failures():
        newest = history.newest_snapshot(category.id)
        if newest is None:
            before = []
        else:
            day_before = newest.date - timedelta(days=1)
            before = history.snapshots(category.id, day_before, day_before)
    snapshots = [newest] if newest else []

    def past() -> Sequence[Snapshot]:
        with store_failures():
            return history.snapshots(category.id, months_before(day_before, 12), day_before)

    return [
        coverage_check(key, snapshots),
        coherence_check(key, snapshots),
        no_jump_check(key, snapshots, before, past),
        today_check(key, newest),
    ]


def coverage_check(key: dg.AssetKey, snapshots: Sequence[Snapshot]) -> dg.AssetCheckEvaluation:
    """Pass if every metric that can be had is in every snapshot, and fresh."""
    missing = [f"{snapshot.date}: {gap}" for snapshot in snapshots for gap in gaps(snapshot)]
    return _result(key, "coverage_complete", missing, "every metric that can be had is there")


def coherence_check(key: dg.AssetKey, snapshots: Sequence[Snapshot]) -> dg.AssetCheckEvaluation:
    """Pass if no snapshot contradicts itself."""
    problems = [
        f"{snapshot.date}: {problem}"
        for snapshot in snapshots
        for problem in incoherences(snapshot)
    ]
    return _result(
        key, "coherent", problems, "scores and composite agree", dg.AssetCheckSeverity.ERROR
    )


def no_jump_check(
    key: dg.AssetKey,
    snapshots: Sequence[Snapshot],
    before: Sequence[Snapshot],
    past: Callable[[], Sequence[Snapshot]] = list,
) -> dg.AssetCheckEvaluation:
    """Pass if no metric moved far in a day.

    `before` is what is stored for the day before; `past` is asked for the snapshots of the year
    before where one did, to say how far it usually moves.
    """
    by_day = {snapshot.date: snapshot for snapshot in (*before, *snapshots)}
    jumped = [
        (snapshot.date, id_, jump)
        for snapshot in snapshots
        if (day_before := by_day.get(snapshot.date - timedelta(days=1)))
        for id_, jump in jumps(snapshot, day_before).items()
    ]
    stored = past() if jumped else []
    problems = [f"{day}: {jump}, {_usual(id_, stored)}" for day, id_, jump in jumped]
    return _result(key, "no_jump", problems, "no metric moved far in a day")


def _usual(metric_id: str, stored: Sequence[Snapshot]) -> str:
    usual = usual_move(metric_id, stored)
    if usual is None:
        return "and too little is stored to say how far it usually moves"
    return f"its usual move from session to session is {usual:.1f} points"


def agreement_check(key: dg.AssetKey, problem: str | None) -> dg.AssetCheckEvaluation:
    """Pass if Redis and MongoDB hold the same newest snapshot."""
    problems = [problem] if problem else []
    fine = "both stores hold the same newest snapshot"
    return _result(key, "agrees_with_history", problems, fine, dg.AssetCheckSeverity.ERROR)


def today_check(key: dg.AssetKey, newest: Snapshot | None) -> dg.AssetCheckEvaluation:
    """Pass if today's snapshot is stored, or not due yet: a freshness policy knows no days."""
    instant = now()
    today = instant.date()
    is_there = newest is not None and newest.date >= today
    is_due = instant.time() >= DEADLINE
    if is_there:
        finding = f"the snapshot of {today} is there"
    elif is_due:
        finding = f"there is no snapshot of {today}"
    else:
        finding = f"the snapshot of {today} is not due before {DEADLINE:%H:%M} New York"
    missing = [finding] if is_due and not is_there else []
    return _result(key, TODAY_EXISTS, missing, finding, dg.AssetCheckSeverity.ERROR)


def _result(
    key: dg.AssetKey,
    name: str,
    findings: Sequence[str],
    fine: str,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN,
) -> dg.AssetCheckEvaluation:
    """Pass if there are no findings, and say what is `fine` then.

    It is the event itself: Dagster would write another one for the output that an AssetCheckResult
    is, and look for the asset's newest materialization.
    """
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=name,
        passed=not findings,
        metadata={},
        severity=severity,
        description=shortened(findings) if findings else fine,
    )


def shortened(findings: Sequence[str]) -> str:
    """Join findings into a message that stays readable for hundreds of them."""
    text = "; ".join(findings[:NAMED])
    rest = len(findings) - NAMED
    return f"{text}; and {rest} more" if rest > 0 else text
