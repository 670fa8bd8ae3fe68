"""History in MongoDB, through the real driver and a real socket, and quickly in memory.

What these tests guard against: two documents for one day, a newer computation that an older one
overwrites, documents that expire too early or never, simulated numbers among real ones, and an
error that is a traceback or tells a password.

The local stack's MongoDB compares times by whole seconds, so computations are a second apart; the
one in memory tells milliseconds apart, but knows neither threads nor expiry.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import mongomock
import pymongo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo.errors import BulkWriteError, OperationFailure

from insights_assets.model.dates import NEW_YORK
from insights_assets.model.outcomes import Unavailable
from insights_assets.storage import connections, documents, mongo
from insights_assets.storage.connections import open_history
from insights_assets.storage.errors import MixedSources, StoreRefused, StoreUnreachable
from insights_assets.storage.indexes import DATASETS, METRICS, SNAPSHOTS, Retention
from insights_assets.storage.mongo import MongoHistory
from insights_assets_tests.support import storage as support
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.storage import (
    CATEGORY,
    COMPUTED,
    DAY,
    closed_port,
    dataset,
    days_from,
    fresh_database,
    let_mongomock_replace_in_bulk,
    reading,
    snapshot,
)

ASSET = "market_data/treasury_2y"
SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)


@pytest.fixture
def database(stack):
    """A fresh database, as a person's shell would see it."""
    with pymongo.MongoClient(stack.mongo_uri, tz_aware=True) as client:
        yield client[fresh_database()]


@pytest.fixture
def history(stack, database):
    with open_history(stack.mongo_uri, database.name, Retention()) as opened:
        yield opened


@pytest.fixture
def in_memory(monkeypatch):
    """A fresh database without a server."""
    let_mongomock_replace_in_bulk(monkeypatch)
    return mongomock.MongoClient(tz_aware=True)[fresh_database()]


@pytest.fixture(params=["local stack", "in memory"])
def either(request):
    """A history of each kind, one after the other."""
    if request.param == "local stack":
        return request.getfixturevalue("history")
    return MongoHistory(request.getfixturevalue("in_memory"), Retention())


def write_datasets(history: MongoHistory, outcomes, asset=ASSET) -> None:
    written = {day: documents.dataset_document(outcome) for day, outcome in outcomes.items()}
    history.write_values(DATASETS, asset, written, "run-1")


def read_datasets(history: MongoHistory, first: date, last: date, asset=ASSET):
    return history.read_values(DATASETS, asset, first, last, documents.dataset_outcome)


def indexes(collection) -> dict[tuple[str, ...], tuple[bool, int | None]]:
    """Return of each index by its fields: whether it is unique, and its seconds to live."""
    return {
        tuple(field for field, _direction in index["key"]): (
            index.get("unique", False),
            index.get("expireAfterSeconds"),
        )
        for name, index in collection.index_information().items()
        if name != "_id_"
    }


def at_once(work: Callable[[int], None]) -> None:
    """Do `work` in two threads that start together; fail if one of them fails."""
    start, failures = threading.Barrier(2), []

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# Round trips


@pytest.mark.parametrize("dataset_id", support.DATASETS)
def test_each_kind_of_dataset_is_equal_after_reading(either, dataset_id):
    kept = dataset(support.DATASETS[dataset_id], quality="stale")

    write_datasets(either, {DAY: kept})

    assert read_datasets(either, DAY, DAY) == {DAY: kept}


@pytest.mark.parametrize("outcome", [reading(), Unavailable("too few articles", "data")], ids=type)
def test_each_metric_outcome_is_equal_after_reading(either, outcome):
    asset = "synthetic/slope"

    either.write_values(METRICS, asset, {DAY: documents.metric_document(outcome)}, "run-1")

    read = either.read_values(METRICS, asset, DAY, DAY, documents.metric_outcome)
    assert read == {DAY: outcome}


def test_a_snapshot_is_equal_after_reading(either):
    either.write_snapshots([snapshot()])

    assert either.newest_snapshot(CATEGORY) == snapshot()


