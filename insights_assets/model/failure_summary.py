"""One readable message for the days that could not be computed, be it one or three hundred."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from insights_assets.model.failed_fetches import FailedFetches
from insights_assets.model.outcomes import Unavailable

GROUPS_NAMED = 10
_NUMBERS = re.compile(r"\d[\d.,:-]*")


@dataclass(frozen=True, slots=True)
class _Group:
    """Days in a row that lack a snapshot for the same kind of reason; `reason` is the first's."""

    first: date
    last: date
    reason: str

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def days(self) -> str:
        if self.count == 1:
            return f"{self.first}"
        return f"{self.first} to {self.last} ({self.count} days)"

    @property
    def kind(self) -> str:
        return _NUMBERS.sub("", self.reason)


def refusal_message(category_id: str, refused: Mapping[date, Unavailable], stored: int) -> str:
    """Say which days of a category have no snapshot, and why.

    Days in a row with a like reason are named together.
    """
    lines = list(_summary(refused))
    if len(refused) == 1 and not stored:
        message = f"No snapshot of {category_id} was stored for {lines[0]}"
    else:
        several = f", the other {stored} are stored"
        others = {0: "", 1: ", the other one is stored"}.get(stored, several)
        head = (
            f"{len(refused)} of {len(refused) + stored} days have no snapshot of {category_id}"
            f"{others}; running them again is safe:"
        )
        message = "\n- ".join([head, *lines])
    outdated = [day for day, unavailable in refused.items() if unavailable.cause == "outdated"]
    if outdated:
        message += (
            "\nTheir snapshots stay as they are. Fetch what they need again: `insights backfill"
            f" --from {min(outdated)} --to {max(outdated)}`, or materialize these partitions of all"
            " assets."
        )
    return message


def fetch_failure_message(
    failed: FailedFetches,
    refusals: Sequence[str],
    days_without: Collection[date],
    resume: date | None = None,
) -> str:
    """Say what could not be fetched in a run, what came of it, and what to do.

    `refusals` are the messages of the categories that have no snapshot for `days_without`;
    `resume` is the first day that lacks data because the vendor's daily limit was met.
    """
    lines = list(refusals)
    others = {
        id_: {day: unavailable for day, unavailable in by_day.items() if day not in days_without}
        for id_, by_day in failed.items()
    }
    if any(others.values()):
        lines.append("Stored and published without what could not be fetched:")
        lines += [f"- {id_}, {line}" for id_, by_day in others.items() for line in _summary(by_day)]
    if resume:
        lines.insert(
            0,
            "The vendor's daily limit was met; what was fetched is stored. Go on from"
            f" {resume} after midnight New York.",
        )
    lines.append('"Re-execute from failure" asks the vendor again for what is missing.')
    return "\n".join(lines)


def _summary(by_day: Mapping[date, Unavailable]) -> Iterator[str]:
    groups = list(_groups(by_day))
    yield from _lines(groups[:GROUPS_NAMED])
    rest = sum(group.count for group in groups[GROUPS_NAMED:])
    if rest:
        yield f"and {rest} more days up to {groups[-1].last}"


def _lines(groups: Iterable[_Group]) -> Iterator[str]:
    """Write each kind of reason in full once: the reason of one day can be a paragraph."""
    said: dict[str, date] = {}
    for group in groups:
        day = said.setdefault(group.kind, group.first)
        if day < group.first:
            yield f"{group.days}: as on {day}"
        else:
            yield f"{group.days}{', first' if group.count > 1 else ''}: {group.reason}"


def _groups(refused: Mapping[date, Unavailable]) -> Iterator[_Group]:
    group: _Group | None = None
    for day in sorted(refused):
        new = _Group(day, day, refused[day].reason)
        if group and day == group.last + timedelta(days=1) and new.kind == group.kind:
            group = _Group(group.first, day, group.reason)
            continue
        if group:
            yield group
        group = new
    if group:
        yield group
