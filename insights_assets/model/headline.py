"""What happened since the last session, in one sentence that a person reads first."""

from datetime import date

from insights_assets.model.category import Category
from insights_assets.model.context import Context
from insights_assets.model.snapshot import Snapshot

ALMOST_ALL = (0.8, 1.2)  # of the change: the rest is not worth a word
WEEK = 6  # days within which a weekday names one day


def headline(category: Category, snapshot: Snapshot, context: Context) -> str:
    """Return how far the composite moved, whether its band changed, and which metric did it.

    As in "Down 22.9 since Tuesday, elevated → normal: almost all of it smart money flow, −23.9
    points." Points are those of the composite; metrics that came or went are named as such.
    """
    before, change = context.previous, context.change
    if before is None or change is None:
        return "There is no earlier session to compare it with."
    since = _day(before.date, snapshot.date)
    bands = category.bands.status(before.composite_score), snapshot.composite_status
    crossed = f", {bands[0]} → {bands[1]}" if bands[0] != bands[1] else ""
    if abs(change) < 0.05:
        moved = f"Unchanged since {since}{crossed}"
    else:
        moved = f"{'Up' if change > 0 else 'Down'} {abs(change):.1f} since {since}{crossed}"
    reasons = "; ".join(
        filter(None, [_cause(category, context), _other_metrics(category, context)])
    )
    return f"{moved}: {reasons}." if reasons else f"{moved}."


def _cause(category: Category, context: Context) -> str:
    change = context.change or 0.0
    points = sorted(context.attribution.items(), key=lambda item: abs(item[1]), reverse=True)
    notable = [(id_, change) for id_, change in points if abs(change) >= 0.05]
    if not notable:
        return ""
    (first, most), *others = notable
    named = f"{_title(category, first)}, {_signed(most)} points"
    if change and ALMOST_ALL[0] <= most / change <= ALMOST_ALL[1]:
        return f"almost all of it {named}"
    if not others:
        return named
    second, rest = others[0]
    return f"{named}, and {_title(category, second)}, {_signed(rest)}"


def _other_metrics(category: Category, context: Context) -> str:
    sentences = []
    for ids, word in ((context.came, "new"), (context.went, "missing now")):
        if ids:
            named = " and ".join(_title(category, id_) for id_ in ids)
            sentences.append(f"{named} {'is' if len(ids) == 1 else 'are'} {word}")
    return "; ".join(sentences)


def _title(category: Category, metric_id: str) -> str:
    return next((m.title for m in category.metrics if m.id == metric_id), metric_id)


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")


def _day(day: date, today: date) -> str:
    return f"{day:%A}" if (today - day).days <= WEEK else f"{day.day} {day:%B %Y}"
