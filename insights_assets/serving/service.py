"""The read side of a server: what was stored last, what came before it, and over time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from insights_assets.categories import CATEGORIES
from insights_assets.model.category import Category
from insights_assets.model.dates import Clock, now
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.presenters import category_of
from insights_assets.serving.stores import open_served_history, open_served_latest
from insights_assets.settings import Settings
from insights_assets.storage.errors import StoreError
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory
from insights_assets.storage.reader import Found, SnapshotReader

LONGEST_TREND_DAYS = 3650
LOOK_BACK_DAYS = 14  # a snapshot older than that says nothing about a change of today


@dataclass(frozen=True, slots=True)
class Health:
    """Which of the stores answer, and whether Redis takes what is new."""

    redis: Literal["ok", "read-only", "away"]
    mongodb: bool


class Insights:
    """Reads snapshots: Redis first, MongoDB where Redis has nothing to offer."""

    def __init__(
        self,
        history: MongoHistory,
        latest: LatestSnapshots,
        categories: Sequence[Category] = CATEGORIES,
        clock: Clock = now,
    ) -> None:
        self.categories = categories
        self._history = history
        self._latest = latest
        self._reader = SnapshotReader(history, latest, clock)
        self._clock = clock

    def category(self, category_id: str) -> Category:
        """Return a category; raise UnknownName naming the known ones otherwise."""
        return category_of(self.categories, category_id)

    def today(self) -> date:
        """Return the current day in New York."""
        return self._clock().date()

    def latest(self, category: Category) -> Found | None:
        """Return the newest snapshot; one that only MongoDB had is published to Redis again."""
        found = self._reader.latest(category.id)
        if found and found.store == "MongoDB":
            with suppress(StoreError):  # the cache can wait
                self._latest.publish(found.snapshot, self._clock())
        return found

    def before(self, snapshot: Snapshot) -> Snapshot | None:
        """Return the snapshot before `snapshot`, to compare it with; None also without history."""
        with suppress(StoreError):
            yesterday = snapshot.date - timedelta(days=1)
            return next(
                iter(self._reader.trend(snapshot.category_id, yesterday, LOOK_BACK_DAYS)), None
            )
        return None

    def trend(self, category: Category, days: int) -> tuple[date, list[Snapshot]]:
        """Return today and the snapshots of the `days` calendar days up to it, newest first."""
        today = self.today()
        return today, self._reader.trend(category.id, today, days)

    def health(self) -> Health:
        """Ask both stores for something small."""
        return Health(
            redis=self._redis_health(),
            mongodb=_answers(lambda: self._history.newest_snapshot(self.categories[0].id)),
        )

    def _redis_health(self) -> Literal["ok", "read-only", "away"]:
        try:
            found = self._latest.look(self.categories[0].id)
        except StoreError:
            return "away"
        return "read-only" if found.frozen else "ok"


@contextmanager
def open_insights(
    settings: Settings, categories: Sequence[Category] = CATEGORIES
) -> Iterator[Insights]:
    """Open the read side on the configured stores."""
    with (
        open_served_history(
            settings.mongo_uri.get_secret_value(), settings.mongo_database
        ) as history,
        open_served_latest(
            settings.redis_url.get_secret_value(), settings.mongo_database
        ) as latest,
    ):
        yield Insights(history, latest, categories)


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except StoreError:
        return False
    return True
