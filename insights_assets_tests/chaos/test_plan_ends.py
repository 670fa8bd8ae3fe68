"""A plan that ends in the middle of a run: the vendor grants some questions and refuses the rest.

What these tests guard against: an answer that is lost because the next one was refused, fewer
prices or hours taken for all of them, and a vendor that is asked on although it said no for good.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest

from insights_assets.simulator import refusals
from insights_assets.simulator.answer import Answer
from insights_assets.simulator.plan import PREMIUM
from insights_assets_tests.chaos.fault_checks import assert_plain
from insights_assets_tests.chaos.vendor_support import assert_a_part, question_of
from insights_assets_tests.support.vendor import (
    ALPHA_VANTAGE_DATASETS,
    NO_REDIS,
    reply,
    run,
    saying,
)

QUESTIONS = 14
PREMIUM_DATASETS = {"daily_bars", "intraday_bars"}
ENDS: dict[str, tuple[Answer, frozenset[str], str]] = {  # for some functions, or for all
    "the paid plan ends": (
        refusals.information(refusals.PREMIUM_ENDPOINT),
        PREMIUM,
        "plan does not include",
    ),
    "the day's requests are used up": (
        refusals.information(refusals.DAILY_LIMIT),
        frozenset(),
        "daily limit",
    ),
    "the key is withdrawn": (refusals.bad_key(), frozenset(), "ALPHA_VANTAGE_API_KEY"),
}


@dataclass
class EndingPlan:
    """Answers the first `granted` questions, and refuses what follows if it is of `functions`."""

    refusal: Answer
    functions: frozenset[str]
    granted: float
    answered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        question = question_of(handler.path)
        with self.lock:
            over = self.answered.total() + self.refused.total() >= self.granted
            no = over and (not self.functions or question.function in self.functions)
            (self.refused if no else self.answered)[question.dataset] += 1
        reply(self.refusal.body if no else question.body)(handler)


@pytest.fixture(scope="module")
def healthy():
    """What every dataset is, and how many questions it takes."""
    plan = EndingPlan(refusals.bad_key(), frozenset(), float("inf"))
    with saying(plan) as vendor:
        whole = run(vendor.url, NO_REDIS)
    assert plan.answered.total() == QUESTIONS
    return whole, plan.answered


def pytest_generate_tests(metafunc):
    """In small: before the first question, in the middle, and before the last one."""
    chaos = metafunc.config.getoption("--chaos")
    metafunc.parametrize("granted", range(QUESTIONS) if chaos else (0, 6, QUESTIONS - 1))


@pytest.fixture
def run_twice(stack, redis):
    """Run while the plan ends, and once more when everything is granted again."""

    def running(plan):
        with saying(plan) as vendor:
            first, answered = run(vendor.url, stack.redis_url, deadline=10), Counter(plan.answered)
            plan.granted = float("inf")
            return first, answered, run(vendor.url, stack.redis_url, deadline=10)

    return running


@pytest.mark.parametrize("end", ENDS)
def test_what_was_granted_is_kept_and_what_was_refused_is_named(
    end, granted, healthy, run_twice, tried
):
    refusal, functions, words = ENDS[end]
    whole, questions = healthy
    plan = EndingPlan(refusal, functions, granted)

    fetched, answered, again = run_twice(plan)

    for id_ in ALPHA_VANTAGE_DATASETS:
        if answered[id_] == questions[id_]:
            assert fetched[id_].data == whole[id_].data
        else:
            assert not functions or id_ in PREMIUM_DATASETS
            assert words in fetched[id_].reason
            assert_plain(fetched[id_].reason)
            assert_a_part(fetched[id_], whole[id_].data)
        if functions and answered[id_] < questions[id_]:
            assert plan.answered[id_] == answered[id_]  # a day has to pass, whoever asks
        else:
            assert again[id_].data == whole[id_].data
            # The bars of this month can still grow, and are asked for in each run.
            lacked = questions[id_] - answered[id_]
            assert plan.answered[id_] - answered[id_] == lacked or id_ == "intraday_bars"
    tried("Vendor", f"{end} in the middle of a run", "what was granted is used, the rest is named")