@settings(deadline=None, max_examples=30)
@given(outcome=support.dataset_outcomes)
def test_any_dataset_outcome_is_equal_after_reading(stack, outcome):
    with open_history(stack.mongo_uri, "round_trips", Retention()) as history:
        write_datasets(history, {DAY: outcome})

        assert read_datasets(history, DAY, DAY) == {DAY: outcome}


@settings(deadline=None, max_examples=30)
@given(composed=support.snapshots)
def test_any_snapshot_is_equal_after_reading(stack, composed):
    with open_history(stack.mongo_uri, fresh_database(), Retention()) as history:
        history.write_snapshots([composed])

        assert history.newest_snapshot(composed.category_id) == composed


def test_the_stored_snapshot_is_the_specified_document(history, database):
    history.write_snapshots([snapshot()])

    (stored,) = database[SNAPSHOTS].find({}, {"_id": 0})
    assert stored == documents.snapshot_document(snapshot())
    assert stored["date"] == datetime(2025, 1, 9, tzinfo=UTC)


def test_a_stored_value_names_its_asset_its_day_at_midnight_its_run_and_its_writing(
    history, database
):
    write_datasets(history, {DAY: dataset()})

    (stored,) = database[DATASETS].find({}, {"_id": 0})
    written_at = stored.pop("written_at")
    assert stored == documents.dataset_document(dataset()) | {
        "asset_key": ASSET,
        "date": datetime(2025, 1, 9, tzinfo=UTC),
        "run_id": "run-1",
    }
    assert abs(datetime.now(UTC) - written_at) < timedelta(seconds=10)


# Indexes and retention


def test_the_first_write_makes_the_unique_and_the_ttl_indexes(history, database):
    history.write_snapshots([snapshot()])

    values = {("asset_key", "date"): (True, None), ("written_at",): (False, 400 * 86_400)}
    assert indexes(database[SNAPSHOTS]) == {("category_id", "date"): (True, None)}
    assert indexes(database[DATASETS]) == values
    assert indexes(database[METRICS]) == values


def test_snapshots_are_indexed_by_category_and_newest_day_first(in_memory):
    MongoHistory(in_memory, Retention()).write_snapshots([snapshot()])

    keys = [index["key"] for index in in_memory[SNAPSHOTS].index_information().values()]
    assert [("category_id", 1), ("date", -1)] in keys


def test_indexes_are_made_once_however_often_one_writes(in_memory, monkeypatch):
    made = []
    create_index = mongomock.collection.Collection.create_index

    def counting(self, *args, **options):
        made.append(args)
        return create_index(self, *args, **options)

    monkeypatch.setattr(mongomock.collection.Collection, "create_index", counting)
    history = MongoHistory(in_memory, Retention())
    for day in days_from(DAY, 3):
        history.write_snapshots([snapshot(day)])
        write_datasets(history, {day: dataset()})

    assert len(made) == 5


def test_a_second_history_finds_the_indexes_as_they_are(history, stack, database):
    history.write_snapshots([snapshot()])
    before = indexes(database[DATASETS])

    with open_history(stack.mongo_uri, database.name, Retention()) as second:
        second.write_snapshots([snapshot()])

    assert indexes(database[DATASETS]) == before


@pytest.mark.parametrize("days", [1, 10, 24_855])
def test_another_retention_changes_the_ttl_indexes(history, stack, database, days):
    history.write_snapshots([snapshot(created_at=datetime.now(UTC))])

    with open_history(stack.mongo_uri, database.name, Retention(days, days)) as changed:
        changed.write_snapshots([snapshot(created_at=datetime.now(UTC) + SECOND)])

    assert indexes(database[SNAPSHOTS])[("created_at",)] == (False, days * 86_400)
    assert indexes(database[DATASETS])[("written_at",)] == (False, days * 86_400)
    assert indexes(database[METRICS])[("written_at",)] == (False, days * 86_400)


