"""The MCP server on stdio, or over HTTP behind the read token."""

import asyncio

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insights_assets.api.access import same
from insights_assets.api.http_server import run
from insights_assets.api.lockout import Lockout
from insights_assets.mcp_server.tools import build_server
from insights_assets.serving.service import Insights, open_insights
from insights_assets.settings import Settings

ANSWER_SECONDS = 30  # ten years of a trend take about one


class ReadTokenGuard:
    """Lets only those pass who present the token, and no address guess it; all if there is none.

    `/healthz` is for whoever watches the process, and needs no token.
    """

    def __init__(self, app: ASGIApp, token: str, lockout: Lockout | None = None) -> None:
        self._app = app
        self._token = token
        self._lockout = lockout or Lockout()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/healthz":
            await JSONResponse({"status": "ok"})(scope, receive, send)
        elif refusal := self._refusal(scope):
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        if not self._token:
            return None
        address = scope["client"][0] if scope.get("client") else "unknown"
        try:
            self._lockout.check(address)
        except HTTPException as locked:
            return JSONResponse({"detail": locked.detail}, locked.status_code, locked.headers)
        scheme, _, presented = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same(presented.strip(), self._token):
            return None
        if presented:  # asking without a credential is no guess
            self._lockout.count(address)
        return JSONResponse(
            {"detail": "Send the read token as Authorization: Bearer."},
            401,
            headers={"WWW-Authenticate": "Bearer"},
        )


class TimeLimit:
    """Ends a request that takes too long, unless its answer has begun."""

    def __init__(self, app: ASGIApp, seconds: float = ANSWER_SECONDS) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and look at the clock."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            async with asyncio.timeout(self._seconds):
                await self._app(scope, receive, send_and_note)
        except TimeoutError:
            if has_begun:
                raise
            sentence = f"No answer was ready within {self._seconds:g} s: ask again."
            await JSONResponse({"detail": sentence}, 504)(scope, receive, send)


def http_app(insights: Insights, token: str, host: str) -> ASGIApp:
    """Return the server as an application; each call stands alone, so that many can share it."""
    app = build_server(insights).streamable_http_app(
        host=host, stateless_http=True, json_response=True
    )
    return ReadTokenGuard(TimeLimit(app), token)


def serve_http(settings: Settings, host: str, port: int) -> None:
    """Serve over streamable HTTP at /mcp until Ctrl-C or SIGTERM."""
    with open_insights(settings) as insights:
        run(http_app(insights, settings.read_token.get_secret_value(), host), host, port)


def serve_stdio(settings: Settings) -> None:
    """Serve on stdin and stdout until the client closes them."""
    with open_insights(settings) as insights:
        build_server(insights).run("stdio")
