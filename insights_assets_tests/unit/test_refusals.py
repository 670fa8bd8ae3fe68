"""What the vendor's refusals of 2025-12 to 2026-09 mean, in its own recorded words.

What these tests guard against: a burst limit that is taken for a premium function because its sales
text says "premium", so that what is free is never asked for again.
"""

import json
from pathlib import Path

import pytest

from insights_assets.model.outcomes import Cause
from insights_assets.vendors import errors
from insights_assets.vendors.alpha_vantage.refusals import meaning

WORDINGS = Path(__file__).parents[1] / "data" / "refusals"
MEANINGS: dict[str, tuple[type[errors.VendorError], Cause]] = {
    "information_burst_2025_12": (errors.RateLimited, "outage"),
    "information_burst_2026": (errors.RateLimited, "outage"),
    "information_burst_5_per_second": (errors.RateLimited, "outage"),
    "information_demo_key": (errors.InvalidKey, "refused"),
    "information_invalid_inputs": (errors.InvalidCall, "refused"),
    "information_minute_limit": (errors.RateLimited, "outage"),
    "information_outputsize_full_premium": (errors.PremiumEndpoint, "refused"),
    "information_realtime_premium": (errors.PremiumEndpoint, "refused"),
}


def said(name):
    (sentence,) = json.loads((WORDINGS / f"{name}.json").read_text()).values()
    return sentence


@pytest.mark.parametrize("name", MEANINGS)
def test_each_recorded_refusal_means_what_it_says_of_this_request(name):
    error = meaning("LABEL", said(name))

    assert (type(error), error.cause) == MEANINGS[name]
    assert said(name) in str(error)


def test_a_sentence_longer_than_any_that_is_known_is_cut():
    sentence = meaning("LABEL", "This is a premium endpoint. " + "x" * 3000)

    assert type(sentence) is errors.PremiumEndpoint
    assert len(sentence.finding) < 600
    assert sentence.finding.endswith('x…")')


def test_every_recorded_wording_is_tried():
    assert {*MEANINGS, "information_no_articles"} == {p.stem for p in WORDINGS.glob("*.json")}


@pytest.mark.parametrize(
    ("name", "spacing", "days"),
    [
        ("information_burst_2025_12", 1.2, 1),
        ("information_burst_2026", 1.2, 1),
        ("information_burst_5_per_second", 0.24, 0),
    ],
)
def test_a_burst_says_how_far_apart_requests_belong_and_a_free_key_s_is_remembered(
    name, spacing, days
):
    error = meaning("LABEL", said(name))

    assert error.spacing == pytest.approx(spacing)
    assert error.lasting // 86_400 == days
    assert ("set ALPHA_VANTAGE_PLAN=free" in error.finding) == bool(days)
