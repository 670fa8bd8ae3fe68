"""Whether what is served as the newest is what should exist now: the one place that says it."""

from datetime import date, datetime

from insights_assets.model.context import timeliness
from insights_assets.serving.schemas import TimelinessView


def present_timeliness(day: date, now: datetime) -> TimelinessView:
    """Return how the newest snapshot, which is of `day`, stands at `now`."""
    found = timeliness(day, now)
    note = None
    if not found.is_current:
        days = "1 day" if found.age_days == 1 else f"{found.age_days} days"
        note = (
            f"This snapshot is {days} old: that of {found.expected} should exist by now."
            f" The next one is due on {found.next_expected_at:%Y-%m-%d at %H:%M} New York."
        )
    return TimelinessView(
        is_current=found.is_current,
        age_days=found.age_days,
        expected=found.expected,
        next_expected_at=found.next_expected_at,
        note=note,
    )