def test_where_an_index_may_not_be_made_again_it_is_modified(in_memory, monkeypatch):
    """MongoDB answers a changed TTL with error 85; the local stack's does not."""
    commands = []

    def conflict(self, keys, **options):
        if "expireAfterSeconds" in options:
            raise OperationFailure("an equivalent index exists with other options", 85)

    def command(self, *args, **options):
        commands.append((*args, options))

    monkeypatch.setattr(mongomock.collection.Collection, "create_index", conflict)
    monkeypatch.setattr(mongomock.database.Database, "command", command)
    MongoHistory(in_memory, Retention(datasets=10)).write_snapshots([snapshot()])

    index = {"keyPattern": {"written_at": 1}, "expireAfterSeconds": 864_000}
    assert commands == [
        ("collMod", DATASETS, {"index": index}),
        ("collMod", METRICS, {"index": index}),
    ]


def test_a_retention_of_0_removes_the_ttl_indexes(stack, database):
    with open_history(stack.mongo_uri, database.name, Retention(10, 10)) as history:
        history.write_snapshots([snapshot(created_at=datetime.now(UTC))])

    with open_history(stack.mongo_uri, database.name, Retention(0, 0)) as forever:
        forever.write_snapshots([snapshot(created_at=datetime.now(UTC) + SECOND)])

    assert indexes(database[SNAPSHOTS]) == {("category_id", "date"): (True, None)}
    assert indexes(database[DATASETS]) == {("asset_key", "date"): (True, None)}
    assert indexes(database[METRICS]) == {("asset_key", "date"): (True, None)}


def test_values_expire_by_the_time_of_writing_not_by_their_day(stack, database):
    with open_history(stack.mongo_uri, database.name, Retention(datasets=10)) as history:
        write_datasets(history, {date(2021, 1, 4): dataset(), DAY: dataset()})
        database[DATASETS].update_one(
            {"date": documents.midnight(DAY)},
            {"$set": {"written_at": datetime.now(UTC) - timedelta(days=11)}},
        )

        assert list(read_datasets(history, date(2021, 1, 1), DAY)) == [date(2021, 1, 4)]


# One document a day


def test_a_day_written_again_is_one_document_with_the_newer_score(either):
    either.write_snapshots([snapshot(score=70.0)])
    either.write_snapshots([snapshot(score=72.5, created_at=COMPUTED + SECOND)])

    assert [snapshot.composite_score for snapshot in either.snapshots(CATEGORY, DAY, DAY)] == [72.5]
    assert either._snapshots.count_documents({}) == 1


def test_a_value_written_again_is_one_document_with_the_newer_outcome(either):
    write_datasets(either, {DAY: Unavailable("the vendor is away", "outage")})
    write_datasets(either, {DAY: dataset()})

    assert read_datasets(either, DAY, DAY) == {DAY: dataset()}
    assert either._database[DATASETS].count_documents({}) == 1


def test_the_same_computation_may_be_written_again(either):
    either.write_snapshots([snapshot(score=70.0)])
    either.write_snapshots([snapshot(score=72.5)])

    assert either.newest_snapshot(CATEGORY) == snapshot(score=72.5)


@pytest.mark.parametrize("age", [SECOND, timedelta(days=30)])
def test_an_older_computation_never_replaces_a_newer_one(either, age):
    either.write_snapshots([snapshot(score=72.5)])
    either.write_snapshots([snapshot(score=10.0, created_at=COMPUTED - age)])

    assert either.newest_snapshot(CATEGORY) == snapshot(score=72.5)
    assert either._snapshots.count_documents({}) == 1


def test_a_computation_older_by_a_millisecond_does_not_replace_a_newer_one(in_memory):
    history = MongoHistory(in_memory, Retention())

    history.write_snapshots([snapshot(score=72.5)])
    history.write_snapshots([snapshot(score=10.0, created_at=COMPUTED - MILLISECOND)])

    assert history.newest_snapshot(CATEGORY) == snapshot(score=72.5)


def test_one_older_day_of_a_range_does_not_keep_the_others_from_being_written(either):
    first, second, third = days_from(DAY, 3)
    either.write_snapshots([snapshot(second, COMPUTED + SECOND, score=72.5)])

    either.write_snapshots([snapshot(day, score=10.0) for day in (first, second, third)])

    scores = {
        snapshot.date: snapshot.composite_score
        for snapshot in either.snapshots(CATEGORY, first, third)
    }
    assert scores == {first: 10.0, second: 72.5, third: 10.0}


