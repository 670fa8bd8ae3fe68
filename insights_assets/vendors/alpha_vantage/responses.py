"""From the vendor's bytes to a body that can be parsed, or to the error they mean.

Alpha Vantage reports its errors under HTTP 200: an object with one of `Note`, `Information` or
`Error Message`, `{}`, nothing at all, or a gateway's HTML page.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from insights_assets.model.dates import CLOCKS_DIFFER
from insights_assets.model.outcomes import Source
from insights_assets.model.sanitize import one_line
from insights_assets.vendors import errors

MESSAGE_KEYS = ("Note", "Information", "Error Message")
NO_ARTICLES = "No articles found"


class Answer(NamedTuple):
    """A body that holds no error, and where and when it was had."""

    body: str
    source: Source
    fetched_at: datetime


def check_status(label: str, status: int) -> None:
    """Raise what an HTTP status means; 200 means nothing yet."""
    if status == 429:
        raise errors.RateLimited(label, "the vendor answered HTTP 429, too many requests")
    if status >= 500:
        raise errors.ServerFailure(label, f"the vendor answered HTTP {status}")
    if 300 <= status < 400:
        raise errors.InvalidCall(
            label,
            f"the vendor answered with a redirect (HTTP {status}), which is never followed because"
            " the key would travel with it; check ALPHA_VANTAGE_BASE_URL",
        )
    if status != 200:
        raise errors.InvalidCall(
            label, f"the vendor answered HTTP {status}; check ALPHA_VANTAGE_BASE_URL"
        )


def check_clock(label: str, sent: str, now: datetime) -> None:
    """Raise if the time `sent`, as a Date header tells it, is far from `now`.

    What is read today would else be stored as known on another day.
    """
    try:
        vendors = parsedate_to_datetime(sent).replace(tzinfo=UTC)  # HTTP knows no other zone
    except ValueError:
        return
    ahead = now - vendors
    if abs(ahead) > CLOCKS_DIFFER:
        side = "ahead of" if ahead > timedelta(0) else "behind"
        raise errors.WrongClock(
            label,
            f"this machine's clock is {abs(ahead) / timedelta(hours=1):.0f} hours {side} the"
            f" vendor's, which says {vendors:%Y-%m-%d %H:%M} UTC; set it",
        )


def check_body(label: str, body: str, api_key: str) -> None:
    """Raise the error that a body of HTTP 200 holds; the key in its text is masked."""
    text = body.lstrip("\ufeff \t\r\n")
    if not text:
        raise errors.Unreadable(label, "the vendor answered with an empty body")
    if text.startswith("<"):
        raise errors.Unreadable(label, "the vendor answered with an HTML page instead of data")
    message = _message(text)
    if message is not None and not message.startswith(NO_ARTICLES):
        raise _meaning(label, masked(message, api_key))


def masked(text: str, api_key: str) -> str:
    """Return `text` without the key: some of the vendor's messages repeat it."""
    text = re.sub(r"(?i)(api key as )\S+", r"\1***", text)
    return re.sub(re.escape(api_key), "***", text, flags=re.IGNORECASE) if api_key else text


def parse_json(label: str, body: str) -> dict[str, Any]:
    """Read a JSON object; an error where it is cut off, empty or something else."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise errors.Unreadable(label, "the vendor's answer is not complete JSON") from None
    if not isinstance(payload, dict):
        raise errors.Malformed(label, "the vendor's answer is not a JSON object")
    if not payload:
        raise errors.Malformed(label, "the vendor answered {}, its sign for an unknown symbol")
    return payload


def _message(text: str) -> str | None:
    """Return the message of an error body; data has none."""
    if text.startswith("{"):
        # Data can be large and is parsed once, later; error bodies are short.
        if len(text) > 4000:
            return None
        try:
            payload = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return next((str(payload[key]) for key in MESSAGE_KEYS if key in payload), None)
    # On a CSV function an error can arrive as a header and a row of single letters.
    letters = text.partition("\n")[2].partition("\n")[0].strip().replace(",", "")
    spelled = next((key for key in MESSAGE_KEYS if letters and key.startswith(letters)), None)
    return f"{spelled}: an error broken into CSV cells, as for a rate limit" if spelled else None


def _meaning(label: str, message: str) -> errors.VendorError:
    said = f'the vendor says "{one_line(message)[:300]}"'
    lowered = message.lower()
    if "apikey is invalid" in lowered or "api key is invalid" in lowered:
        return errors.InvalidKey(
            label, f"the vendor does not accept the API key; check ALPHA_VANTAGE_API_KEY ({said})"
        )
    if "invalid api call" in lowered or "does not exist" in lowered:
        return errors.InvalidCall(label, f"the vendor does not know this request ({said})")
    if "premium endpoint" in lowered or "premium feature" in lowered:
        return errors.PremiumEndpoint(
            label, f"the key's plan does not include this function; a premium plan does ({said})"
        )
    if "per second" in lowered or "per minute" in lowered or "broken into csv" in lowered:
        return errors.RateLimited(
            label,
            "the vendor's rate limit is exceeded; INSIGHTS_REQUESTS_PER_MINUTE should be the"
            f" plan's ({said})",
        )
    if "per day" in lowered or "daily rate limit" in lowered:
        limit = re.search(r"(\d+) requests per day", lowered)
        count = f" of {limit[1]} requests" if limit else ""
        return errors.DailyLimitReached(
            label,
            f"the vendor's daily limit{count} is used up; the next try makes sense after midnight"
            " New York",
        )
    return errors.Refused(label, f"the vendor refused ({said})")
