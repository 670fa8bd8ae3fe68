"""Guards against a repair that comes too early, too often, twice at once, or never ends.

And against one that asks the vendor for more than what failed, or for what waiting cannot mend.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_assets.model.attempts import Attempts, Due, GivenUp, decide
from insights_assets.model.category import Category
from insights_assets.model.dates import NEW_YORK
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.repair import COMPLETE, Repair, Waiting, cache_lags, diagnose
from insights_assets.model.snapshot import MetricScore, Snapshot
from insights_assets.model.stored import StoredDataset, StoredDay
from insights_assets.settings import BACKOFF_MINUTES
from insights_assets_tests.support.category import SYNTHETIC
from insights_assets_tests.support.storage import snapshot

DAY = datetime(2026, 11, 20, tzinfo=NEW_YORK).date()
GRACE = timedelta(minutes=15)
WRITTEN = datetime(2026, 11, 20, 9, 30, 2, tzinfo=NEW_YORK)
COMPOSED = WRITTEN + timedelta(seconds=1)
BACKOFF = [timedelta(minutes=minutes) for minutes in BACKOFF_MINUTES]
FRESH = StoredDataset("fresh", WRITTEN)


def at(clock: str, day: str = "2026-11-20") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=NEW_YORK)


TEN = at("10:00")


def failed(cause, *, status="unavailable") -> StoredDataset:
    return StoredDataset(status, WRITTEN, cause, f"there was an {cause}")


def composed(*lacking: str, stale: tuple[str, ...] = ()) -> Snapshot:
    """A snapshot of the day without the metrics `lacking`, and with `stale` ones."""
    metrics = {
        m.id: MetricScore(50, "normal", 1.0, m.weight, "stale" if m.id in stale else "fresh", "")
        for m in SYNTHETIC.metrics
        if m.id not in lacking
    }
    return replace(
        snapshot(day=DAY, created_at=COMPOSED),
        metrics=metrics,
        unavailable=dict.fromkeys(lacking, Unavailable("why")),
    )


def stored(snapshot: Snapshot | None, **datasets: StoredDataset) -> StoredDay:
    everything = dict.fromkeys(SYNTHETIC.datasets, FRESH) | datasets
    return StoredDay(
        DAY, everything, {SYNTHETIC.id: snapshot} if snapshot else {}, ["ipo_calendar"]
    )


def diagnosis(day: StoredDay, now: datetime = TEN) -> Repair | Waiting:
    return diagnose(day, [SYNTHETIC], now, GRACE)


NEWS_LACKS = composed("headlines")


def test_a_complete_day_needs_nothing():
    assert diagnosis(stored(composed())) == Waiting(DAY, COMPLETE)


@pytest.mark.parametrize(
    ("now", "missing"),
    [("09:30", False), ("09:44:59", False), ("09:45", True), ("23:59", True)],
)
def test_a_day_without_a_snapshot_is_missing_from_a_quarter_to_ten(now, missing):
    repair = diagnosis(StoredDay(DAY, {}, {}), at(now))

    assert isinstance(repair, Repair) == missing
    if not missing:
        assert repair.why == "no snapshot yet, which is expected by 09:45 on 2026-11-20 New York"


def test_a_missing_day_that_was_never_fetched_is_fetched_wholly():
    repair = diagnosis(StoredDay(DAY, {}, {}))

    assert (repair.reason, set(repair.fetch)) == ("missing", set(SYNTHETIC.datasets))
    assert repair.finding == "there is no snapshot"


def test_a_missing_day_whose_vendor_has_used_up_its_day_says_when_it_is_asked_again():
    repair = diagnosis(stored(None, **dict.fromkeys(SYNTHETIC.datasets, failed("quota"))))

    assert repair.day == DAY
    assert repair.why.startswith("there is no snapshot; the vendor is asked again at 00:")


def test_a_missing_day_whose_datasets_are_stored_is_composed_without_the_vendor():
    repair = diagnosis(stored(None))

    assert (repair.reason, repair.fetch) == ("missing", ())
    assert set(repair.changed) == set(SYNTHETIC.datasets)


def test_a_missing_day_fetches_only_what_failed():
    causes = dict.fromkeys(SYNTHETIC.datasets[:4], failed("outage"))

    assert set(diagnosis(stored(None, **causes)).fetch) == set(causes)


def test_a_missing_day_that_only_an_operator_can_mend_is_not_repaired():
    repair = diagnosis(stored(None, **dict.fromkeys(SYNTHETIC.datasets, failed("refused"))))

    assert isinstance(repair, Waiting)
    assert "waiting will not help: daily_bars: there was an refused" in repair.why


def test_only_what_is_not_fresh_is_named_as_the_reason_to_give_up():
    causes = {id_: failed("refused") for id_ in SYNTHETIC.datasets if id_ != "daily_bars"}

    repair = diagnosis(stored(None, **causes))

    assert "there was an refused" in repair.why
    assert "daily_bars" not in repair.why


@pytest.mark.parametrize("cause", ["refused", "absent"])
def test_what_waiting_cannot_mend_is_not_repaired(cause):
    repair = diagnosis(stored(NEWS_LACKS, news_sentiment_feed=failed(cause)))

    assert isinstance(repair, Waiting)
    assert repair.why.startswith("the snapshot lacks headlines, and waiting will not help")


def test_an_outage_is_repaired_by_fetching_that_dataset_only():
    repair = diagnosis(stored(NEWS_LACKS, news_sentiment_feed=failed("outage")))

    assert repair == Repair(
        DAY,
        "incomplete",
        "the snapshot is incomplete for want of news_sentiment_feed",
        (SYNTHETIC.id,),
        fetch=("news_sentiment_feed",),
        changed=("news_sentiment_feed",),
        since=WRITTEN,
    )


@pytest.mark.parametrize(
    ("cause", "before", "after"),
    [
        ("quota", at("23:59"), at("00:00", "2026-11-21")),
        ("late", at("10:30"), at("10:30:02")),
    ],
)
def test_quota_waits_for_midnight_and_a_publication_for_the_cache(cause, before, after):
    day = stored(NEWS_LACKS, news_sentiment_feed=failed(cause))

    assert "the vendor is asked again at" in diagnosis(day, before).why
    assert diagnosis(day, after).fetch == ("news_sentiment_feed",)


@pytest.mark.parametrize("cause", ["outage", "quota"])
def test_the_calendar_of_a_past_day_is_not_asked_for(cause):
    day = stored(composed("offerings"), ipo_calendar=failed(cause))

    assert isinstance(diagnosis(day, at("00:00", "2026-11-21")), Waiting)


def test_the_calendar_is_asked_for_while_the_day_lasts():
    day = stored(composed("offerings"), ipo_calendar=failed("outage"))

    assert diagnosis(day, at("23:59")).fetch == ("ipo_calendar",)


def test_a_stale_dataset_is_replaced_if_its_fetch_failed_for_now():
    lacking = composed(stale=("slope", "shift"))
    stale, for_good = failed("outage", status="stale"), failed("refused", status="stale")

    assert diagnosis(stored(lacking, treasury_2y=stale)).fetch == ("treasury_2y",)
    assert isinstance(diagnosis(stored(lacking, treasury_2y=for_good)), Waiting)


@pytest.mark.parametrize("status", ["fresh", "partial"])
def test_a_dataset_that_arrived_after_the_snapshot_is_read_without_the_vendor(status):
    arrived = StoredDataset(status, COMPOSED + timedelta(seconds=1))

    repair = diagnosis(stored(NEWS_LACKS, news_sentiment_feed=arrived))

    assert (repair.fetch, repair.changed) == ((), ("news_sentiment_feed",))


def test_a_failed_dataset_that_no_metric_lacks_is_left_alone():
    assert diagnosis(stored(composed(), daily_bars=failed("outage"))) == Waiting(DAY, COMPLETE)


def test_categories_that_share_a_dataset_are_repaired_by_one_run():
    (shared,) = [metric for metric in SYNTHETIC.metrics if metric.id == "shift"]
    second = Category("macro", "Macro", "", (replace(shared, weight=1.0),), SYNTHETIC.bands)
    day = StoredDay(
        DAY,
        dict.fromkeys(SYNTHETIC.datasets, FRESH) | {"treasury_2y": failed("outage")},
        {SYNTHETIC.id: composed("shift", "slope"), "macro": composed(SYNTHETIC.metrics[0].id)},
    )

    repair = diagnose(day, [SYNTHETIC, second], at("10:00"), GRACE)

    assert repair.categories == (SYNTHETIC.id, "macro")
    assert repair.fetch == ("treasury_2y",)


@given(st.dictionaries(st.sampled_from(SYNTHETIC.datasets), st.sampled_from(["outage", "refused"])))
def test_a_fetch_names_what_failed_for_now_and_nothing_else(causes):
    lacking = [m.id for m in SYNTHETIC.metrics if causes.keys() & set(m.datasets)]
    day = stored(composed(*lacking), **{id_: failed(cause) for id_, cause in causes.items()})

    repair = diagnosis(day)

    wanted = {id_ for id_, cause in causes.items() if cause == "outage"}
    assert set(repair.fetch if isinstance(repair, Repair) else ()) == wanted


# Redis


def test_redis_is_behind_without_the_newest_snapshot():
    newest = snapshot(day=DAY, created_at=COMPOSED)
    older_day = replace(newest, date=DAY - timedelta(days=1))
    older_computation = replace(newest, created_at=WRITTEN)

    assert cache_lags(newest, newest) is None
    for held in (None, older_day, older_computation):
        assert cache_lags(newest, held).reason == "behind"


# Attempts

REPAIR = Repair(DAY, "incomplete", "it is incomplete", (SYNTHETIC.id,), since=WRITTEN)
ENDED = at("12:00")


def after(minutes: float) -> datetime:
    return ENDED + timedelta(minutes=minutes)


@pytest.mark.parametrize(("made", "minutes"), list(enumerate([5, 15, 45, 120, *[360] * 4])))
def test_attempts_back_off(made, minutes):
    attempts = Attempts(made, last_end=ENDED)

    assert isinstance(decide(REPAIR, attempts, BACKOFF, after(minutes - 0.1)), Waiting)
    assert decide(REPAIR, attempts, BACKOFF, after(minutes)) == Due(REPAIR, made + 1)


def test_after_eight_attempts_it_gives_up_and_says_so():
    decision = decide(REPAIR, Attempts(8, last_end=ENDED), BACKOFF, after(100_000))

    assert isinstance(decision, GivenUp)
    assert "8 attempts did not help" in decision.why


@given(st.integers(0, 20), st.integers(0, 10**6))
def test_never_two_at_once(made, minutes):
    attempts = Attempts(made, made, ENDED, running="the run 1234 of daily_snapshot (started)")

    decision = decide(REPAIR, attempts, BACKOFF, after(minutes))

    assert isinstance(decision, Waiting)
    assert "is on its way" in decision.why


def test_a_day_without_any_run_is_made_up_at_once():
    repair = replace(REPAIR, reason="missing", since=None)

    assert decide(repair, Attempts(), BACKOFF, ENDED) == Due(repair, 1)


def test_the_backoff_counts_from_what_was_stored_last_if_no_run_is_known():
    assert isinstance(decide(REPAIR, Attempts(), BACKOFF, WRITTEN), Waiting)
    assert isinstance(decide(REPAIR, Attempts(), BACKOFF, WRITTEN + timedelta(minutes=5)), Due)


@pytest.mark.parametrize(("made", "minutes"), [(0, 0), (1, 1), (2, 1), (3, 5), (4, 15)])
def test_redis_is_filled_at_once_and_soon_again(made, minutes):
    repair = replace(REPAIR, reason="behind", since=None)
    attempts = Attempts(made + 7, made, ENDED)  # seven more are older than a day

    assert decide(repair, attempts, BACKOFF, after(minutes)) == Due(repair, made + 8)
    assert minutes == 0 or isinstance(
        decide(repair, attempts, BACKOFF, after(minutes - 0.1)), Waiting
    )


def test_a_day_of_trouble_costs_at_most_eight_attempts_and_ends():
    made, last_end, instant = 0, WRITTEN.astimezone(UTC), WRITTEN.astimezone(UTC)
    for _ in range(3 * 24 * 60):
        instant += timedelta(minutes=1)
        decision = decide(REPAIR, Attempts(made, made, last_end), BACKOFF, instant)
        if isinstance(decision, Due):
            made, last_end = made + 1, instant
    assert made == len(BACKOFF) == 8
    assert timedelta(hours=24) < last_end - WRITTEN < timedelta(hours=28)