def test_the_same_day_of_two_categories_is_two_documents(either):
    other = snapshot(category="macro_environment", score=20.0)

    either.write_snapshots([snapshot(), other])

    assert either.newest_snapshot(CATEGORY) == snapshot()
    assert either.newest_snapshot("macro_environment") == other


def test_two_writers_of_the_same_days_leave_one_snapshot_for_each(stack, database):
    days = days_from(DAY, 20)

    def write(number: int) -> None:
        with open_history(stack.mongo_uri, database.name, Retention()) as history:
            for day in days:
                history.write_snapshots([snapshot(day, COMPUTED + number * SECOND)])

    at_once(write)

    stored = list(database[SNAPSHOTS].find(sort=[("date", 1)]))
    assert [snapshot["date"].date() for snapshot in stored] == days
    assert {snapshot["created_at"] for snapshot in stored} == {COMPUTED + SECOND}


def test_two_writers_of_the_same_days_leave_one_value_for_each(stack, database):
    days = days_from(DAY, 20)

    def write(number: int) -> None:
        with open_history(stack.mongo_uri, database.name, Retention()) as history:
            for day in days:
                write_datasets(history, {day: dataset()})

    at_once(write)

    stored = database[DATASETS].find(sort=[("date", 1)])
    assert [snapshot["date"].date() for snapshot in stored] == days


# Sources


@pytest.mark.parametrize(
    ("held", "coming"),
    [
        ("alpha_vantage", "simulator"),
        ("alpha_vantage", "replay"),
        ("simulator", "alpha_vantage"),
        ("replay", "alpha_vantage"),
    ],
)
def test_simulated_and_real_data_are_refused_beside_each_other(either, held, coming):
    first, second = days_from(DAY, 2)
    either.write_snapshots([snapshot(first, source=held)])

    with pytest.raises(MixedSources) as refused:
        either.write_snapshots([snapshot(second, source=coming)])

    assert str(refused.value) == (
        f"The database {either._database.name} holds snapshots of {held}; data of {coming} may not"
        " be added to it: set INSIGHTS_MONGO_DATABASE to another database."
    )
    assert either.snapshots(CATEGORY, first, second) == [snapshot(first, source=held)]


@pytest.mark.parametrize(
    ("held", "coming"),
    [("simulator", "replay"), ("replay", "simulator"), ("alpha_vantage", "alpha_vantage")],
)
def test_stand_ins_share_a_database_and_so_does_the_vendor_with_itself(either, held, coming):
    first, second = days_from(DAY, 2)

    either.write_snapshots([snapshot(first, source=held)])
    either.write_snapshots([snapshot(second, source=coming)])

    assert len(either.snapshots(CATEGORY, first, second)) == 2


def test_unavailable_values_have_no_source_and_are_never_refused(either):
    either.write_snapshots([snapshot(source="alpha_vantage")])

    either.refuse_mixing(set())


# Reading


def test_snapshots_of_a_range_come_newest_first_with_both_ends_and_gaps_as_gaps(either):
    stored = [DAY - timedelta(days=age) for age in (0, 1, 4, 9, 10)]
    either.write_snapshots([snapshot(stored[at]) for at in (3, 0, 4, 2, 1)])
    either.write_snapshots([snapshot(DAY - timedelta(days=2), category="macro_environment")])

    snapshots = either.snapshots(CATEGORY, DAY - timedelta(days=9), DAY - timedelta(days=1))

    assert [item.date for item in snapshots] == stored[1:4]


def test_values_of_a_range_are_those_of_one_asset_with_both_ends(either):
    first, second, third, fourth = days_from(DAY, 4)
    write_datasets(either, dict.fromkeys((first, second, fourth), dataset()))
    write_datasets(either, {third: dataset()}, asset="market_data/treasury_10y")

    assert set(read_datasets(either, first, third)) == {first, second}


