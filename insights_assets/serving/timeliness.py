"""Whether what is served as the newest is what should exist now: the one place that says it."""

from datetime import date, datetime

from insights_assets.model.context import timeliness
from insights_assets.serving.schemas import TimelinessView


def present_timeliness(day: date, now: datetime) -> TimelinessView:
    """Return how the newest snapshot, which is of `day`, stands at `now`."""
    judged = timeliness(day, now)
    note = None
    if not judged.is_current:
        days = "1 day" if judged.age_days == 1 else f"{judged.age_days} days"
        note = (
            f"This snapshot is {days} old: that of {judged.expected} should exist by now."
            f" The next one is due on {judged.next_expected_at:%Y-%m-%d at %H:%M} New York."
        )
    return TimelinessView(
        is_current=judged.is_current,
        age_days=judged.age_days,
        expected=judged.expected,
        next_expected_at=judged.next_expected_at,
        note=note,
    )
