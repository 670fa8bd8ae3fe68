"""Documents that hands, another version or an attacker have spoilt, in both stores.

What these tests guard against: a number that nobody computed, a reader that fails with a traceback
instead of a sentence, and a foreign value that keeps the newest snapshot out of Redis.
"""

import json
import math
from datetime import UTC, datetime

import mongomock
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from insights_assets.model.outcomes import Dataset, Reading
from insights_assets.model.snapshot import Snapshot
from insights_assets.storage import documents
from insights_assets.storage.connections import open_latest
from insights_assets.storage.indexes import DATASETS, METRICS, SNAPSHOTS, Retention
from insights_assets.storage.mongo import MongoHistory
from insights_assets_tests.chaos.store_support import DAY
from insights_assets_tests.support.storage import CATEGORY, COMPUTED, dataset, reading, snapshot

AREA = "Stores"
LATEST_KEY = f"insights:{CATEGORY}:latest"
NOW = datetime(2025, 1, 9, 14, 30, 6, tzinfo=UTC)

KEYS = st.text("abc.$_", max_size=4)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
JUNK = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)


@st.composite
def spoilt(draw, document: dict) -> dict:
    """A document in which somebody typed something into one place, or deleted it."""
    place = whole = {**document}
    name = draw(st.sampled_from(sorted(place)))
    while isinstance(place[name], dict) and place[name] and draw(st.booleans()):
        place[name] = {**place[name]}
        place = place[name]
        name = draw(st.sampled_from(sorted(place)))
    if draw(st.booleans()):
        place[name] = draw(JUNK)
    else:
        del place[name]
    return whole


def numbers_of(snapshot: Snapshot) -> list[float]:
    """All numbers of a snapshot; an imported one has metrics without a raw value."""
    metrics = snapshot.metrics.values()
    numbers = [number for m in metrics for number in (m.score, m.value, m.weight)]
    return [
        snapshot.composite_score,
        snapshot.coverage,
        *(number for number in numbers if number is not None),
    ]


def test_a_spoilt_snapshot_in_mongodb_is_sound_or_left_out(how_often, tried):
    many = how_often(50, 3_000)

    @settings(deadline=None, max_examples=many)
    @example(document=documents.snapshot_document(snapshot()) | {"date": "soon"})
    @given(document=spoilt(documents.snapshot_document(snapshot())))
    def reads(document):
        database = mongomock.MongoClient(tz_aware=True).db
        database[SNAPSHOTS].insert_one({**document, "_id": f"{CATEGORY}:{DAY}"})
        history = MongoHistory(database, Retention())
        for read in (
            lambda: [history.newest_snapshot(CATEGORY)],
            lambda: history.snapshots(CATEGORY, DAY, DAY),
        ):
            snapshots = [snapshot for snapshot in read() if snapshot]
            assert all(math.isfinite(number) for item in snapshots for number in numbers_of(item))

    reads()
    tried(
        AREA,
        "A snapshot in MongoDB is spoilt by hand",
        "it is still sound, or it is left out and named; no number is NaN or infinite",
        times=many,
    )


def test_spoilt_values_in_mongodb_are_sound_or_unavailable(how_often, tried):
    many = how_often(50, 3_000)

    @settings(deadline=None, max_examples=many)
    @example(data={"status": "fresh", "date": "soon"}, metric={})
    @given(
        data=spoilt(documents.dataset_document(dataset()) | {"asset_key": "a", "date": 0}),
        metric=spoilt(documents.metric_document(reading()) | {"asset_key": "a", "date": 0}),
    )
    def reads(data, metric):
        database = mongomock.MongoClient(tz_aware=True).db
        database[DATASETS].insert_one({**data, "_id": f"a:{DAY}"})
        database[METRICS].insert_one({**metric, "_id": f"a:{DAY}"})
        history = MongoHistory(database, Retention())

        kept = history.read_values(DATASETS, "a", DAY, DAY, documents.dataset_outcome)[DAY]
        if isinstance(kept, Dataset):
            assert all(map(math.isfinite, kept.data.observations.values))
        measured = history.read_values(METRICS, "a", DAY, DAY, documents.metric_outcome)[DAY]
        if isinstance(measured, Reading):
            assert all(map(math.isfinite, (measured.value, measured.score)))
        assert history.dataset_states(["a"], DAY, DAY).keys() == {("a", DAY)}

    reads()
    tried(
        AREA,
        "A dataset and a metric in MongoDB are spoilt by hand",
        "they are still sound, or unavailable with a reason; no number is NaN or infinite",
        times=many,
    )


FIELDS = json.loads(documents.snapshot_json(snapshot(), database="insights", cached_at=NOW))
# What looks newest of all to whoever compares only days and instants.
FUTURE = {"date": "9999-12-31", "created_at": "9999-12-31T00:00:00.000+00:00"}


def test_a_foreign_text_under_our_key_is_never_shown_and_never_stays(
    stack, redis, how_often, tried
):
    many = how_often(50, 2_000)
    newer = snapshot(created_at=COMPUTED.replace(year=2026))

    @settings(deadline=None, max_examples=many)
    @given(text=(spoilt(FIELDS) | spoilt(FIELDS | FUTURE) | JUNK).map(json.dumps))
    def reads_and_publishes(text):
        redis.set(LATEST_KEY, text)
        with open_latest(stack.redis_url, "insights") as latest:
            held = latest.read(CATEGORY)
            if held:
                assert all(map(math.isfinite, numbers_of(held)))
            replaced = latest.publish(newer, NOW)

            # Only a whole snapshot of a later day may stay.
            assert replaced or (held and held.date > newer.date)
            assert latest.read(CATEGORY) == (newer if replaced else held)

    reads_and_publishes()
    tried(
        AREA,
        "Spoilt or foreign JSON under the key of the latest snapshot",
        "it is not shown unless it is whole, and the next snapshot replaces it",
        times=many,
    )


HOSTILE = {
    "nothing": b"",
    "bytes": b"\xff\xfe\x00",
    "depth": b"[" * 200_000 + b"]" * 200_000,
    "deep fields": b'{"metrics":' * 100_000 + b"1" + b"}" * 100_000,
    "16 MB": json.dumps(FIELDS | FUTURE | {"composite_score": "7" * 2**24}).encode(),
    "NaN": json.dumps(FIELDS | FUTURE | {"composite_score": math.nan}).encode(),
    "-Infinity": json.dumps(FIELDS | FUTURE | {"coverage": -math.inf}).encode(),
    "1e309": json.dumps(FIELDS | FUTURE).replace("72.5", "1e309").encode(),
    "a million digits": json.dumps(FIELDS | FUTURE).replace("72.5", "7" * 10**6).encode(),
    "a text for a number": json.dumps(FIELDS | FUTURE | {"composite_score": "nan"}).encode(),
    "a later day of another shape": json.dumps(FUTURE).encode(),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_json_under_our_key_is_replaced(stack, redis, tried, text):
    redis.set(LATEST_KEY, text)

    with open_latest(stack.redis_url, "insights") as latest:
        assert latest.read(CATEGORY) is None
        assert latest.publish(snapshot(), NOW)
        assert latest.read(CATEGORY) == snapshot()
    tried(
        AREA,
        "Hostile JSON under the key of the latest snapshot: deep, 16 MB, NaN, 1e309",
        "it reads as nothing, and the next snapshot replaces it",
    )