def test_the_newest_snapshot_is_of_the_newest_day_whenever_it_was_computed(either):
    newest = snapshot(DAY, COMPUTED - timedelta(days=3))
    either.write_snapshots([newest])
    either.write_snapshots([snapshot(DAY - timedelta(days=1), COMPUTED)])

    assert either.newest_snapshot(CATEGORY) == newest


@pytest.mark.parametrize(("minutes", "newest"), [(61, DAY), (59, DAY + timedelta(days=1))])
def test_tomorrow_s_snapshot_is_the_newest_once_clocks_may_differ_by_what_is_left_of_today(
    in_memory, monkeypatch, minutes, newest
):
    history = MongoHistory(in_memory, Retention())
    history.write_snapshots([snapshot(), snapshot(DAY + timedelta(days=1))])
    midnight = datetime.combine(DAY + timedelta(days=1), datetime.min.time(), NEW_YORK)
    monkeypatch.setattr(mongo, "now", lambda: midnight - timedelta(minutes=minutes))

    assert history.newest_snapshot(CATEGORY).date == newest


def test_tomorrow_s_snapshot_of_a_clock_that_is_wrong_is_never_the_newest(in_memory, monkeypatch):
    history = MongoHistory(in_memory, Retention())
    midnight = datetime.combine(DAY + timedelta(days=1), datetime.min.time(), NEW_YORK)
    history.write_snapshots(
        [snapshot(), snapshot(DAY + timedelta(days=1), midnight + timedelta(days=3))]
    )
    monkeypatch.setattr(mongo, "now", lambda: midnight - timedelta(minutes=30))

    assert history.newest_snapshot(CATEGORY).date == DAY


@pytest.mark.parametrize(("minutes", "kept"), [(59, True), (61, False)])
def test_an_older_computation_replaces_a_newer_one_only_where_no_clock_explains_it(
    in_memory, monkeypatch, minutes, kept
):
    history = MongoHistory(in_memory, Retention())
    history.write_snapshots([snapshot(score=72.5)])
    monkeypatch.setattr(mongo, "now", lambda: COMPUTED - timedelta(minutes=minutes))

    history.write_snapshots([snapshot(created_at=COMPUTED - timedelta(hours=2), score=10.0)])

    assert history.newest_snapshot(CATEGORY).composite_score == (72.5 if kept else 10.0)


def test_an_empty_database_has_neither_snapshots_nor_values(either):
    assert either.newest_snapshot(CATEGORY) is None
    assert either.snapshots(CATEGORY, DAY, DAY) == []
    assert read_datasets(either, DAY, DAY) == {}
    assert either.newest_value(DATASETS, "market_data/vix", documents.dataset_outcome) is None


def test_writing_no_snapshots_writes_nothing(history, database):
    history.write_snapshots([])

    assert database.list_collection_names() == []


# What can go wrong


def test_a_damaged_snapshot_costs_its_own_day_and_is_named_once(history, database, caplog):
    day_before = snapshot(DAY - timedelta(days=1))
    history.write_snapshots([day_before, snapshot()])
    database[SNAPSHOTS].update_one({"date": documents.midnight(DAY)}, {"$unset": {"coverage": ""}})

    for _ in range(2):
        assert history.newest_snapshot(CATEGORY) == day_before
        assert history.snapshots(CATEGORY, day_before.date, DAY) == [day_before]

    (warning,) = caplog.messages
    assert warning == (
        "The snapshot synthetic:2025-01-09 in MongoDB is damaged and left out: materialize its"
        " day again."
    )


@pytest.mark.parametrize("damage", [{"coverage": 1}, {"created_at": 1}, {"source": 1, "date": 1}])
def test_materializing_its_day_mends_a_damaged_snapshot(history, database, damage):
    history.write_snapshots([snapshot()])
    database[SNAPSHOTS].update_one({}, {"$unset": damage})

    history.write_snapshots([snapshot(created_at=COMPUTED + SECOND)])

    assert history.newest_snapshot(CATEGORY) == snapshot(created_at=COMPUTED + SECOND)
    assert database[SNAPSHOTS].count_documents({}) == 1


