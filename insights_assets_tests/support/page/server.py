"""The page as the API serves it, under the same content-security policy, with canned answers."""

import socket
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import insights_assets
from insights_assets.api.middleware import CONTENT_SECURITY_POLICY
from insights_assets_tests.support.page import responses

Json = dict[str, Any]

WEB = Path(insights_assets.__file__).parent / "api" / "web"


class PageServer:
    """Serves the page on loopback; a test sets what the API is to answer.

    `snapshots` maps a category to its latest snapshot, `past` a day to another, and `token`
    protects the reads.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what a test has set."""
        self.categories = responses.categories()
        self.snapshots: dict[str, Json] = {}
        self.past: dict[str, Json] = {}
        self.trend: Callable[[int], Json | None] = lambda _days: None
        self.token: str | None = None
        self.asked: list[str] = []

    def __enter__(self) -> Self:
        app = Starlette(
            routes=[
                Route("/", _index),
                Mount("/static", StaticFiles(directory=WEB)),
                Route("/api/insights/categories", self._categories),
                Route("/api/insights/{category}", self._latest),
                Route("/api/insights/{category}/trend", self._trend),
            ]
        )
        config = uvicorn.Config(
            app,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            headers=[("Content-Security-Policy", CONTENT_SECURITY_POLICY)],
            timeout_graceful_shutdown=1,
        )
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _categories(self, request: Request) -> Response:
        return self._answer(request, self.categories)

    def _latest(self, request: Request) -> Response:
        if day := request.query_params.get("date"):
            return self._answer(request, self.past.get(day))
        return self._answer(request, self.snapshots.get(request.path_params["category"]))

    def _trend(self, request: Request) -> Response:
        query = request.query_params
        if query.get("format") == "csv":
            return PlainTextResponse("date,composite\n2026-01-09,72.5\n", media_type="text/csv")
        if "from" in query:
            days = (date.fromisoformat(query["to"]) - date.fromisoformat(query["from"])).days + 1
        else:
            days = int(query["days"])
        return self._answer(request, self.trend(days))

    def _answer(self, request: Request, body: object) -> Response:
        self.asked.append(request.url.path)
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return JSONResponse({"detail": "A read token is needed."}, 401)
        if body is None:
            return JSONResponse({"detail": "ai_sector_risk has no snapshot yet."}, 404)
        return JSONResponse(body)


def _index(_request: Request) -> Response:
    return FileResponse(WEB / "index.html")
