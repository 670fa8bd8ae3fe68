"""FRED's wire: a path for each kind of question, and errors as JSON under HTTP 400.

An error is an object with `error_code` and `error_message`
(https://fred.stlouisfed.org/docs/api/fred/errors.html); more than 120 requests a minute are
answered with HTTP 429.
"""

import json

from insights_assets.vendors import errors
from insights_assets.vendors.query import Query
from insights_assets.vendors.wire import LONGEST_MESSAGE, Request, Wire, said

REQUESTS_PER_MINUTE = 120
MOST_VINTAGES = 2000  # of a series, in the real-time period of one request
WINDOW_YEARS = 7  # so long a period holds about 1,750 vintages of a daily series
MOST_ROWS = 100_000


def request(query: Query) -> Request:
    """Name the kind of question in the path; the answer is to be JSON."""
    return f"/{query.function}", {"file_type": "json", **query.params}


def check_body(label: str, status: int, body: str) -> None:
    """Raise the error that a body holds."""
    text = body.lstrip("\ufeff \t\r\n")
    message = _message(text)
    if message is not None:
        raise _meaning(label, message)
    if status != 200:
        return  # the status says it all
    if not text:
        raise errors.Unreadable(label, "the vendor answered with an empty body")
    if text.startswith("<"):
        raise errors.Unreadable(label, "the vendor answered with an HTML page instead of data")


def _message(text: str) -> str | None:
    """Return the message of an error body; data has none."""
    if not text.startswith("{") or len(text) > LONGEST_MESSAGE:
        return None
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return str(payload["error_message"]) if "error_message" in payload else None


def _meaning(label: str, message: str) -> errors.VendorError:
    quoted = said(message)
    lowered = message.lower()
    if "variable api_key" in lowered:  # not set, not registered, or not 32 letters and digits
        return errors.InvalidKey(
            label, f"the vendor does not accept the API key; check FRED_API_KEY ({quoted})"
        )
    if "vintage dates" in lowered:
        return errors.InvalidCall(
            label, f"the period asked for has more vintages than one request may hold ({quoted})"
        )
    if "rate limit" in lowered or "too many requests" in lowered:
        return errors.RateLimited(
            label,
            f"the vendor's limit of {REQUESTS_PER_MINUTE} requests a minute is met ({quoted})",
        )
    if "internal server error" in lowered:
        return errors.ServerFailure(label, f"the vendor has an error of its own ({quoted})")
    if "bad request" in lowered or "not found" in lowered:
        return errors.InvalidCall(label, f"the vendor does not know this request ({quoted})")
    return errors.Refused(label, f"the vendor refused ({quoted})")


WIRE = Wire(
    id="fred",
    title="FRED",
    host="api.stlouisfed.org",
    key_parameter="api_key",
    key_variable="FRED_API_KEY",
    url_variable="FRED_BASE_URL",
    key_page="https://fred.stlouisfed.org/docs/api/api_key.html",
    request=request,
    check_body=check_body,
)
