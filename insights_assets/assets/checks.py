"""The asset checks: what a run says about its own result."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import dagster as dg

from insights_assets.model.category import Category
from insights_assets.model.context import usual_move
from insights_assets.model.dates import DEADLINE, now
from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.model.snapshot import Snapshot, gaps, incoherences, jumps
from insights_assets.storage.io_managers import store_failures
from insights_assets.storage.mongo import MongoHistory

NAMED = 5  # findings that a message names one by one


def available_check(
    key: dg.AssetKey, outcomes: Mapping[date, DatasetOutcome]
) -> dg.AssetCheckResult:
    """Pass if the dataset could be had for every day."""
    missing = [
        f"{day}: {found.reason}"
        for day, found in outcomes.items()
        if isinstance(found, Unavailable)
    ]
    return _result(key, "available", missing, "available")


def coverage_check(key: dg.AssetKey, snapshots: Sequence[Snapshot]) -> dg.AssetCheckResult:
    """Pass if every metric of every snapshot is there, and fresh."""
    missing = [f"{snapshot.date}: {gap}" for snapshot in snapshots for gap in gaps(snapshot)]
    return _result(key, "coverage_complete", missing, "every metric is there")


def coherence_check(key: dg.AssetKey, snapshots: Sequence[Snapshot]) -> dg.AssetCheckResult:
    """Pass if no snapshot contradicts itself."""
    found = [
        f"{snapshot.date}: {problem}"
        for snapshot in snapshots
        for problem in incoherences(snapshot)
    ]
    return _result(
        key, "coherent", found, "scores and composite agree", dg.AssetCheckSeverity.ERROR
    )


def no_jump_check(
    key: dg.AssetKey,
    snapshots: Sequence[Snapshot],
    before: Sequence[Snapshot],
    past: Callable[[], Sequence[Snapshot]] = list,
) -> dg.AssetCheckResult:
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
    found = [f"{day}: {jump}, {_usual(id_, stored)}" for day, id_, jump in jumped]
    return _result(key, "no_jump", found, "no metric moved far in a day")


def _usual(metric_id: str, stored: Sequence[Snapshot]) -> str:
    usual = usual_move(metric_id, stored)
    if usual is None:
        return "and too little is stored to say how far it usually moves"
    return f"its usual move from session to session is {usual:.1f} points"


def agreement_check(key: dg.AssetKey, problem: str | None) -> dg.AssetCheckResult:
    """Pass if Redis and MongoDB hold the same newest snapshot."""
    found = [problem] if problem else []
    fine = "both stores hold the same newest snapshot"
    return _result(key, "agrees_with_history", found, fine, dg.AssetCheckSeverity.ERROR)


def build_today_check(category: Category, snapshot_key: dg.AssetKey) -> dg.AssetChecksDefinition:
    """Build the check that sees what a freshness policy cannot: which partition is there."""

    @dg.asset_check(
        asset=snapshot_key,
        name="today_exists",
        description=f"The snapshot of today is stored by {DEADLINE:%H:%M} New York.",
    )
    def today_exists(history: dg.ResourceParam[MongoHistory]) -> dg.AssetCheckResult:
        instant = now()
        today = instant.date()
        with store_failures():
            found = bool(history.snapshots(category.id, today, today))
        if found:
            finding = f"the snapshot of {today} is there"
        elif instant.time() < DEADLINE:
            finding = f"the snapshot of {today} is not due before {DEADLINE:%H:%M} New York"
        else:
            finding = f"there is no snapshot of {today}"
        return dg.AssetCheckResult(
            passed=found or instant.time() < DEADLINE,
            severity=dg.AssetCheckSeverity.ERROR,
            description=finding,
        )

    return today_exists


def _result(
    key: dg.AssetKey,
    name: str,
    findings: Sequence[str],
    fine: str,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN,
) -> dg.AssetCheckResult:
    """Pass if there are no findings, and say what is `fine` then."""
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=not findings,
        severity=severity,
        description=shortened(findings) if findings else fine,
    )


def shortened(findings: Sequence[str]) -> str:
    """Join findings into a message that stays readable for hundreds of them."""
    text = "; ".join(findings[:NAMED])
    rest = len(findings) - NAMED
    return f"{text}; and {rest} more" if rest > 0 else text
