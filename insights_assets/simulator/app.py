"""The routes: the vendor's `/query`, and what tests and operators need beside it."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insights_assets.simulator import fred
from insights_assets.simulator.alpha_vantage import AlphaVantage
from insights_assets.simulator.failures import failed_fred, failed_response
from insights_assets.simulator.faults import FaultPlan
from insights_assets.simulator.market_days import new_york_now
from insights_assets.simulator.options import SimulatorOptions
from insights_assets.simulator.plan import PLANS, Meter
from insights_assets.simulator.recorded import RecordedSource
from insights_assets.simulator.request_log import RequestLog
from insights_assets.simulator.source import Source
from insights_assets.simulator.synthetic import SyntheticSource


def create_app(
    options: SimulatorOptions, clock: Callable[[], datetime] = new_york_now
) -> Starlette:
    """The simulator as an ASGI app; `clock` lets a test choose the vendor's New York time.

    The faults `disconnect` and `timeout` need the connection, which `server.py` provides.
    """
    source: Source = (
        RecordedSource(options.data)
        if options.data
        else SyntheticSource(options.seed, options.articles_per_day)
    )
    vendor = AlphaVantage(source, clock, options.until)
    handlers = _Handlers(vendor, fred.Fred(source, clock, options.until), options, clock)
    return Starlette(
        routes=[
            Route("/query", handlers.query),
            Route(f"/fred/{fred.FUNCTION}", handlers.fred),
            Route("/stats", handlers.stats),
            Route("/reset", handlers.reset, methods=["POST"]),
            Route("/faults", handlers.replace_faults, methods=["PUT"]),
            Route("/healthz", handlers.healthz),
        ],
        middleware=[Middleware(_SourceHeader, source=source.name)],
    )


class _Handlers:
    """Takes the questions in: waits, fails where it was told to, else asks the vendor."""

    def __init__(
        self,
        vendor: AlphaVantage,
        fred_: fred.Fred,
        options: SimulatorOptions,
        clock: Callable[[], datetime],
    ) -> None:
        self._vendor = vendor
        self._fred = fred_
        self._latency = options.latency_ms / 1000
        self._faults = FaultPlan(options.faults)
        self._log = RequestLog()
        self._meter = Meter(PLANS[options.plan], clock) if options.plan else None

    async def query(self, request: Request) -> Response:
        query = dict(request.query_params)
        with self._log.watching(query):
            fault = self._faults.take(query)
            refusal = self._meter.refusal(query) if self._meter else None
            await asyncio.sleep(self._latency)
            if refusal:
                return Response(refusal.body, media_type=refusal.media_type)
            if fault:
                return await failed_response(fault, request, lambda: self._vendor.answer(query))
            answer = self._vendor.answer(query)
            return Response(answer.body, media_type=answer.media_type)

    async def fred(self, request: Request) -> Response:
        query = {"function": fred.FUNCTION, **request.query_params}
        with self._log.watching(query):
            fault = self._faults.take(query)
            await asyncio.sleep(self._latency)
            if fault:
                return await failed_fred(fault, request, lambda: self._fred.answer(query))
            answer = self._fred.answer(query)
            return Response(answer.body, answer.status, media_type="application/json")

    async def stats(self, _request: Request) -> Response:
        refused = self._meter.refused_for_speed if self._meter else 0
        return JSONResponse({**self._log.summary(), "refused_for_speed": refused})

    async def reset(self, _request: Request) -> Response:
        self._log.clear()
        if self._meter:
            self._meter.refused_for_speed = 0
        return Response(status_code=204)

    async def replace_faults(self, request: Request) -> Response:
        try:
            texts = _list_of_texts(await request.body())
            self._faults = FaultPlan(texts)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"faults": texts})

    async def healthz(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})


def _list_of_texts(body: bytes) -> tuple[str, ...]:
    with suppress(ValueError):
        texts = json.loads(body)
        if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
            return tuple(texts)
    raise ValueError("The faults must be a JSON list of texts.")


class _SourceHeader:
    """Says on every answer that it is not the vendor's, errors and control answers included."""

    def __init__(self, app: ASGIApp, source: str) -> None:
        self._app = app
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Insights-Source"] = self._source
            await send(message)

        await self._app(scope, receive, send_marked)
