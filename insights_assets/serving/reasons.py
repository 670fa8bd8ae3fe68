"""Why there is no snapshot of a day, said from what is stored of its metrics."""

from collections.abc import Mapping
from datetime import date, datetime

from insights_assets.model.category import Category
from insights_assets.model.dates import NEW_YORK, as_of
from insights_assets.model.outcomes import MetricOutcome, Unavailable
from insights_assets.model.snapshot import compose


def why_no_snapshot(
    category: Category, day: date, metrics: Mapping[str, MetricOutcome], now: datetime
) -> str:
    """Return one sentence; `metrics` are the stored outcomes of `day` by metric."""
    none = f"There is no snapshot of {category.id} for {day}"
    if not metrics:
        if now < as_of(day):
            return f"{none} yet: it is taken at {as_of(day):%H:%M} New York."
        return f"{none}: it was not computed. Run `insights snapshot --date {day}`."
    everything = {
        metric.id: metrics.get(metric.id, Unavailable(f"not computed for {day}", "absent"))
        for metric in category.metrics
    }
    composed = compose(category, day, everything, run_id="", created_at=now.astimezone(NEW_YORK))
    if isinstance(composed, Unavailable):
        return f"{none}: {composed.reason}."
    return (
        f"{none}, although its metrics are stored: run `insights snapshot --date {day}`, or"
        " materialize the snapshot alone."
    )
