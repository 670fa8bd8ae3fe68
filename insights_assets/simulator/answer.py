"""What the vendor puts on the wire: a body and its media type."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from insights_assets.simulator.horizon import Horizon
from insights_assets.simulator.params import Query
from insights_assets.simulator.source import Row

_COMPACT = 100  # rows
OUTPUT_SIZES = {"full": "Full size", "compact": "Compact"}


class Answer(NamedTuple):
    """A body and its media type; the vendor's HTTP status is 200, whatever the body says."""

    body: bytes
    media_type: str


Endpoint: TypeAlias = Callable[[Query, Horizon], Answer]
"""One function of the vendor's; raises InvalidCallError for what it would refuse."""


def json_answer(value: object) -> Answer:
    """Any JSON value, encoded."""
    return Answer(json.dumps(value).encode(), "application/json")


def csv_answer(body: bytes) -> Answer:
    """CSV text under the media type that the vendor uses for it."""
    return Answer(body, "application/x-download")


def csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    """Plain CSV as the vendor writes it, with CRLF at the end of every line."""
    return "".join(f"{','.join(row)}\r\n" for row in rows).encode()


def sized(rows: Sequence[Row], size: str) -> Sequence[Row]:
    """The rows that an output size leaves."""
    return rows[-_COMPACT:] if size == "compact" else rows


def newest_first(rows: Sequence[Row], names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """A series as the vendor writes it: by stamp, with the numbered names of its fields."""
    return {row.stamp: dict(zip(names, row.fields, strict=True)) for row in reversed(rows)}
