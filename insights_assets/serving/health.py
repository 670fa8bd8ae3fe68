"""Whether the stores can serve readers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from insights_assets.storage.errors import StoreError
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory


@dataclass(frozen=True, slots=True)
class Health:
    """Which of the stores answer, and whether Redis takes what is new."""

    redis: Literal["ok", "read-only", "unavailable"]
    mongodb: bool


def health_of(history: MongoHistory, latest: LatestSnapshots, category_id: str) -> Health:
    """Ask both stores for something small."""
    return Health(
        redis=_redis_health(latest, category_id),
        mongodb=_is_up(lambda: history.newest_snapshot(category_id)),
    )


def _redis_health(
    latest: LatestSnapshots, category_id: str
) -> Literal["ok", "read-only", "unavailable"]:
    try:
        cached = latest.look(category_id)
    except StoreError:
        return "unavailable"
    return "read-only" if cached.frozen else "ok"


def _is_up(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except StoreError:
        return False
    return True
