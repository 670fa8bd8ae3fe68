"""What the stores and Dagster's own records say about the last days; the vendor is not asked.

Nothing is remembered between two looks: a lost cursor or a killed daemon changes no decision.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import dagster as dg

from insights_assets.assets.keys import dataset_key
from insights_assets.assets.partitions import PARTITION_TAG, RANGE_TAGS
from insights_assets.categories import CATEGORIES
from insights_assets.datasets import DATASET_IDS, DATASETS
from insights_assets.model.attempts import A_DAY, Attempts, Decision, Due, decide
from insights_assets.model.category import Category
from insights_assets.model.dates import NEW_YORK, days_between
from insights_assets.model.gaps import Filled, Gap, GapDecision, decide_gap, find_gaps
from insights_assets.model.repair import Repair, Waiting, cache_lags, diagnose
from insights_assets.model.snapshot import Snapshot
from insights_assets.model.stored import StoredDay
from insights_assets.settings import Settings
from insights_assets.storage.errors import StoreError
from insights_assets.storage.latest import LatestSnapshots
from insights_assets.storage.mongo import MongoHistory

REASON, DATE, ATTEMPT = "insights/repair", "insights/date", "insights/attempt"
GAP = "gap"  # the reason of a run that fills one
LOOKED_AT = 100  # runs of a day; other code locations may have some of the same partition
FINISHED = {
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
}
TODAY_ONLY = [spec.id for spec in DATASETS.values() if not spec.has_history]
UNFINISHED = [status for status in dg.DagsterRunStatus if status not in FINISHED]


def last_days(settings: Settings, now: datetime) -> list[date]:
    """Return the days that are looked after one by one, oldest first: today and the last few.

    There is none before the first partition has come.
    """
    today = now.astimezone(NEW_YORK).date()
    first = max(today - timedelta(days=settings.repair_days), settings.first_day)
    return days_between(first, today)


def find_stored_gaps(
    settings: Settings, history: MongoHistory, last: date, categories: Sequence[Category]
) -> list[Gap]:
    """Return the days up to `last` without a snapshot, since history began or was asked for."""
    stored = {
        category.id: history.snapshot_days(category.id, settings.first_day, last)
        for category in categories
    }
    return find_gaps(stored, settings.start_date, last)


def stored_snapshots(
    history: MongoHistory, days: Sequence[date], categories: Sequence[Category]
) -> Mapping[str, Mapping[date, Snapshot]]:
    """Return the snapshots of `days` by category and day."""
    return {
        category.id: {
            snapshot.date: snapshot
            for snapshot in history.snapshots(category.id, days[0], days[-1])
        }
        for category in categories
    }


@dataclass(frozen=True)
class Reconciler:
    """One look at everything that a decision needs.

    Runs of another code location than `location` say nothing about our days; None counts all.
    """

    settings: Settings
    history: MongoHistory
    latest: LatestSnapshots
    instance: dg.DagsterInstance
    now: datetime
    categories: Sequence[Category] = CATEGORIES
    location: str | None = None

    def decisions(self) -> list[Decision]:
        """Return what is to be done, the newest day first; at most one repair is due for a day."""
        backoff = [timedelta(minutes=m) for m in self.settings.repair_backoff_minutes]
        decisions: list[Decision] = []
        for diagnosis in (*self._days(), *self._latest()):
            if isinstance(diagnosis, Waiting):
                decisions.append(diagnosis)
            elif not any(
                isinstance(decision, Due) and decision.day == diagnosis.day
                for decision in decisions
            ):
                decisions.append(decide(diagnosis, self._attempts(diagnosis), backoff, self.now))
        return decisions

    def gaps(self) -> list[GapDecision]:
        """Return what becomes of the days that are missing before the last few, oldest first."""
        before = last_days(self.settings, self.now)[0] - timedelta(days=1)
        gaps = find_stored_gaps(self.settings, self.history, before, self.categories)
        # Who looks after today only wants nothing else requested.
        longest = self.settings.repair_gap_days if self.settings.repair_days else 0
        return [decide_gap(gap, self._filled(gap), longest, self.now) for gap in gaps]

    @property
    def busy(self) -> str | None:
        """Name a run on its way for any day of ours, if there is one."""
        return next((_in_words(run) for run in self._unfinished if days_of_run(run.tags)), None)

    def _days(self) -> Iterator[Repair | Waiting]:
        days = last_days(self.settings, self.now)
        keys = {id_: dataset_key(id_).to_user_string() for id_ in DATASET_IDS}
        states = self.history.dataset_states(list(keys.values()), days[0], days[-1])
        snapshots = stored_snapshots(self.history, days, self.categories)
        grace = timedelta(minutes=self.settings.repair_grace_minutes)
        for day in reversed(days):
            stored = StoredDay(
                day,
                {id_: states[key, day] for id_, key in keys.items() if (key, day) in states},
                {id_: by_day[day] for id_, by_day in snapshots.items() if day in by_day},
                TODAY_ONLY,
            )
            yield diagnose(stored, self.categories, self.now, grace)

    def _latest(self) -> Iterator[Repair | Waiting]:
        for category in self.categories:
            newest = self.history.newest_snapshot(category.id)
            if newest is None:
                continue
            try:
                repair = cache_lags(newest, self.latest.read(category.id))
            except StoreError as error:
                yield Waiting(newest.date, str(error))
            else:
                if repair:
                    yield repair

    def _attempts(self, repair: Repair) -> Attempts:
        made = self._records({REASON: repair.reason, DATE: str(repair.day)})
        others = self._records({PARTITION_TAG: str(repair.day)}, limit=LOOKED_AT)
        ends = [record.end_time for record in (*made, *others) if record.end_time]
        since = self.now - A_DAY
        return Attempts(
            made=len(made),
            made_within_a_day=sum(record.create_timestamp >= since for record in made),
            last_end=datetime.fromtimestamp(max(ends), UTC) if ends else None,
            running=next(
                (_in_words(run) for run in self._unfinished if _covers(run, repair.day)), None
            ),
        )

    def _filled(self, gap: Gap) -> Filled:
        made = [record for record in self._gap_runs if _covers_all(record.dagster_run, gap)]
        ends = [record.end_time for record in made if record.end_time]
        return Filled(len(made), datetime.fromtimestamp(max(ends), UTC) if ends else None)

    @cached_property
    def _gap_runs(self) -> Sequence[dg.RunRecord]:
        return self._records({REASON: GAP})

    def _records(self, tags: Mapping[str, str], limit: int | None = None) -> Sequence[dg.RunRecord]:
        records = self.instance.get_run_records(dg.RunsFilter(tags=dict(tags)), limit=limit)
        return [record for record in records if self._is_ours(record.dagster_run)]

    @cached_property
    def _unfinished(self) -> Sequence[dg.DagsterRun]:
        runs = self.instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
        return [run for run in runs if self._is_ours(run)]

    def _is_ours(self, run: dg.DagsterRun) -> bool:
        # A run of a command has no origin: it may be ours.
        origin = run.remote_job_origin
        return origin is None or self.location in (None, origin.location_name)


def repair_tags(repair: Repair, attempt: int) -> dict[str, str]:
    """Return the tags by which a later look counts this attempt."""
    return {REASON: repair.reason, DATE: str(repair.day), ATTEMPT: str(attempt)}


def gap_tags(gap: Gap, attempt: int) -> dict[str, str]:
    """Return the tags of a run that fills a gap: its days, and what a later look counts it by."""
    first, last = RANGE_TAGS
    return {
        first: str(gap.first),
        last: str(gap.last),
        REASON: GAP,
        ATTEMPT: str(attempt),
    }


def location_of(context: dg.SensorEvaluationContext) -> str | None:
    """Return the name of the code location that a sensor belongs to; none in a test."""
    origin = context.code_location_origin
    return origin.location_name if origin else None


def is_repair(tags: Mapping[str, str]) -> bool:
    """Return whether a run with these tags is an attempt to repair a day."""
    return REASON in tags


def days_of_run(tags: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the first and the last day that a run with these tags covers."""
    if PARTITION_TAG in tags:
        return tags[PARTITION_TAG], tags[PARTITION_TAG]
    first, last = (tags.get(name) for name in RANGE_TAGS)
    return (first, last) if first and last else None


def _covers(run: dg.DagsterRun, day: date) -> bool:
    days = days_of_run(run.tags)
    return days is not None and days[0] <= str(day) <= days[1]


def _covers_all(run: dg.DagsterRun, gap: Gap) -> bool:
    days = days_of_run(run.tags)
    return days is not None and days[0] <= str(gap.first) and str(gap.last) <= days[1]


def _in_words(run: dg.DagsterRun) -> str:
    return f"the run {run.run_id[:8]} of {run.job_name} ({run.status.value.lower()})"