def test_a_server_that_is_away_is_told_in_one_sentence_without_credentials_in_time():
    port = closed_port()
    began = time.monotonic()

    with (
        open_history(f"mongodb://operator:hunter2@127.0.0.1:{port}", "db", Retention()) as history,
        pytest.raises(StoreUnreachable) as away,
    ):
        history.newest_snapshot(CATEGORY)

    assert time.monotonic() - began < 6
    assert str(away.value) == (
        f"MongoDB at 127.0.0.1:{port} does not answer while reading the newest snapshot"
        " (nothing listens there): start it (insights stack) or correct INSIGHTS_MONGO_URI."
    )


@pytest.mark.parametrize(
    ("use", "doing"),
    [
        (lambda history: history.write_snapshots([snapshot()]), "reading the stored sources"),
        (lambda history: write_datasets(history, {DAY: dataset()}), "creating its indexes"),
        (lambda history: read_datasets(history, DAY, DAY), "reading market_data/treasury_2y"),
        (lambda history: history.snapshots(CATEGORY, DAY, DAY), "reading snapshots"),
        (lambda history: history.snapshot_days(CATEGORY, DAY, DAY), "the days of the snapshots"),
        (lambda history: history.metric_outcomes(SYNTHETIC, DAY), "reading metrics"),
        (lambda history: history.dataset_states(["a/b"], DAY, DAY), "the state of the datasets"),
    ],
)
def test_no_use_of_a_server_that_is_away_raises_anything_else(monkeypatch, use, doing):
    monkeypatch.setattr(connections, "MONGO_TIMEOUT_SECONDS", 0.1)
    uri = f"mongodb://operator:hunter2@127.0.0.1:{closed_port()}"

    with open_history(uri, "db", Retention()) as history, pytest.raises(StoreUnreachable) as away:
        use(history)

    assert doing in str(away.value)
    assert "hunter2" not in str(away.value)
    assert "\n" not in str(away.value)


def test_a_write_that_is_refused_says_so_in_one_sentence(history, stack):
    """The local stack's MongoDB refuses what is not a number."""
    address = stack.mongo_uri.removeprefix("mongodb://")

    with pytest.raises(StoreRefused) as refused:
        history.write_snapshots([snapshot(score=float("nan"))])

    assert str(refused.value).startswith(f"MongoDB at {address} refused writing snapshots: ")
    assert "; docs/stores.md says which servers" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_write_that_is_not_confirmed_is_not_taken_for_written(history, monkeypatch):
    details = {"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "timed out"}]}

    def unconfirmed(self, writes, **options):
        raise BulkWriteError(details)

    monkeypatch.setattr(pymongo.collection.Collection, "bulk_write", unconfirmed)

    with pytest.raises(StoreRefused, match="refused writing snapshots"):
        history.write_snapshots([snapshot()])


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://",
        "mongodb://operator:hunter2@db.example.com:port",
        "mongodb://operator:hunter2@db.example.com:99999",
        "mongodb://operator:hunt/er2@db.example.com:27017",
        "mongodb://operator:hunt@er2@db.example.com:27017",
    ],
)
def test_a_malformed_uri_is_refused_with_its_variable_and_without_its_secret(uri):
    with pytest.raises(StoreRefused) as refused, open_history(uri, "db", Retention()):
        pass

    assert str(refused.value).startswith("INSIGHTS_MONGO_URI cannot be used: ")
    assert "hunt" not in str(refused.value)


@settings(deadline=None, max_examples=20)
@given(order=st.permutations(range(4)))
def test_whatever_the_order_of_the_writes_the_newest_computation_stays(order):
    with pytest.MonkeyPatch.context() as patch:
        let_mongomock_replace_in_bulk(patch)
        history = MongoHistory(mongomock.MongoClient(tz_aware=True).db, Retention())

        for number in order:
            history.write_snapshots([snapshot(created_at=COMPUTED + number * MILLISECOND)])

        assert history.newest_snapshot(CATEGORY) == snapshot(created_at=COMPUTED + 3 * MILLISECOND)
