"""What Alpha Vantage's refusals mean, told by what they say about this request.

Each row is a sign and its meaning; the first that fits counts. The sales text behind a refusal
names premium endpoints and daily limits whatever the refusal is about: the signs of a burst come
first, and "premium" counts only where the function itself is said to be premium. The wordings are
those recorded from 2023 to September 2026; the tests hold each of them.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from insights_assets.model.sanitize import one_line
from insights_assets.vendors import errors
from insights_assets.vendors.wire import said

FREE_SPACING = 1.2  # seconds between requests, where one a second is granted
MINUTE_SPACING = 2.0
A_MINUTE, A_DAY = 60, 24 * 3600

Meaning: TypeAlias = Callable[[str, str], errors.VendorError]
"""The label of the request and the vendor's sentence in; the error it means out."""


def meaning(label: str, message: str) -> errors.VendorError:
    """Return what the vendor's sentence means for this request; the whole sentence is kept."""
    sentence = one_line(message)
    for sign, means in SIGNS:
        if re.search(sign, sentence, re.IGNORECASE):
            return means(label, sentence)
    return errors.Refused(label, f"the vendor refused ({said(sentence)})")


def _burst(label: str, sentence: str) -> errors.VendorError:
    """The next requests have to be further apart; a free key's words say which plan it has."""
    limit = re.search(r"(\d+) requests? per second", sentence)
    free = "free API requests" in sentence
    advice = "; with a free key set ALPHA_VANTAGE_PLAN=free" if free else ""
    return errors.RateLimited(
        label,
        f"the vendor grants fewer requests at once{advice} ({said(sentence)})",
        spacing=FREE_SPACING / int(limit[1]) if limit else FREE_SPACING,
        lasting=A_DAY if free else A_MINUTE,
    )


def _minute(label: str, sentence: str) -> errors.VendorError:
    return errors.RateLimited(
        label,
        "the vendor's rate limit is exceeded; INSIGHTS_REQUESTS_PER_MINUTE should be the plan's"
        f" ({said(sentence)})",
        spacing=MINUTE_SPACING,
        lasting=A_MINUTE,
    )


def _bad_key(label: str, sentence: str) -> errors.VendorError:
    return errors.InvalidKey(
        label,
        f"the vendor does not accept the API key; check ALPHA_VANTAGE_API_KEY ({said(sentence)})",
    )


def _premium(label: str, sentence: str) -> errors.VendorError:
    return errors.PremiumEndpoint(
        label,
        "the key's plan does not include this function; a premium plan does, and with a free key"
        f" ALPHA_VANTAGE_PLAN=free keeps it from being asked for ({said(sentence)})",
    )


def _daily(label: str, sentence: str) -> errors.VendorError:
    limit = re.search(r"(\d+) requests per day", sentence, re.IGNORECASE)
    count = f" of {limit[1]} requests" if limit else ""
    return errors.DailyLimitReached(
        label,
        f"the vendor's daily limit{count} is used up; the next try makes sense after midnight"
        " New York",
    )


def _doubtful(label: str, sentence: str) -> errors.VendorError:
    return errors.DoubtfulCall(label, f"the vendor does not know this request ({said(sentence)})")


def _invalid(label: str, sentence: str) -> errors.VendorError:
    return errors.InvalidCall(label, f"the vendor does not know this request ({said(sentence)})")


SIGNS: tuple[tuple[str, Meaning], ...] = (
    (r"spreading out your|burst pattern|per second", _burst),
    (r"minute-level|per minute|broken into CSV", _minute),
    (r"api ?key is invalid|the \*\*demo\*\* API key", _bad_key),
    (r"is a premium (endpoint|feature)", _premium),
    (r"invalid API call.*please retry", _doubtful),
    (r"invalid API call|invalid inputs|does not exist", _invalid),
    (r"per day|daily rate limit", _daily),
)
