"""Alpha Vantage's wire: one URL for every function, and errors under HTTP 200.

An error is an object with one of `Note`, `Information` or `Error Message`, `{}` for an unknown
symbol, nothing at all, or a gateway's HTML page (https://www.alphavantage.co/documentation/).
"""

import json

from insights_assets.vendors import errors
from insights_assets.vendors.alpha_vantage.plans import PLANS
from insights_assets.vendors.alpha_vantage.refusals import meaning
from insights_assets.vendors.query import Query
from insights_assets.vendors.wire import LONGEST_MESSAGE, Request, Wire

MESSAGE_KEYS = ("Note", "Information", "Error Message")
NO_ARTICLES = "No articles found"


def request(query: Query) -> Request:
    """Name the function in a parameter."""
    return "", {"function": query.function, **query.params}


def check_body(label: str, status: int, body: str) -> None:
    """Raise the error that a body holds."""
    if status != 200:
        return  # the status says it all
    text = body.lstrip("\ufeff \t\r\n")
    if not text:
        raise errors.Unreadable(label, "the vendor answered with an empty body")
    if text.startswith("<"):
        raise errors.Unreadable(label, "the vendor answered with an HTML page instead of data")
    if text.rstrip() == "{}":
        raise errors.Malformed(label, "the vendor answered {}, its sign for an unknown symbol")
    message = _message(text)
    if message is not None and not message.startswith(NO_ARTICLES):
        raise meaning(label, message)


def _message(text: str) -> str | None:
    """Return the message of an error body; data has none."""
    if text.startswith("{"):
        # Data can be large and is parsed once, later; error bodies are short.
        if len(text) > LONGEST_MESSAGE:
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


WIRE = Wire(
    id="alpha_vantage",
    title="Alpha Vantage",
    host="www.alphavantage.co",
    key_parameter="apikey",
    key_variable="ALPHA_VANTAGE_API_KEY",
    url_variable="ALPHA_VANTAGE_BASE_URL",
    key_page="https://www.alphavantage.co/support/#api-key",
    request=request,
    check_body=check_body,
    plans=PLANS,
)
