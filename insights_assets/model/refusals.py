"""One readable message for the days that could not be computed, be it one or three hundred."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from insights_assets.model.outcomes import Unavailable

GROUPS_TOLD = 10
_NUMBERS = re.compile(r"\d[\d.,:-]*")


@dataclass(frozen=True, slots=True)
class _Group:
    """Days in a row that lack a snapshot for the same kind of reason; `reason` is the first's."""

    first: date
    last: date
    reason: str

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.first}: {self.reason}"
        count = (self.last - self.first).days + 1
        return f"{self.first} to {self.last} ({count} days), first: {self.reason}"


def refusal_message(refused: Mapping[date, Unavailable], stored: int) -> str:
    """Say which days have no snapshot and why; days in a row with a like reason are one."""
    groups = list(_groups(refused))
    told = "\n".join(f"- {group}" for group in groups[:GROUPS_TOLD])
    rest = sum((group.last - group.first).days + 1 for group in groups[GROUPS_TOLD:])
    if rest:
        told += f"\n- and {rest} more days up to {groups[-1].last}"
    if len(refused) == 1 and not stored:
        return f"No snapshot was stored for {told.removeprefix('- ')}"
    return (
        f"{len(refused)} of {len(refused) + stored} days have no snapshot, the other {stored} are"
        f" stored; running them again is safe:\n{told}"
    )


def _groups(refused: Mapping[date, Unavailable]) -> Iterator[_Group]:
    group: _Group | None = None
    for day in sorted(refused):
        reason = refused[day].reason
        if (
            group
            and day == group.last + timedelta(days=1)
            and _NUMBERS.sub("", reason) == _NUMBERS.sub("", group.reason)
        ):
            group = _Group(group.first, day, group.reason)
            continue
        if group:
            yield group
        group = _Group(day, day, reason)
    if group:
        yield group
