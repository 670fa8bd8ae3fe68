"""What MongoDB answers where a local stand-in would not: conflicts of indexes and rights.

What these tests guard against: a day that counts as stored and is not, because a document of
somebody else stands there; a database of an earlier system that is met with a riddle; a right that
one role lacks and that ends every run. The answers are MongoDB's own, on its wire.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pymongo
import pytest
from bson import ObjectId

from insights_assets.model.alerts import run_failed
from insights_assets.model.dates import now
from insights_assets.storage import documents
from insights_assets.storage.connections import open_history
from insights_assets.storage.errors import ForeignDocument, MixedSources, StoreRefused
from insights_assets.storage.indexes import DATASETS, SNAPSHOTS, Retention
from insights_assets.storage.outbox import ALERTS, AlertOutbox
from insights_assets_tests.chaos.proxy_support import Fault, MongoProxy, refusing
from insights_assets_tests.support.pipeline import failure_of
from insights_assets_tests.support.storage import (
    CATEGORY,
    COMPUTED,
    DAY,
    dataset,
    fresh_database,
    snapshot,
)

SECOND = timedelta(seconds=1)
YESTERDAY = DAY - timedelta(days=1)


@pytest.fixture
def proxy(stack) -> Iterator[MongoProxy]:
    with MongoProxy(stack.mongo_uri) as standing:
        yield standing


@pytest.fixture
def database(stack):
    with pymongo.MongoClient(stack.mongo_uri, tz_aware=True) as client:
        yield client[fresh_database()]


@pytest.fixture
def history(proxy, database):
    with open_history(proxy.url, database.name, Retention()) as opened:
        yield opened


def duplicate_key(**pattern: int) -> Fault:
    """Answer a bulk of one as MongoDB does whose index of these keys was met."""
    return refusing(
        {
            "ok": 1.0,
            "n": 0,
            "nModified": 0,
            "writeErrors": [
                {
                    "index": 0,
                    "code": 11000,
                    "keyPattern": pattern,
                    "keyValue": dict.fromkeys(pattern, "…"),
                    "errmsg": "E11000 duplicate key error collection: insights.insight_snapshots",
                }
            ],
        }
    )


def refusal(code: int, text: str) -> Fault:
    return refusing({"ok": 0.0, "code": code, "codeName": "…", "errmsg": text})


def on_index(field: str, fault: Fault):
    """Let a fault happen to the creation of the indexes that begin with a field."""

    def creation(exchange) -> None:
        (fault if f"{field}_".encode() in exchange.request else type(exchange).pass_on)(exchange)

    return creation


EARLIER = {
    "category_id": CATEGORY,
    "date": documents.midnight(DAY),
    "composite_score": 41.0,
    "composite_status": "normal",
    "metrics": {"yield_curve": {"score": 41.0, "status": "normal"}},
}


# A document of somebody else


def test_a_foreign_document_of_the_day_is_never_taken_for_ours(history, database):
    history.write_snapshots([snapshot(YESTERDAY)])
    foreign = database[SNAPSHOTS].insert_one(EARLIER | {"source": "alpha_vantage"}).inserted_id

    with pytest.raises(ForeignDocument) as refused:
        history.write_snapshots([snapshot(YESTERDAY, COMPUTED + SECOND), snapshot()])

    assert f"did not store {CATEGORY}:2025-01-09 (_id {foreign}): a document" in str(refused.value)
    assert str(refused.value).endswith(
        "`insights migrate` takes over an earlier system's; remove any other."
    )
    assert history.snapshots(CATEGORY, YESTERDAY, DAY) == [snapshot(YESTERDAY, COMPUTED + SECOND)]


def test_a_foreign_dataset_of_the_day_is_never_taken_for_ours(history, database):
    asset = "market_data/treasury_2y"
    history.write_snapshots([snapshot()])
    foreign = {"asset_key": asset, "date": documents.midnight(DAY)}
    database[DATASETS].insert_one(foreign)

    with pytest.raises(ForeignDocument, match=f"did not store {asset}:2025-01-09"):
        history.write_values(DATASETS, asset, {DAY: documents.dataset_document(dataset())}, "run")

    ours = {YESTERDAY: documents.dataset_document(dataset())}
    history.write_values(DATASETS, asset, ours, "run")
    newest = history.newest_value(DATASETS, asset, documents.dataset_outcome)
    assert newest == (YESTERDAY, dataset())


def test_the_index_that_was_met_tells_a_foreign_document_from_a_newer_computation(
    history, proxy, database
):
    newer = snapshot(created_at=COMPUTED + SECOND)
    history.write_snapshots([newer])

    proxy.on({"update"}, duplicate_key(_id=1))
    history.write_snapshots([snapshot()])

    proxy.on({"update"}, duplicate_key(category_id=1, date=-1))
    with pytest.raises(ForeignDocument, match=f"did not store {CATEGORY}:2025-01-09:"):
        history.write_snapshots([snapshot()])
    assert history.newest_snapshot(CATEGORY) == newer


def test_a_write_that_met_our_own_document_without_a_reason_fails_loudly(history, proxy):
    history.write_snapshots([snapshot()])
    proxy.on({"update"}, duplicate_key(_id=1))

    with pytest.raises(StoreRefused):
        history.write_snapshots([snapshot(created_at=COMPUTED + SECOND)])


def test_a_run_that_meets_a_foreign_document_fails_and_says_which(pipeline):
    foreign = {**EARLIER, "source": "simulator"}
    assert pipeline.run(YESTERDAY).success
    identifier = pipeline.mongo[SNAPSHOTS].insert_one(foreign).inserted_id

    result = pipeline.run(DAY)

    assert not result.success
    assert f"did not store {CATEGORY}:{DAY} (_id {identifier})" in failure_of(result)


def test_a_bad_document_of_yesterday_costs_no_other_day(pipeline):
    assert pipeline.run(YESTERDAY).success
    pipeline.mongo[SNAPSHOTS].update_many({}, {"$unset": {"coverage": ""}})

    result = pipeline.run(DAY)

    assert result.success
    assert pipeline.snapshot(DAY)["coverage"] > 0
    assert pipeline.redis.exists(pipeline.latest_key)
    # Repair sees a day without a snapshot, and its run mends it.
    assert pipeline.run(YESTERDAY).success
    assert pipeline.snapshot(YESTERDAY)["coverage"] > 0


# A database of an earlier system


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (86, "An existing index has the same name as the requested index. When index names are"),
        (85, "Index already exists with a different name: by_day"),
        (11000, "Index build failed: E11000 duplicate key error collection: insights.insight_"),
    ],
)
def test_an_index_of_an_earlier_system_is_named_with_the_command_that_helps(
    history, proxy, code, text
):
    proxy.on({"createIndexes"}, refusal(code, text))

    with pytest.raises(StoreRefused) as refused:
        history.write_snapshots([snapshot()])

    assert f"{SNAPSHOTS} in the database test_" in str(refused.value)
    assert str(refused.value).endswith(
        "as that of an earlier system does: `insights migrate --dry-run` shows what is in the way,"
        " `insights migrate` mends it."
    )


def test_simulated_data_do_not_join_an_earlier_systems_real_ones(history, database):
    database[SNAPSHOTS].insert_one(EARLIER)

    with pytest.raises(MixedSources, match="holds snapshots of an earlier system"):
        history.write_snapshots([snapshot(YESTERDAY, source="simulator")])


def test_a_document_of_an_earlier_system_is_left_out_of_what_is_read(history, database, caplog):
    history.write_snapshots([snapshot(YESTERDAY, source="alpha_vantage")])
    database[SNAPSHOTS].insert_one({**EARLIER, "_id": ObjectId("6" * 24)})

    assert [snapshot.date for snapshot in history.snapshots(CATEGORY, YESTERDAY, DAY)] == [
        YESTERDAY
    ]
    assert history.newest_snapshot(CATEGORY).date == YESTERDAY
    (warning,) = caplog.messages
    assert warning.startswith(f"The snapshot {'6' * 24} in MongoDB is not ours and left out: ")


# Rights, and what is asked of the server


def test_a_retention_that_may_not_be_changed_is_a_warning(history, proxy, caplog):
    options = on_index("written_at", refusal(85, "An equivalent index already exists"))
    rights = refusal(13, "not authorized on insights to execute command { collMod }")
    proxy.fault = lambda _, name: {"createIndexes": options, "collMod": rights}.get(name)

    history.write_snapshots([snapshot()])

    assert history.newest_snapshot(CATEGORY) == snapshot()
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert caplog.messages[0] == (
        f"The retention of {DATASETS} stays as it is, it could not be set to 400 days: not"
        " authorized on insights to execute command { collMod }; grant its user collMod or dbAdmin"
        " once."
    )


def test_documents_that_could_not_be_kept_forever_are_a_warning(proxy, database, caplog):
    with open_history(proxy.url, database.name, Retention()) as history:
        history.write_snapshots([snapshot()])
    proxy.on({"dropIndexes"}, refusal(13, "not authorized on insights to execute dropIndexes"))

    with open_history(proxy.url, database.name, Retention(datasets=0)) as history:
        history.write_snapshots([snapshot(created_at=COMPUTED + SECOND)])

    expected = f"The retention of {DATASETS} stays as it is, it could not be set to forever: not"
    assert caplog.messages[0].startswith(expected)


def test_alerts_are_written_down_where_their_retention_differs(stack, proxy, database):
    proxy.on({"createIndexes", "collMod"}, refusal(85, "An equivalent index already exists"))
    with pymongo.MongoClient(proxy.url, tz_aware=True) as client:
        outbox = AlertOutbox(client[database.name])
        outbox.enqueue([run_failed("run-1", "daily_snapshot", "today", ["no reason"])], now())

        assert len(list(outbox.claim(now()))) == 1


def test_an_alert_that_may_not_be_claimed_is_a_refusal_and_stays_open(stack, proxy, database):
    with pymongo.MongoClient(proxy.url, tz_aware=True) as client:
        outbox = AlertOutbox(client[database.name])
        outbox.enqueue([run_failed("run-1", "daily_snapshot", "today", ["no reason"])], now())

        proxy.on({"update"}, refusal(13, "not authorized on insights to execute update"))
        with pytest.raises(StoreRefused, match="refused claiming an alert: not authorized"):
            next(outbox.claim(now()))

    (held,) = database[ALERTS].find()
    assert held["state"] == "open"


def test_a_user_without_createindex_runs_on_indexes_that_are_there(history, proxy, database):
    history.write_snapshots([snapshot()])
    proxy.on({"createIndexes"}, refusal(13, "not authorized on insights to execute createIndexes"))

    with open_history(proxy.url, database.name, Retention()) as restricted:
        restricted.write_snapshots([snapshot(created_at=COMPUTED + SECOND)])

    assert history.newest_snapshot(CATEGORY).created_at == COMPUTED + SECOND


def test_whatever_the_uri_says_the_primary_is_read_and_a_majority_confirms(proxy, database):
    asked = []
    proxy.fault = lambda _, name: (
        lambda exchange: (
            asked.append((name, exchange.request)),
            exchange.pass_on(),
        )
    )
    uri = f"{proxy.url}/?w=0&readPreference=secondary&readConcernLevel=available"

    with open_history(uri, database.name, Retention()) as history:
        history.write_snapshots([snapshot()])
        assert history.newest_snapshot(CATEGORY) == snapshot()

    for name, request in asked:
        assert (b"majority" in request) is (name in {"update", "createIndexes"}), name
        assert b"secondary" not in request


def test_the_sources_are_looked_at_once_a_run(history, proxy):
    for day in (YESTERDAY, DAY):
        history.refuse_mixing({"simulator"})
        history.write_snapshots([snapshot(day)])

    assert proxy.seen.count("find") == 1
