"""A snapshot's context in a few sentences: for terminals and for language models."""

from collections.abc import Iterator

from insights_assets.model.context import Percentile
from insights_assets.serving.schemas import ContextView, SnapshotView

MOVERS_NAMED = 3


def context_sentences(view: SnapshotView) -> Iterator[str]:
    """Say whether it is current, what moved it, how unusual it is and when it was last so."""
    if view.timeliness and view.timeliness.note:
        yield view.timeliness.note
    context = view.context
    if context is None:
        return
    if context.previous and context.change is not None:
        yield (
            f"It changed by {context.change:+.2f} since {context.previous.date}"
            f"{_movers(view)}{_other_metrics(view)}."
        )
    yield from unusual_sentences(context)
    since = f"It has been {view.composite.status} since {context.band_since}"
    if context.average_20 is None:
        yield f"{since}."
    else:
        yield f"{since}; the last 20 sessions average {context.average_20:.2f}."
    last = {"high": context.last_as_high, "low": context.last_as_low}
    occasions = [f"as {name} on {occasion.date}" for name, occasion in last.items() if occasion]
    if occasions:
        yield f"It was last {' and '.join(occasions)}."


def unusual_sentences(context: ContextView) -> Iterator[str]:
    """Say how unusual the composite is, and how unusual a change of that size."""
    change = context.percentile.change
    yield score_sentence(context.percentile.composite)
    if change.value is not None:
        other = "; part of it is that other metrics are available" if _differs(context) else ""
        yield (
            f"The change is larger than {change.value:.0f}% of the {change.sessions} changes from"
            f" session to session in these years, up or down{other}."
        )


def score_sentence(among: Percentile) -> str:
    """Say how unusual a score is."""
    if among.value is None:
        return f"How unusual it is cannot be said: {among.reason}."
    other = among.of_other_coverage
    return (
        f"It is higher than on {among.value:.0f}% of the {among.sessions} sessions of the 3 years"
        f" before{f', {other} of them of other coverage' if other else ''}."
    )


def _movers(view: SnapshotView) -> str:
    points = view.context.attribution if view.context else {}
    titles = {metric.id: metric.title for metric in (*view.metrics, *view.unavailable)}
    largest = sorted(points, key=lambda id_: abs(points[id_]), reverse=True)[:MOVERS_NAMED]
    moves = [f"{titles.get(id_, id_)} {points[id_]:+.2f}" for id_ in largest if points[id_]]
    return f": {', '.join(moves)}" if moves else ""


def _differs(context: ContextView) -> bool:
    """Return whether the session before was made of other metrics."""
    return bool(context.came or context.went)


def _other_metrics(view: SnapshotView) -> str:
    context = view.context
    if context is None or context.previous is None or not _differs(context):
        return ""
    return f"; it covers {view.coverage:.0%} of the weight, then {context.previous.coverage:.0%}"
