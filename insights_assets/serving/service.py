"""The one read side: the snapshot stored last, that of any day, and the trend."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date

from insights_assets.active_categories import skipped, wanted
from insights_assets.categories import CATEGORIES
from insights_assets.model.category import Category, Metric
from insights_assets.model.context import timeliness
from insights_assets.model.dates import Clock, days_before, is_session, newest_due, now
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.comparison import present_comparison, present_explanation
from insights_assets.serving.feed import atom_feed
from insights_assets.serving.health import Health, health_of
from insights_assets.serving.latest_reader import LatestReader, Stored
from insights_assets.serving.names import category_of, metric_of
from insights_assets.serving.past import PastSnapshots
from insights_assets.serving.presenters import (
    nothing_yet,
    present_composite,
    present_context,
    present_metric,
    present_snapshot,
    present_trend,
)
from insights_assets.serving.reasons import why_no_snapshot
from insights_assets.serving.rows import csv_of
from insights_assets.serving.schemas import (
    ComparisonView,
    CompositeView,
    ContextView,
    ExplanationView,
    MetricDetailView,
    NoSnapshotView,
    SnapshotsView,
    SnapshotView,
    TimelinessView,
    TrendsView,
    TrendView,
)
from insights_assets.serving.stores import open_served_history, open_served_latest
from insights_assets.serving.timeliness import present_timeliness
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


class Insights:
    """Reads snapshots: Redis first, MongoDB where Redis has nothing to offer; computes none."""

    def __init__(
        self,
        history: MongoHistory,
        latest: LatestSnapshots,
        categories: Sequence[Category] = CATEGORIES,
        clock: Clock = now,
        skipped: Mapping[str, str] | None = None,
    ) -> None:
        """Read the snapshots of `categories`; `skipped` says why some of them do not run here."""
        self.categories = categories
        self.skipped = skipped or {}
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
        return self.present(category, self.read(category, day), day)

    def present(self, category: Category, stored: Stored, asked: date | None) -> SnapshotView:
        """Return the view of a snapshot that was read, as that of a day or as the newest."""
        return present_snapshot(
            category,
            stored.snapshot,
            stored.read_from,
            self._context(category, stored.snapshot),
            self.timeliness(stored.snapshot, asked),
        )

    def composite(self, category: Category, day: date | None = None) -> CompositeView:
        """Return the composite alone; raise NoSnapshot as `view` does."""
        snapshot = self.read(category, day).snapshot
        return present_composite(snapshot, self.timeliness(snapshot, day))

    def metric(
        self, category: Category, metric_id: str, day: date | None = None
    ) -> MetricDetailView:
        """Return one metric; raise UnknownName, and NoSnapshot as `view` does."""
        metric = metric_of(category, metric_id)
        return self.present_metric(metric, self.read(category, day).snapshot, day)

    def present_metric(
        self, metric: Metric, snapshot: Snapshot, asked: date | None
    ) -> MetricDetailView:
        """Return one metric of a snapshot that was read, as that of a day or of the newest."""
        context = self._past.context(snapshot)
        percentile = context.percentile.metrics.get(metric.id) if context else None
        return present_metric(metric, snapshot, percentile, self.timeliness(snapshot, asked))

    def compare(self, category: Category, first: date, second: date) -> ComparisonView:
        """Return two days side by side, the earlier one first; raise NoSnapshot."""
        before, after = (self.read(category, day).snapshot for day in sorted((first, second)))
        return present_comparison(category, before, after)

    def explain(self, category: Category, day: date | None = None) -> ExplanationView:
        """Return what moved a snapshot since the session before; raise NoSnapshot."""
        snapshot = self.read(category, day).snapshot
        context = self._context(category, snapshot)
        before = (
            self._of_day(category, context.previous.date) if context and context.previous else None
        )
        return present_explanation(
            category,
            snapshot,
            before.snapshot if before else None,
            context,
            self.timeliness(snapshot, day),
        )

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
                missing.append(
                    NoSnapshotView(
                        category_id=category.id,
                        reason=str(error),
                        expected=self.is_expected(category),
                    )
                )
        return SnapshotsView(date=day, snapshots=snapshots, missing=missing)

    def is_expected(self, category: Category) -> bool:
        """Return whether there should be snapshots: it is not skipped, and some have been stored.

        Who only reads has no vendor's key, and sees by the second which categories run.
        """
        if category.id in self.skipped:
            return False
        return self._history.newest_snapshot(category.id) is not None

    def latest(self, category: Category) -> Stored | None:
        """Return the newest snapshot; one that only MongoDB had is published to Redis again."""
        stored = self._reader.read(category.id)
        if stored and stored.read_from == "mongodb":
            with suppress(StoreError):  # the cache can wait
                self._latest.publish(stored.snapshot, self._clock())
        return stored

    def before(self, snapshot: Snapshot) -> Snapshot | None:
        """Return the newest session's snapshot before `snapshot`; None also without history."""
        last = days_before(snapshot.date, 1)
        first = days_before(snapshot.date, LOOK_BACK_DAYS)
        with suppress(StoreError):
            stored = self._history.snapshots(snapshot.category_id, first, last)
            return next((snapshot for snapshot in stored if is_session(snapshot.date)), None)
        return None

    def warm(self) -> None:
        """Begin to read the past of every category, so that no reader waits for it."""
        for category in self.categories:
            self._past.warm(category.id)

    def trend(self, category: Category, days: int) -> TrendView:
        """Return the view of the snapshots of the last `days` calendar days, newest first."""
        today = self.today()
        return self.trend_between(category, days_before(today, days - 1), today)

    def trend_between(self, category: Category, first: date, last: date) -> TrendView:
        """Return the view of the snapshots from `first` to `last`, newest first."""
        before = days_before(first, AVERAGE_LOOK_BACK_DAYS)
        snapshots = self._history.snapshots(category.id, before, last)
        until_now = last >= self.today() and bool(snapshots) and snapshots[0].date >= first
        timeliness = self.timeliness(snapshots[0], None) if until_now else None
        due = newest_due(self._clock())
        return present_trend(category, snapshots, first, last, timeliness, due=due)

    def csv(self, category: Category, first: date, last: date) -> str:
        """Return the snapshots from `first` to `last` as CSV, newest first."""
        return csv_of(category, self._history.snapshots(category.id, first, last))

    def feed(self, base: str) -> bytes:
        """Return the last snapshots of every category as an Atom feed; `base` is the page's."""
        last = self.today()
        first = days_before(last, FEED_DAYS)
        return atom_feed(
            [
                (category, self._history.snapshots(category.id, first, last))
                for category in self.categories
            ],
            base,
        )

    def trends(self, categories: Iterable[Category], days: int) -> TrendsView:
        """Return the trend of each category."""
        return TrendsView(trends=[self.trend(category, days) for category in categories])

    def timeliness(self, snapshot: Snapshot, asked: date | None) -> TimelinessView | None:
        """Return how the newest snapshot stands now; None for that of a day that was asked for."""
        return None if asked else present_timeliness(snapshot.date, self._clock())

    def health(self) -> Health:
        """Ask both stores for something small."""
        return health_of(self._history, self._latest, self.categories[0].id)

    def _context(self, category: Category, snapshot: Snapshot) -> ContextView | None:
        context = self._past.context(snapshot)
        if context is None:
            return None
        return present_context(
            category, snapshot, context, timeliness(snapshot.date, self._clock())
        )

    def _of_day(self, category: Category, day: date) -> Stored | None:
        snapshots = self._history.snapshots(category.id, day, day)
        return Stored(snapshots[0], "mongodb") if snapshots else None

    def _why_none(self, category: Category, day: date | None) -> str:
        if day is None:
            return self.skipped.get(category.id) or nothing_yet(category)
        metrics = self._history.metric_outcomes(category, day)
        if not metrics and category.id in self.skipped:
            return self.skipped[category.id]
        return why_no_snapshot(category, day, metrics, self._clock())


@contextmanager
def open_insights(
    settings: Settings, categories: Sequence[Category] | None = None
) -> Iterator[Insights]:
    """Open the read side on the configured stores; of the categories that are wanted, if none."""
    with (
        open_served_history(
            settings.mongo_uri.get_secret_value(), settings.mongo_database
        ) as history,
        open_served_latest(
            settings.redis_url.get_secret_value(), settings.mongo_database
        ) as latest,
    ):
        chosen = wanted(settings) if categories is None else categories
        yield Insights(history, latest, chosen, skipped=skipped(settings))
