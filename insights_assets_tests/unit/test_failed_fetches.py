"""Guards against a button that asks for what nobody can give, or leaves out what failed."""

from datetime import date

import pytest

from insights_assets.model.failed_fetches import failed_fetches
from insights_assets.model.outcomes import Unavailable
from insights_assets_tests.support.category import NARROW, SYNTHETIC
from insights_assets_tests.support.storage import dataset

DAY = date(2026, 3, 2)
THERE = {DAY: dataset()}


def lacking(cause):
    return {DAY: Unavailable("no answer", cause)}


def failed_of(fetched, stored, *categories):
    failed = failed_fetches(fetched, stored, categories, [DAY])
    return {id_: by_day[DAY].cause for id_, by_day in failed.items()}


def whole(category=SYNTHETIC):
    return dict.fromkeys(category.datasets, THERE)


@pytest.mark.parametrize(
    ("cause", "again"),
    [("outage", True), ("quota", True), ("data", True), ("refused", False), ("late", False)],
)
def test_beside_a_snapshot_only_what_failed_for_a_passing_reason_is_asked_for_again(cause, again):
    fetched = {**whole(), "treasury_2y": lacking(cause)}

    assert failed_of(fetched, {}, SYNTHETIC) == ({"treasury_2y": cause} if again else {})


def test_without_a_snapshot_all_that_the_vendor_did_not_give_is_asked_for_again():
    fetched = {"treasury_2y": lacking("refused"), "ipo_calendar": lacking("absent")}

    assert failed_of(fetched, {}, NARROW) == {"treasury_2y": "refused"}


def test_what_is_stored_counts_beside_what_was_fetched():
    fetched = {"treasury_2y": lacking("refused")}

    assert failed_of(fetched, {"ipo_calendar": THERE}, NARROW) == {}
    assert failed_of(fetched, {"ipo_calendar": lacking("absent")}, NARROW) == {
        "treasury_2y": "refused"
    }
