"""What each kind of fault puts on the wire."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from insights_assets.simulator import fred, refusals, spoiled
from insights_assets.simulator.alpha_vantage.ipo_calendar import COLUMNS
from insights_assets.simulator.answer import Answer, csv_answer, csv_lines, json_answer

_LONGEST_HANG = 120

_REFUSALS = {
    "ratelimit": refusals.information(refusals.BURST_LIMIT),
    "burst2025": refusals.information(refusals.BURST_LIMIT_2025),
    "minutelimit": refusals.note(refusals.MINUTE_LIMIT),
    "dailylimit": refusals.information(refusals.DAILY_LIMIT),
    "premium": refusals.information(refusals.PREMIUM_ENDPOINT),
    "emptyobject": json_answer({}),
    "empty": Answer(b"", "application/json"),
    "html": Answer(
        b"<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>", "text/html"
    ),
    "malformed": json_answer(
        {
            "Meta Data": 3,
            "Time Series (Daily)": ["2025-01-02", 1.5],
            "Time Series (30min)": "soon",
            "data": {"date": 20250102},
            "items": [],
            "feed": {"title": 1},
        }
    ),
    # The vendor writes a refusal into CSV one character a column, as wide as the header.
    "csv_error": csv_answer(csv_lines([COLUMNS, tuple("Information")[: len(COLUMNS)]])),
}
_HTTP = {
    "http500": (500, "Internal Server Error"),
    "http429": (429, "Too Many Requests"),
    "http408": (408, "Request Timeout"),
    "http425": (425, "Too Early"),
    # A gateway in front of the vendor refuses, not the vendor.
    "http403": (403, "<!DOCTYPE html><html><title>Attention Required! | Cloudflare</title></html>"),
}


async def failed_response(kind: str, request: Request, healthy: Callable[[], Answer]) -> Response:
    """The response of a fault; `healthy` is what would have been answered without it."""
    if kind == "timeout":
        return await _hang(request)
    if kind == "disconnect":
        return await _hang_up(request)
    if kind in _HTTP:
        status, text = _HTTP[kind]
        kind_of_text = "text/html" if text.startswith("<") else "text/plain"
        return Response(text, status, media_type=kind_of_text)
    answer = _REFUSALS.get(kind) or _made_of_the_question(kind, request, healthy)
    return Response(answer.body, media_type=answer.media_type)


async def failed_fred(
    kind: str, request: Request, healthy: Callable[[], fred.FredAnswer]
) -> Response:
    """The response of a fault of FRED; `healthy` is what would have been answered without it."""
    match kind:
        case "http429":
            answer = fred.refusal(fred.RATE_LIMIT, 429)
        case "badkey":
            answer = fred.refusal(fred.UNREGISTERED_KEY)
        case "vintages":
            answer = fred.too_many_vintages(2004, date(1776, 7, 4), fred.LAST_DAY)
        case "invalid":
            answer = fred.refusal(fred.NO_SERIES)
        case "truncated":
            whole = healthy()
            answer = whole._replace(body=whole.body[: len(whole.body) // 2])
        case "malformed":
            answer = fred.FredAnswer(200, json.dumps({"observations": {"date": 1}}).encode())
        case _:
            return await failed_response(kind, request, lambda: json_answer({}))
    return Response(answer.body, answer.status, media_type="application/json")


def _made_of_the_question(kind: str, request: Request, healthy: Callable[[], Answer]) -> Answer:
    query = request.query_params
    match kind:
        case "dailylimit_with_key":
            text = refusals.DAILY_LIMIT_WITH_KEY.format(apikey=query.get("apikey", ""))
            return refusals.information(text)
        case "badkey":
            return refusals.bad_key(query.get("apikey", ""))
        case "invalid":
            return refusals.invalid_call(query.get("function", ""))
        case "truncated":
            answer = healthy()
            return answer._replace(body=answer.body[: len(answer.body) // 2])
        case _ if kind in spoiled.KINDS:
            return spoiled.spoil(kind, healthy())
        case _:
            raise ValueError(f"There is no fault of the kind {kind}.")


async def _hang(request: Request) -> Response:
    """Say nothing until the client gives up; a client that never does gets a 504."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_HANG):
            await _gone(request)
    return Response(status_code=504)


async def _hang_up(request: Request) -> Response:
    """Close the connection without a word; the server put it where this finds it."""
    request.state.transport.abort()
    await _gone(request)
    return Response()  # nobody is left to read it


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
