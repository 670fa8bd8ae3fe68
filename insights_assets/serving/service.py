"""The one read side: the snapshot stored last, that of any day, and the trend."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from insights_assets.categories import CATEGORIES
from insights_assets.model.category import Category
from insights_assets.model.context import timeliness
from insights_assets.model.dates import Clock, is_session, now
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.feed import atom_feed
from insights_assets.serving.latest_reader import LatestReader, Stored
from insights_assets.serving.past import PastSnapshots
from insights_assets.serving.presenters import (
    category_of,
    nothing_yet,
    present_context,
    present_snapshot,
    present_trend,
)
from insights_assets.serving.reasons import why_no_snapshot
from insights_assets.serving.rows import csv_of
from insights_assets.serving.schemas import (
    NoSnapshotView,
    SnapshotsView,
    SnapshotView,
    TrendsView,
    TrendView,
)
from insights_assets.serving.stores import open_served_history, open_served_latest
from insights_assets.settings import Settings
from insights_assets.storage.errors import StoreError
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory

LONGEST_TREND_DAYS = 3650
AVERAGE_LOOK_BACK_DAYS = 45  # twenty sessions, the longest holidays among them
FEED_DAYS = 60
LOOK_BACK_DAYS = 14  # a snapshot older than that says nothing about a change of today


class NoSnapshot(LookupError):
    """What was asked for is not stored; the message says why, or what to do."""


@dataclass(frozen=True, slots=True)
class Health:
    """Which of the stores answer, and whether Redis takes what is new."""

    redis: Literal["ok", "read-only", "away"]
    mongodb: bool


class Insights:
    """Reads snapshots: Redis first, MongoDB where Redis has nothing to offer; computes none."""

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
        self._reader = LatestReader(history, latest, clock)
        self._past = PastSnapshots(history)
        self._clock = clock

    def category(self, category_id: str) -> Category:
        """Return a category; raise UnknownName naming the known ones otherwise."""
        return category_of(self.categories, category_id)

    def today(self) -> date:
        """Return the current day in New York."""
        return self._clock().date()

    def view(self, category: Category, day: date | None = None) -> SnapshotView:
        """Return the view of the snapshot of `day`, of the newest if none is given.

        Raises:
            NoSnapshot: there is none.

        """
        return self.present(category, self.read(category, day))

    def present(self, category: Category, stored: Stored) -> SnapshotView:
        """Return the view of a snapshot that was read, with its context."""
        context = self._past.context(stored.snapshot)
        shown = (
            present_context(
                category,
                stored.snapshot,
                context,
                timeliness(stored.snapshot.date, self._clock()),
            )
            if context
            else None
        )
        return present_snapshot(category, stored.snapshot, stored.read_from, shown)

    def read(self, category: Category, day: date | None = None) -> Stored:
        """Return the snapshot of `day`, the newest if none is given.

        Raises:
            NoSnapshot: there is none.

        """
        stored = self.latest(category) if day is None else self._of_day(category, day)
        if stored is None:
            raise NoSnapshot(self._why_none(category, day))
        return stored

    def views(self, categories: Iterable[Category], day: date | None = None) -> SnapshotsView:
        """Return the view of each category's snapshot, or the reason why there is none."""
        snapshots, missing = [], []
        for category in categories:
            try:
                snapshots.append(self.view(category, day))
            except NoSnapshot as error:
                missing.append(NoSnapshotView(category_id=category.id, reason=str(error)))
        return SnapshotsView(date=day, snapshots=snapshots, missing=missing)

    def latest(self, category: Category) -> Stored | None:
        """Return the newest snapshot; one that only MongoDB had is published to Redis again."""
        stored = self._reader.read(category.id)
        if stored and stored.read_from == "mongodb":
            with suppress(StoreError):  # the cache can wait
                self._latest.publish(stored.snapshot, self._clock())
        return stored

    def before(self, snapshot: Snapshot) -> Snapshot | None:
        """Return the newest session's snapshot before `snapshot`; None also without history."""
        last = snapshot.date - timedelta(days=1)
        first = snapshot.date - timedelta(days=LOOK_BACK_DAYS)
        with suppress(StoreError):
            stored = self._history.snapshots(snapshot.category_id, first, last)
            return next((each for each in stored if is_session(each.date)), None)
        return None

    def warm(self) -> None:
        """Begin to read the past of every category, so that no reader waits for it."""
        for category in self.categories:
            self._past.warm(category.id)

    def trend(self, category: Category, days: int) -> TrendView:
        """Return the view of the snapshots of the last `days` calendar days, newest first."""
        today = self.today()
        return self.trend_between(category, today - timedelta(days=days - 1), today)

    def trend_between(self, category: Category, first: date, last: date) -> TrendView:
        """Return the view of the snapshots from `first` to `last`, newest first."""
        before = first - timedelta(days=AVERAGE_LOOK_BACK_DAYS)
        snapshots = self._history.snapshots(category.id, before, last)
        return present_trend(category, snapshots, first, last)

    def csv(self, category: Category, first: date, last: date) -> str:
        """Return the snapshots from `first` to `last` as CSV, newest first."""
        return csv_of(category, self._history.snapshots(category.id, first, last))

    def feed(self, base: str) -> bytes:
        """Return the last snapshots of every category as an Atom feed; `base` is the page's."""
        last = self.today()
        first = last - timedelta(days=FEED_DAYS)
        return atom_feed(
            [(each, self._history.snapshots(each.id, first, last)) for each in self.categories],
            base,
        )

    def trends(self, categories: Iterable[Category], days: int) -> TrendsView:
        """Return the trend of each category."""
        return TrendsView(trends=[self.trend(category, days) for category in categories])

    def health(self) -> Health:
        """Ask both stores for something small."""
        return Health(
            redis=self._redis_health(),
            mongodb=_is_up(lambda: self._history.newest_snapshot(self.categories[0].id)),
        )

    def _redis_health(self) -> Literal["ok", "read-only", "away"]:
        try:
            found = self._latest.look(self.categories[0].id)
        except StoreError:
            return "away"
        return "read-only" if found.frozen else "ok"

    def _of_day(self, category: Category, day: date) -> Stored | None:
        snapshots = self._history.snapshots(category.id, day, day)
        return Stored(snapshots[0], "mongodb") if snapshots else None

    def _why_none(self, category: Category, day: date | None) -> str:
        if day is None:
            return nothing_yet(category)
        metrics = self._history.metric_outcomes(category, day)
        return why_no_snapshot(category, day, metrics, self._clock())


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


def _is_up(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except StoreError:
        return False
    return True
