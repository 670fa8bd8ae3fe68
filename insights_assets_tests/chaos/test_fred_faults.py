"""FRED's series under every fault of it, over real sockets.

What these tests guard against: a revised or a later value in the place of the first one, an
answer to another window taken for the one asked for, and a series that takes others with it.
"""

import logging

import pytest

from insights_assets.model.outcomes import Dataset, Unavailable
from insights_assets_tests.chaos import fred_faults
from insights_assets_tests.chaos.fault_checks import BUSY_MACHINE, assert_plain, everything_logged
from insights_assets_tests.chaos.fred_faults import ANY_JSON, OF_ANY_VENDOR, fred_with
from insights_assets_tests.chaos.vendor_faults import FRESH, SAME
from insights_assets_tests.support.vendor import (
    KEY,
    NO_REDIS,
    one_try_only,
    reply,
    run,
    saying,
)

SERIES = tuple(fred_faults.DATASETS.values())
FAULTS = [fault for family in (*fred_faults.FAMILIES, *OF_ANY_VENDOR) for fault in family.faults]


@pytest.fixture(scope="module")
def vendor():
    """FRED with all faults, each at its own address; the address after them is healthy."""
    with saying(fred_with([*(fault.say for fault in FAULTS), lambda q: reply(q.body)])) as server:
        yield server


@pytest.fixture(scope="module")
def healthy(vendor):
    """What every series is without a fault."""
    return run_of(vendor, len(FAULTS), "none", deadline=10)


def run_of(vendor, number, series, deadline):
    url = vendor.url.replace("/query", f"/{number}/{series}")
    return run(url, NO_REDIS, ids=SERIES, vendor="fred", deadline=deadline)


def pytest_generate_tests(metafunc):
    """In small: one in nine of the faults that only FRED has."""
    if "fault" not in metafunc.fixturenames:
        return
    chaos = metafunc.config.getoption("--chaos")
    some = FAULTS if chaos else [f for family in fred_faults.FAMILIES for f in family.faults[::9]]
    metafunc.parametrize("fault", some, ids=lambda f: f"{f.family.what[:30]}: {f.name}")


@pytest.fixture
def run_under(vendor, how_often, monkeypatch):
    """Run all series, one of them under a fault: another one for each fault."""

    def running(fault):
        number = FAULTS.index(fault)
        hit = SERIES[number % len(SERIES)]
        deadline = 2.0 if fault.family.slow or fault.family.passing else 10.0
        if how_often(1, 0):
            one_try_only(monkeypatch)
        outcome = run_of(vendor, number, hit, deadline)
        assert outcome.seconds < deadline + BUSY_MACHINE
        assert not fault.family.passing or outcome.requests > how_often(0, len(SERIES))
        return hit, outcome

    return running


def test_a_fault_of_fred_costs_the_series_it_hits_and_nothing_is_invented(
    fault, run_under, healthy, caplog, tried
):
    with caplog.at_level(logging.DEBUG):
        hit, fetched = run_under(fault)

    assert KEY.lower() not in everything_logged(caplog).lower()
    assert_as_stated(fault, fetched[hit], healthy[hit].data)
    for other in set(SERIES) - {hit}:
        if isinstance(fetched[other], Dataset):
            assert fetched[other].data == healthy[other].data
        else:  # a key that is refused is refused for all
            assert fetched[other] == fetched[hit]
            assert "FRED_API_KEY" in fetched[hit].reason
    tried("Vendor", fault.family.what, fault.family.happened)


def assert_as_stated(fault, outcome, data):
    """Compare the outcome with what the fault's table says of it."""
    stated = fault.outcomes[ANY_JSON]
    assert KEY.lower() not in repr(outcome).lower()
    if isinstance(outcome, Unavailable):
        assert outcome.cause == stated, outcome
        assert_plain(outcome.reason)
        assert fault.words in outcome.reason
        return
    was, now = (
        dict(zip(stated.observations.dates, stated.observations.values, strict=True))
        for stated in (data, outcome.data)
    )
    if stated == SAME:
        assert now == was
    else:  # fewer of the rows, and older ones in their place
        assert stated == FRESH, outcome.reason
        assert {day: now[day] for day in now.keys() & was.keys()}.items() < was.items()
