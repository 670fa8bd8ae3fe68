"""Snapshots on their way to Redis: always after MongoDB, and never back in time."""

import logging
from datetime import date, datetime

from insights_assets.model.dates import now
from insights_assets.model.outcomes import is_real
from insights_assets.model.snapshot import Snapshot
from insights_assets.storage.documents import EPOCH
from insights_assets.storage.errors import StoreError
from insights_assets.storage.latest import TTL_SECONDS, LatestSnapshots
from insights_assets.storage.mongo import MongoHistory

logger = logging.getLogger(__name__)


def publish(latest: LatestSnapshots, snapshot: Snapshot) -> str:
    """Publish `snapshot` unless Redis holds a newer one; return what became of it."""
    try:
        replaced = latest.publish(snapshot, now())
    except StoreError as error:
        logger.warning("Not published: %s", error)
        return f"Not published: {error}"
    if replaced:
        return f"Redis holds the snapshot of {snapshot.date} for {TTL_SECONDS} s."
    return f"Redis holds a newer snapshot than that of {snapshot.date}, which stays."


def publish_newest(
    category_id: str, history: MongoHistory, latest: LatestSnapshots
) -> tuple[Snapshot | None, str]:
    """Publish the newest snapshot of a category that is stored; return it, and what became of it.

    For the good days of a run whose other days fail it: nothing that follows would run.
    """
    newest = history.newest_snapshot(category_id)
    return newest, publish(latest, newest) if newest else "There is no snapshot to publish yet."


def disagreement(
    category_id: str, newest: Snapshot | None, history: MongoHistory, latest: LatestSnapshots
) -> str | None:
    """Say how Redis differs from the history, whose newest snapshot was just published.

    Another run may publish at this moment: then Redis may be ahead of `newest`, but not of what
    the history holds after it was read.
    """
    try:
        held = latest.read(category_id)
    except StoreError as error:
        return str(error)
    after = history.newest_snapshot(category_id)
    if held and newest and is_real(held.source) != is_real(newest.source):
        return f"Redis holds a snapshot of {held.source}, MongoDB one of {newest.source}"
    if _age(newest) <= _age(held) <= _age(after):
        return None
    in_redis = f"that of {held.date}, computed {held.created_at}" if held else "none"
    stored = f"that of {after.date}, computed {after.created_at}" if after else "none"
    return f"the newest snapshot in Redis is {in_redis}, in MongoDB {stored}"


def _age(snapshot: Snapshot | None) -> tuple[date, datetime]:
    return (snapshot.date, snapshot.created_at) if snapshot else (date.min, EPOCH)
