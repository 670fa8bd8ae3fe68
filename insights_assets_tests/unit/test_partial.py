"""Partial data, from the dataset to the repair: a symbol or a session that is missing is told.

What these tests guard against: a snapshot with coverage 1.0 and another number, because one of four
symbols was missing and nobody was told.
"""

from datetime import UTC, date, datetime, time, timedelta

from insights_assets.datasets import daily_bars, intraday_bars
from insights_assets.datasets.fetching import Fetched, most_urgent, outcome
from insights_assets.datasets.history import History, Observations
from insights_assets.datasets.intraday_bars import SessionBars, SessionHistory
from insights_assets.model.dates import previous_session
from insights_assets.model.fallback import fall_back
from insights_assets.model.outcomes import Dataset, Unavailable
from insights_assets.model.stored import StoredDataset

DAY = date(2025, 1, 8)
FETCHED_AT = datetime(2025, 1, 8, 15, tzinfo=UTC)
OUTAGE = Unavailable("the vendor answered HTTP 500", "outage")


def prices(newest=date(2025, 1, 7)):
    days = sorted(newest - timedelta(days=n) for n in range(10))
    return History(Observations(tuple(days), (130.0,) * 10))


def daily(histories):
    fetched = [Fetched(history, "simulator", FETCHED_AT) for history in histories.values()]
    data = daily_bars.known(histories, DAY)
    return outcome(data, fetched, daily_bars.gaps(histories, DAY))


def intraday(starts, session=date(2025, 1, 7)):
    flat = (130.0,) * len(starts)
    history = SessionHistory({session: SessionBars(tuple(starts), flat, flat)}, {})
    data = intraday_bars.known({"NVDA": history}, DAY)
    return outcome(
        data,
        [Fetched(history, "simulator", FETCHED_AT)],
        intraday_bars.gaps({"NVDA": history}, data, DAY),
    )


HALF_HOURS = [time(9 + (30 + 30 * n) // 60, (30 + 30 * n) % 60) for n in range(13)]


def test_a_symbol_that_failed_makes_the_dataset_partial_and_is_named():
    outcome = daily({"NVDA": OUTAGE, "MSFT": prices()})

    assert (outcome.quality, outcome.cause) == ("partial", "outage")
    assert outcome.reason == "NVDA: the vendor answered HTTP 500"


def test_a_symbol_without_the_newest_session_makes_the_dataset_partial():
    outcome = daily({"NVDA": prices(date(2025, 1, 6)), "MSFT": prices()})

    assert (outcome.quality, outcome.cause) == ("partial", "late")
    assert "NVDA: its session of 2025-01-07 is not there yet" in outcome.reason


def test_everything_there_is_fresh():
    assert daily({"NVDA": prices(), "MSFT": prices()}).quality == "fresh"
    assert intraday(HALF_HOURS).quality == "fresh"


def test_half_a_session_is_partial():
    outcome = intraday(HALF_HOURS[:6])

    assert (outcome.quality, outcome.cause) == ("partial", "late")
    assert outcome.reason == "NVDA: only 6 of 13 half hours of 2025-01-07 are there"


def test_a_symbol_without_the_newest_session_or_any_makes_the_bars_partial_and_is_named():
    flat = (130.0,) * len(HALF_HOURS)

    def of(session):
        return SessionHistory({session: SessionBars(tuple(HALF_HOURS), flat, flat)}, {})

    whole, behind = of(date(2025, 1, 7)), of(date(2025, 1, 6))
    histories = {"NVDA": whole, "AMD": whole, "MSFT": behind, "PLTR": OUTAGE}
    data = intraday_bars.known(histories, DAY)

    assert intraday_bars.gaps(histories, data, DAY) == {
        "MSFT": Unavailable("no bars of the session of 2025-01-07", "late"),
        "PLTR": OUTAGE,
    }


def test_a_session_two_days_old_is_partial():
    outcome = intraday(HALF_HOURS, previous_session(date(2025, 1, 7)))

    assert outcome.quality == "partial"
    assert "its session of 2025-01-07 is not there yet" in outcome.reason


def test_what_was_stored_whole_for_a_day_is_not_replaced_by_a_part_of_it():
    whole = daily({"NVDA": prices(), "MSFT": prices()})
    part = daily({"NVDA": OUTAGE, "MSFT": prices()})

    assert fall_back(part, DAY, {DAY: whole}, max_staleness=4, max_age=5) == whole
    assert fall_back(part, DAY, {}, max_staleness=4, max_age=5) == part
    assert fall_back(OUTAGE, DAY, {DAY: part}, max_staleness=4, max_age=5) == part
    assert isinstance(whole, Dataset)


def test_a_partial_dataset_is_asked_for_again_where_waiting_helps():
    stored = StoredDataset("partial", FETCHED_AT, "outage", "NVDA: HTTP 500")

    assert stored.asked_again_at() == FETCHED_AT
    assert StoredDataset("partial", FETCHED_AT, "refused").asked_again_at() is None


def test_what_is_most_urgent_is_the_cause_and_bad_data_where_nothing_is():
    bad, old = Unavailable("half a page"), Unavailable("other columns", "outdated")

    assert most_urgent({"NVDA": bad, "AMD": Unavailable("25 a day", "quota")}) == "quota"
    assert most_urgent({"NVDA": old}) == "data"
