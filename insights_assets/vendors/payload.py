"""What a JSON body holds: the parts that are looked for, or the error that says what is not there.

A row whose day cannot be read belongs to no day: more than 5 % of such rows, and the whole
payload is malformed.
"""

import json
from typing import Any

from insights_assets.vendors.errors import Malformed, Unreadable

MAX_UNDATED = 0.05


def parse_json(label: str, body: str) -> dict[str, Any]:
    """Read a JSON object; an error where it is cut off, empty or something else."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable(label, "the vendor's answer is not complete JSON") from None
    if not isinstance(payload, dict):
        raise Malformed(label, "the vendor's answer is not a JSON object")
    if not payload:
        raise Malformed(label, "the vendor answered with an empty object")
    return payload


def object_in(label: str, payload: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the object under `key`."""
    part = payload.get(key)
    if not isinstance(part, dict):
        raise Malformed(label, f'the vendor\'s answer has no object "{key}"')
    return part


def list_in(label: str, payload: dict[str, Any], key: str) -> list[Any]:
    """Return the list under `key`."""
    part = payload.get(key)
    if not isinstance(part, list):
        raise Malformed(label, f'the vendor\'s answer has no list "{key}"')
    return part


def refuse_undated(label: str, undated: int, rows: int) -> None:
    """Raise where too many of `rows` have no readable day."""
    if undated > MAX_UNDATED * rows:
        raise Malformed(label, f"{undated} of {rows} rows have no readable date")
