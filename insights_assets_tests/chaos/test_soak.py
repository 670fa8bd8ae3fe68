"""Five hundred mornings in an hour or two: what leaks a little every day shows within a year.

The daemon's own schedule takes each snapshot, by a run in a process of its own. Only the clock of
all these processes is moved: the next morning comes when this one's run is over.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import dagster as dg
import pytest

from insights_assets.model.dates import as_of, days_between
from insights_assets.model.snapshot import incoherences
from insights_assets.storage.documents import snapshot_of
from insights_assets_tests.chaos.point_in_time import assert_made_of_its_morning
from insights_assets_tests.chaos.soak_support import System, running_system, thirds
from insights_assets_tests.support.pipeline import documents_of
from insights_assets_tests.support.reliability import Tried

DAYS = 500
# Two turns of the year, a leap day and four changes of the clocks are among the days from here.
FIRST = date(2027, 11, 1)
BACKFILLED = (date(2028, 1, 20), date(2028, 4, 10))
DAYS_BETWEEN_LOOKS = 5
A_MORNING = timedelta(minutes=10)
LONGEST_SECONDS = 2 * 60 * 60

# How far the last third of the looks may be above the middle one: by a share, and by so much.
ALLOWED = {
    "MiB": (0.1, 8),
    "threads": (0, 3),
    "files": (0.1, 5),
    "connections": (0, 3),
    "keys": (0.2, 3),
}
MOST_BYTES_A_DAY = {"Dagster": 800_000, "MongoDB": 300_000}
EVENLY = 1.2

WHOSE = "code server, daemon, webserver, API, stores and vendor"
RIGHT = "one run, which succeeded; the snapshot is complete and made of that morning's data"
READ = "that day's snapshot at once, and all days before it in the trend"
FLAT = "flat: in the last 170 days as in the 170 before"


@pytest.mark.long
def test_five_hundred_days_are_all_there_and_right_and_the_last_takes_no_more_than_the_first(
    tmp_path: Path, tried: Tried
):
    days = days_between(FIRST, FIRST + timedelta(days=DAYS - 1))
    looks = []
    began = time.monotonic()
    with running_system(tmp_path, FIRST) as system:
        for number, day in enumerate(days, start=1):
            system.live_through(day)
            assert time.monotonic() - began < LONGEST_SECONDS, f"only {day} was reached"
            assert set(system.read(number).values()) == {(str(day), number)}
            if number % DAYS_BETWEEN_LOOKS == 0:
                looks.append(system.look())
        for day in days:
            _assert_right(system, day)
        _assert_each_day_was_run_once(system.instance, days)
        tried("Soak", "a day through the daemon, at its schedule's own tick", RIGHT, times=DAYS)
        tried("Soak", "a day read by the API and the UI while they went on", READ, times=DAYS)
        _assert_a_backfill_finds_the_same(system, tried)
    _assert_flat(looks, tried)


def _assert_right(system: System, day: date) -> None:
    """Nothing is missing, nothing newer than the morning of `day` is in it, nor anything older."""
    for id_, document in system.snapshots(day).items():
        assert (document["coverage"], document["unavailable"]) == (1, {}), (id_, day)
        assert {metric["quality"] for metric in document["metrics"].values()} == {"fresh"}, day
        assert not incoherences(snapshot_of(document)), (id_, day)
        assert as_of(day) <= document["created_at"] <= as_of(day) + A_MORNING, (id_, day)
    assert not assert_made_of_its_morning(system.pipeline, day), day


def _assert_each_day_was_run_once(instance: dg.DagsterInstance, days: Sequence[date]) -> None:
    runs = instance.get_runs(dg.RunsFilter(job_name="daily_snapshot"))
    assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
    assert Counter(run.tags["dagster/partition"] for run in runs) == Counter(map(str, days))


def _assert_a_backfill_finds_the_same(system: System, tried: Tried) -> None:
    """A quarter with a leap day and a change of the clocks, from the same history a year later."""
    first, last = BACKFILLED
    with system.another_database() as backfilled:
        system.command("backfill", "--from", str(first), "--to", str(last), into=backfilled)
        for day in days_between(first, last):
            live, later = (
                documents_of(pipeline, day) for pipeline in (system.pipeline, backfilled)
            )
            for collection in ("insight_datasets", "insight_metrics"):
                kept = [_by_key(day[collection]) for day in (live, later)]
                assert kept[0] == kept[1], day
    tried(
        "Soak",
        "a day of these computed again by a backfill, a year later",
        "every dataset and metric is the same, but for IPOs, which have no history",
        times=len(days_between(first, last)),
    )


def _by_key(documents: list[dict]) -> dict[str, dict]:
    return {doc["asset_key"]: doc for doc in documents if "ipo" not in doc["asset_key"]}


def _assert_flat(looks: Sequence[Mapping[str, float]], tried: Tried) -> None:
    print(*looks, sep="\n")  # pytest shows them where this fails
    for name in looks[0]:
        whose, kind = name.split(": ")
        middle, last = thirds([look[name] for look in looks])
        if kind == "bytes":
            days = DAYS_BETWEEN_LOOKS * (len(last) - 1)
            growth, before = last[-1] - last[0], middle[-1] - middle[0]
            assert growth <= EVENLY * before * len(last) / len(middle), (name, before, growth)
            assert growth / days < MOST_BYTES_A_DAY[whose], (name, growth / days)
        else:
            share, more = ALLOWED[kind]
            assert median(last) <= median(middle) * (1 + share) + more, (name, middle, last)
    tried("Soak", f"a look at the memory of {WHOSE}", FLAT, times=len(looks))
    tried("Soak", "a look at their threads, open files and connections", FLAT, times=len(looks))
    tried("Soak", "a look at the number of keys in Redis", FLAT, times=len(looks))
    for whose, most in MOST_BYTES_A_DAY.items():
        grows = f"grows evenly, by less than {most // 1000} kB a day"
        tried("Soak", f"a look at what {whose} has on disk", grows, times=len(looks))
