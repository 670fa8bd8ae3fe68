"""One thing that was looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from insights_assets.storage.errors import StoreError

Verdict: TypeAlias = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do unless it is `ok`; a `wrong` one stops runs or readers."""

    area: str
    subject: str
    verdict: Verdict
    found: str
    advice: str = ""


def tried(
    area: str,
    subject: str,
    use: Callable[[], object],
    *,
    failing: Verdict = "wrong",
    unless: str = "",
) -> Finding:
    """Use something of a store; return that it works, or the store's own sentence.

    `unless` says what it is needed for, if that is less than a run.
    """
    try:
        use()
    except StoreError as error:
        return Finding(area, subject, failing, str(error), unless)
    return Finding(area, subject, "ok", "granted")
