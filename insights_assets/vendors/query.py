"""One exchange with a vendor: what is asked, and what is had."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from insights_assets.model.outcomes import Source

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Query:
    """One request: what to ask, how to name it, where and for how long to cache the answer.

    `function` is the vendor's own name for what is asked: a function, or a path. It is what a plan
    grants or refuses.
    """

    function: str
    params: Mapping[str, str]
    label: str
    cache_key: str
    lifetime: int
    """Seconds; 0 means the answer is never cached."""
    same_day: bool = False
    """A cached answer counts only on the New York day it was fetched on."""


class Answer(NamedTuple):
    """A body that holds no error, and where and when it was had."""

    body: str
    source: Source
    fetched_at: datetime
