"""A database of the earlier system is taken over: 200 days, some of them written more than once.

What these tests guard against: a day that is lost, a duplicate that stays, a number that nobody
kept, and a migration that cannot be run again after it was killed.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pymongo
import pytest
from bson import ObjectId

from insights_assets.categories import CATEGORIES
from insights_assets.categories.ai_sector_risk import CATEGORY
from insights_assets.model.dates import now
from insights_assets.serving.service import open_insights
from insights_assets.storage.connections import open_database, open_history
from insights_assets.storage.errors import MixedSources, StoreError
from insights_assets.storage.indexes import SNAPSHOTS, Retention
from insights_assets.storage.migration import EARLIER, Migrator
from insights_assets.vendors.client import VendorClient
from insights_assets_tests.chaos.proxy_support import MongoProxy, after, before
from insights_assets_tests.support.api import client_of, settings_on
from insights_assets_tests.support.storage import COMPUTED, fresh_database, snapshot

FIRST = now().date() - timedelta(days=200)
DAYS = [FIRST + timedelta(days=n) for n in range(200)]
TWICE = DAYS[::17]  # twelve of them
SCORED = {"yield_curve": 0.15, "news_sentiment": 0.2, "ipo_heat": 0.1}


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def earlier(day: date, score: float, hour: int) -> dict:
    """A document as the earlier system wrote it: no coverage, source, version, value or weight."""
    written = midnight(day) + timedelta(hours=hour)
    return {
        "_id": ObjectId(f"{int(written.timestamp()):08x}{'0' * 16}"),
        "category_id": CATEGORY.id,
        "date": midnight(day),
        "composite_score": score,
        "composite_status": "normal",
        "metrics": {id_: {"score": score, "status": "normal"} for id_ in SCORED},
    }


def ours_of(day: date, created_at: datetime = COMPUTED):
    return snapshot(day, created_at, source="alpha_vantage", category=CATEGORY.id)


@pytest.fixture
def database(stack):
    with pymongo.MongoClient(stack.mongo_uri, tz_aware=True) as client:
        filled = client[fresh_database()]
        fill(filled)
        yield filled


def fill(database) -> None:
    documents = [earlier(day, 40.0, hour=14) for day in DAYS]
    documents += [earlier(day, 30.0, hour=9) for day in TWICE]  # the same day, written before
    database[SNAPSHOTS].create_index([("category_id", 1), ("date", -1)])
    database[SNAPSHOTS].insert_many(documents)
    assert len(documents) == 212


def migrator(database) -> Migrator:
    return Migrator(database, CATEGORIES, Retention())


def assert_taken_over(database) -> None:
    """Each day has its newest document, under our name; the others are kept apart."""
    stored = list(database[SNAPSHOTS].find(sort=[("date", 1)]))
    assert [snapshot["_id"] for snapshot in stored] == [f"{CATEGORY.id}:{day}" for day in DAYS]
    assert {snapshot["composite_score"] for snapshot in stored} == {40.0}
    assert database[EARLIER].count_documents({}) == 212
    index = next(
        index
        for index in database[SNAPSHOTS].index_information().values()
        if [name for name, _ in index["key"]] == ["category_id", "date"]
    )
    assert index["unique"]


def insights(database, stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "INSIGHTS_MONGO_URI": stack.mongo_uri,
        "INSIGHTS_MONGO_DATABASE": database.name,
        "INSIGHTS_REDIS_URL": stack.redis_url,
    }
    command = [sys.executable, "-m", "insights_assets.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_dry_run_changes_nothing_and_says_what_would_be_done(database, stack):
    before = list(database[SNAPSHOTS].find())

    run = insights(database, stack, "migrate", "--dry-run")

    assert run.returncode == 0, run.stderr
    documents, days, duplicates, copies = run.stdout.splitlines()[:4]
    assert documents.endswith("holds 212 documents not written by this system.")
    assert days.startswith(f"200 days from {DAYS[0]} to {DAYS[-1]} would be stored as imported")
    assert duplicates == "12 documents: there is a newer one of the same day."
    assert copies == f"All of them would be kept unchanged in the collection {EARLIER}."
    assert list(database[SNAPSHOTS].find()) == before
    assert database[EARLIER].count_documents({}) == 0


def test_what_the_earlier_system_did_not_keep_stays_unknown(database, stack):
    migrator(database).run()

    with open_history(stack.mongo_uri, database.name, Retention()) as history:
        snapshot = history.newest_snapshot(CATEGORY.id)
    assert snapshot.source == "imported"
    assert snapshot.coverage == pytest.approx(sum(SCORED.values()))
    assert snapshot.created_at == midnight(DAYS[-1]) + timedelta(hours=14)
    assert snapshot.metrics.keys() == SCORED.keys()
    assert {metric.value for metric in snapshot.metrics.values()} == {None}
    assert "kept no score" in str(snapshot.unavailable["smart_money_flow"])


@pytest.fixture
def proxy(stack) -> Iterator[MongoProxy]:
    with MongoProxy(stack.mongo_uri) as standing:
        yield standing


def test_wherever_it_ends_it_can_be_run_again_and_nothing_is_lost(stack, proxy, database):
    with open_database(proxy.url, database.name) as undisturbed:
        migrator(undisturbed).run()
        commands = list(proxy.seen)
    assert_taken_over(database)
    writes = [n for n, name in enumerate(commands) if name not in {"find", "listIndexes"}]
    for number in writes[:: len(writes) // 5]:
        for moment in (before, after):
            proxy.come_back()
            database.client.drop_database(database.name)
            fill(database)
            proxy.at(number, moment)
            with (
                open_database(proxy.url, database.name, timeout_seconds=0.1) as disturbed,
                pytest.raises(StoreError),
            ):
                migrator(disturbed).run()
            assert len(days_held(database)) == 200, commands[number]

            migrator(database).run()
            assert_taken_over(database)
    assert migrator(database).run().found == 0
    assert_taken_over(database)


def days_held(database) -> set[date]:
    return {snapshot["date"].date() for snapshot in database[SNAPSHOTS].find({}, {"date": 1})}


def test_a_process_that_is_killed_in_the_middle_is_run_again(stack, proxy, database):
    processes = []

    def kill(exchange) -> None:
        exchange.forward()
        processes[0].send_signal(signal.SIGKILL)
        processes[0].wait()

    proxy.on({"delete"}, kill)
    environment = {
        **os.environ,
        "INSIGHTS_MONGO_URI": proxy.url,
        "INSIGHTS_MONGO_DATABASE": database.name,
    }
    command = [sys.executable, "-m", "insights_assets.cli", "migrate"]
    with subprocess.Popen(command, env=environment) as process:
        processes.append(process)
        process.wait(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert len(days_held(database)) == 200

    assert insights(database, stack, "migrate").returncode == 0
    assert_taken_over(database)


def test_afterwards_every_reader_reads_imported_days(database, stack):
    assert insights(database, stack, "migrate").returncode == 0
    settings = settings_on(stack, mongo_database=database.name)

    with open_insights(settings) as opened:
        client = client_of(settings, opened)
        latest = client.get(f"/api/insights/{CATEGORY.id}").json()
        trend = client.get(f"/api/insights/{CATEGORY.id}/trend?days=365").json()
        page = client.get("/")
        ready = client.get("/readyz").json()
        metric = client.get(f"/api/insights/{CATEGORY.id}/yield_curve").json()

    assert (latest["date"], latest["source"]) == (str(DAYS[-1]), "imported")
    assert len(trend["points"]) == 200
    assert page.status_code == 200
    assert ready["mongodb"] == "ok"
    assert (metric["score"], metric["value"]) == (40.0, None)
    shown = insights(database, stack, "latest").stdout
    assert "Imported from an earlier system" in shown
    assert len(insights(database, stack, "trend", "--days", "365").stdout.splitlines()) > 200


def test_afterwards_real_snapshots_join_the_imported_ones_and_simulated_ones_do_not(
    database, stack
):
    migrator(database).run()
    today = ours_of(now().date(), datetime.now(UTC))
    with open_history(stack.mongo_uri, database.name, Retention()) as history:
        with pytest.raises(MixedSources, match="holds snapshots of imported"):
            history.write_snapshots([snapshot(source="simulator")])
        history.write_snapshots([today, ours_of(DAYS[3])])

        assert history.newest_snapshot(CATEGORY.id).date == today.date
        assert len(history.snapshots(CATEGORY.id, DAYS[0], today.date)) == 201


def test_afterwards_a_run_and_a_backfill_store_real_days_beside_them(pipeline, monkeypatch):
    """The simulator passes for the vendor: its data would be refused beside imported ones."""
    monkeypatch.setattr(VendorClient, "_source", lambda *_: "alpha_vantage")
    fill(pipeline.mongo)
    migrator(pipeline.mongo).run()
    today, recomputed = now().date(), DAYS[-3:-1]

    assert pipeline.run(today).success
    assert pipeline.run(*recomputed).success

    stored = {snapshot["date"].date(): snapshot for snapshot in pipeline.mongo[SNAPSHOTS].find()}
    assert stored.keys() >= {*DAYS, today}
    assert {stored[day]["source"] for day in (today, *recomputed)} == {"alpha_vantage"}
    assert stored[DAYS[-1]]["source"] == "imported"
    assert json.loads(pipeline.redis.get(pipeline.latest_key))["date"] == str(today)


def test_a_snapshot_of_ours_is_not_replaced_by_an_imported_one(stack, database):
    ours = ours_of(DAYS[-1])
    with open_database(stack.mongo_uri, database.name) as opened:
        opened[SNAPSHOTS].delete_many({"date": midnight(DAYS[-1])})
    with open_history(stack.mongo_uri, database.name, Retention()) as history:
        history.write_snapshots([ours])
        database[SNAPSHOTS].insert_one(earlier(DAYS[-1], 10.0, hour=20))

        done = migrator(database).run()

        assert done.ours == 1
        assert history.newest_snapshot(CATEGORY.id) == ours


def test_what_cannot_be_converted_stays_where_it_is_and_is_named(database, stack):
    strange = [
        earlier(DAYS[0], 40.0, 20) | {"category_id": "weather"},
        earlier(DAYS[1], 140.0, 20),
        earlier(DAYS[2], 40.0, 20) | {"date": "soon"},
    ]
    database[SNAPSHOTS].insert_many(strange)

    run = insights(database, stack, "migrate")

    assert run.returncode == 0, run.stderr
    for document in (strange[0], strange[2]):
        assert database[SNAPSHOTS].find_one({"_id": document["_id"]}) == document
        assert f"left where it is: {document['_id']}, " in run.stdout
    # The index allows one document of a day: this one is kept beside.
    assert database[EARLIER].find_one({"_id": strange[1]["_id"]}) == strange[1]
    assert f"where a snapshot belongs: {strange[1]['_id']}, its composite_score" in run.stdout


def test_of_two_documents_of_a_day_that_cannot_be_converted_one_can_stay(database):
    database[SNAPSHOTS].delete_many({})
    strange = [earlier(DAYS[0], 40.0, hour) | {"category_id": "weather"} for hour in (9, 14)]
    database[SNAPSHOTS].insert_many(strange)

    plan = migrator(database).run()

    (left,), (aside,) = plan.left, plan.aside
    assert [str(kept["_id"]) for kept in database[SNAPSHOTS].find()] == [left]
    assert {left, aside} == {str(document["_id"]) for document in strange}


def test_what_stands_where_a_snapshot_belongs_is_set_aside(database):
    strange = earlier(DAYS[1], 140.0, 20)
    database[SNAPSHOTS].insert_one(strange)

    assert list(migrator(database).plan().aside) == [str(strange["_id"])]


def test_afterwards_no_index_is_in_the_way(database):
    assert len(migrator(database).run().indexes) == 1

    assert migrator(database).plan().indexes == []


def test_a_day_is_that_of_new_york_whatever_the_hour(database):
    database[SNAPSHOTS].delete_many({})
    evening = earlier(DAYS[5], 40.0, 20) | {"date": midnight(DAYS[5]) + timedelta(hours=26)}
    database[SNAPSHOTS].insert_one(evening)

    migrator(database).run()

    assert days_held(database) == {DAYS[5]}


def test_imported_days_do_not_expire_because_they_are_old(database, stack):
    taken_over = now().replace(microsecond=500_000)
    Migrator(database, CATEGORIES, Retention(snapshots=30), lambda: taken_over).run()

    assert len(days_held(database)) == 200
    assert {held["created_at"] for held in database[SNAPSHOTS].find()} == {taken_over}
