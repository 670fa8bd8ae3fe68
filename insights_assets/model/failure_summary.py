"""One readable message for the days that could not be computed, be it one or three hundred."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

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


def refusal_message(
    category_id: str,
    refused: Mapping[date, Unavailable],
    stored: int,
    resume: date | None = None,
) -> str:
    """Say which days of a category have no snapshot, and why.

    Days in a row with a like reason are named together.

    `resume` is the first day that lacks data because the vendor's daily limit was met.
    """
    groups = list(_groups(refused))
    lines = list(_lines(groups[:GROUPS_NAMED]))
    rest = sum(group.count for group in groups[GROUPS_NAMED:])
    if rest:
        lines.append(f"- and {rest} more days up to {groups[-1].last}")
    if len(refused) == 1 and not stored:
        return f"No snapshot of {category_id} was stored for {lines[0].removeprefix('- ')}"
    message = f"{len(refused)} of {len(refused) + stored} days have no snapshot of {category_id}"
    if refused:
        message += f", the other {stored} are stored; running them again is safe"
    if resume:
        message = (
            f"The vendor's daily limit was met; what was fetched is stored. Go on from {resume}"
            f" after midnight New York. {message}"
        )
    return "\n".join([f"{message}:" if lines else f"{message}.", *lines])


def _lines(groups: Iterable[_Group]) -> Iterator[str]:
    """Write each kind of reason in full once: the reason of one day can be a paragraph."""
    said: dict[str, date] = {}
    for group in groups:
        day = said.setdefault(group.kind, group.first)
        if day < group.first:
            yield f"- {group.days}: as on {day}"
        else:
            yield f"- {group.days}{', first' if group.count > 1 else ''}: {group.reason}"


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
