"""The MCP server on stdio, or over HTTP behind the read token."""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from insights_assets.api.access import same
from insights_assets.api.server import run
from insights_assets.mcp_server.tools import build_server
from insights_assets.serving.service import Insights, open_insights
from insights_assets.settings import Settings

DEFAULT_MCP_PORT = 8001


class ReadTokenGuard:
    """Lets only those pass who present the token; everybody if there is none."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and self._token:
            scheme, _, presented = Headers(scope=scope).get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not same(presented.strip(), self._token):
                refusal = JSONResponse(
                    {"detail": "Send the read token as Authorization: Bearer."},
                    401,
                    headers={"WWW-Authenticate": "Bearer"},
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def http_app(insights: Insights, token: str, host: str) -> ASGIApp:
    """Return the server as an application; each call stands alone, so that many can share it."""
    app = build_server(insights).streamable_http_app(
        host=host, stateless_http=True, json_response=True
    )
    return ReadTokenGuard(app, token)


def serve_http(settings: Settings, host: str, port: int) -> None:
    """Serve over streamable HTTP at /mcp until Ctrl-C or SIGTERM."""
    with open_insights(settings) as insights:
        run(http_app(insights, settings.read_token.get_secret_value(), host), host, port)


def serve_stdio(settings: Settings) -> None:
    """Serve on stdin and stdout until the client closes them."""
    with open_insights(settings) as insights:
        build_server(insights).run("stdio")
