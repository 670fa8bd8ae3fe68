"""The asset checks: what a run says about its own result."""

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg

from insights_assets.model.outcomes import DatasetOutcome, Unavailable
from insights_assets.model.snapshot import Snapshot, incoherences

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
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="available",
        passed=not missing,
        severity=dg.AssetCheckSeverity.WARN,
        description=shortened(missing) if missing else "available",
    )


def coverage_check(key: dg.AssetKey, snapshots: Sequence[Snapshot]) -> dg.AssetCheckResult:
    """Pass if no snapshot lacks a metric."""
    missing = [
        f"{snapshot.date}: {id_}: {reason}"
        for snapshot in snapshots
        for id_, reason in snapshot.unavailable.items()
    ]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="coverage_complete",
        passed=not missing,
        severity=dg.AssetCheckSeverity.WARN,
        description=shortened(missing) if missing else "every metric is there",
    )


def coherence_check(key: dg.AssetKey, snapshots: Sequence[Snapshot]) -> dg.AssetCheckResult:
    """Pass if no snapshot contradicts itself."""
    found = [
        f"{snapshot.date}: {problem}"
        for snapshot in snapshots
        for problem in incoherences(snapshot)
    ]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="coherent",
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        description=shortened(found) if found else "scores and composite agree",
    )


def shortened(findings: Sequence[str]) -> str:
    """Join findings into a message that stays readable for hundreds of them."""
    text = "; ".join(findings[:NAMED])
    rest = len(findings) - NAMED
    return f"{text}; and {rest} more" if rest > 0 else text
