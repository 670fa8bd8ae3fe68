"""Every dataset under every fault of the vendor, over real sockets.

What these tests guard against: a fault that becomes a number nobody measured, a reason that no
operator understands, a key in a log, a run that outlives its deadline, and one faulty dataset
that takes another with it.
"""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from insights_assets.model.outcomes import Dataset, Unavailable
from insights_assets.vendors.pace import LONGEST_SPACING
from insights_assets_tests.chaos import vendor_faults, vendor_payloads
from insights_assets_tests.chaos.fault_checks import BUSY_MACHINE, assert_plain, everything_logged
from insights_assets_tests.chaos.vendor_faults import APART, FRESH, PARTIAL, SAME
from insights_assets_tests.chaos.vendor_support import (
    assert_a_part,
    observations_of,
    question_of,
    sent,
    vendor_with,
)
from insights_assets_tests.support.storage import closed_port
from insights_assets_tests.support.vendor import (
    ALPHA_VANTAGE_DATASETS,
    KEY,
    NO_REDIS,
    one_try_only,
    reply,
    run,
    saying,
)

FAULTS = [
    fault
    for family in (*vendor_faults.FAMILIES, *vendor_payloads.FAMILIES)
    for fault in family.faults
]
KEY_WIDE = ("daily limit", "ALPHA_VANTAGE_API_KEY")  # they end the questions of all datasets


@pytest.fixture(scope="module")
def vendor():
    """A vendor with all faults, each at its own address; the address after them is healthy."""
    with saying(vendor_with([*(fault.say for fault in FAULTS), lambda q: reply(q.body)])) as server:
        yield server


@pytest.fixture(scope="module")
def healthy(vendor):
    """What every dataset is without a fault."""
    return run(vendor.url.replace("/query", f"/{len(FAULTS)}/none/query"), NO_REDIS)


def pytest_generate_tests(metafunc):
    """In small: one fault in three of each family."""
    if "number" not in metafunc.fixturenames:
        return
    some = {
        fault
        for family in (*vendor_faults.FAMILIES, *vendor_payloads.FAMILIES)
        for fault in family.faults[:: 1 if metafunc.config.getoption("--chaos") else 3]
    }
    numbers = [number for number, fault in enumerate(FAULTS) if fault in some]
    names = [f"{fault.family.what[:30]}: {fault.name}" for fault in FAULTS if fault in some]
    metafunc.parametrize("number", numbers, ids=names)


@pytest.fixture
def runs_under(vendor, how_often, monkeypatch, request):
    """Run each dataset that knows a fault with it, the other datasets healthy beside it.

    In small: one dataset, another for each fault, asked once and alone.
    """

    def running(number):
        fault = FAULTS[number]
        hit = [id_ for id_ in ALPHA_VANTAGE_DATASETS if fault.outcomes[id_] != APART]
        hit = how_often([hit[number % len(hit)]], hit)
        awaited = fault.family.slow or fault.family.passing
        deadline = how_often(0.4 if fault.family.slow else 3.0, 2.0) if awaited else 10.0
        if not request.config.getoption("--chaos"):
            one_try_only(monkeypatch)

        def run_with(id_):
            url = vendor.url.replace("/query", f"/{number}/{id_}/query")
            return run(
                url, NO_REDIS, ids=how_often([id_], ALPHA_VANTAGE_DATASETS), deadline=deadline
            )

        vendor.paths.clear()
        with ThreadPoolExecutor(len(hit)) as pool:
            runs = dict(zip(hit, pool.map(run_with, hit), strict=True))
        # To wait for a pace is no time that the vendor took, and the last wait can be the longest.
        longest = deadline + BUSY_MACHINE + (LONGEST_SPACING if fault.family.paced else 0)
        assert max(fetched.seconds for fetched in runs.values()) < longest
        if fault.family.passing:
            assert all(
                run.requests > how_often(0, len(ALPHA_VANTAGE_DATASETS)) for run in runs.values()
            )
        return runs, list(vendor.paths)

    return running


def test_a_fault_costs_the_dataset_it_hits_and_nothing_is_invented(
    number, runs_under, healthy, caplog, tried
):
    fault = FAULTS[number]

    with caplog.at_level(logging.DEBUG):
        runs, paths = runs_under(number)

    assert KEY.lower() not in everything_logged(caplog).lower()
    for id_, fetched in runs.items():
        assert_as_stated(fault, id_, fetched[id_], healthy, paths)
        assert_others_unharmed(fetched, id_, healthy)
    tried("Vendor", fault.family.what, fault.family.happened, times=len(runs))


def assert_as_stated(fault, id_, outcome, healthy, paths):
    """Compare the outcome with what the fault's table says of it."""
    stated = fault.outcomes[id_]
    assert KEY.lower() not in repr(outcome).lower()
    if isinstance(outcome, Unavailable):
        assert outcome.cause == stated, outcome
        assert_plain(outcome.reason)
        assert fault.words in outcome.reason
        return
    assert outcome.quality == (PARTIAL if stated == PARTIAL else FRESH)
    assert outcome.source == "simulator"
    if stated == SAME:
        assert outcome.data == healthy[id_].data
    else:
        assert stated in {FRESH, PARTIAL}, outcome.reason
        asked = [question_of(path) for path in paths if f"/{id_}/" in path]
        bodies = [(q, fault.body(q)) for q in asked if q.dataset == id_]
        rows = {
            row
            for question, body in bodies
            for row in sent(question, body if isinstance(body, bytes) else body.encode())
        }
        assert set(observations_of(outcome.data)) <= rows


def assert_others_unharmed(fetched, hit, healthy):
    for id_ in fetched.outcomes.keys() - {hit}:
        other, whole = fetched[id_], healthy[id_].data
        if isinstance(other, Dataset) and other.quality == "fresh":
            assert other.data == whole
        else:  # what holds for the key ended its questions in the middle
            assert any(words in other.reason and words in fetched[hit].reason for words in KEY_WIDE)
            assert_a_part(other, whole)


def test_a_refused_connection_costs_the_run_every_dataset_and_no_more_than_its_deadline(tried):
    fetched = run(f"http://127.0.0.1:{closed_port()}/query", NO_REDIS, deadline=0.6)

    for id_ in ALPHA_VANTAGE_DATASETS:
        assert fetched[id_].cause == "outage"
        assert "check the network and ALPHA_VANTAGE_BASE_URL" in fetched[id_].reason
    assert fetched.requests > 11
    assert fetched.seconds < 0.6 + BUSY_MACHINE
    lost = vendor_faults.LOST
    tried("Vendor", lost.what, lost.happened, times=len(ALPHA_VANTAGE_DATASETS))
