"""The snapshots as a feed, for readers that look by themselves."""

from typing import Any

from fastapi import APIRouter, Request, Response

from insights_assets.api.error_handlers import documented
from insights_assets.api.strict_query import NO_UNKNOWN_PARAMETERS
from insights_assets.serving.service import Insights

ATOM: dict[int | str, dict[str, Any]] = {200: {"content": {"application/atom+xml": {}}}}


def build_feed(insights: Insights, dependencies: list[Any]) -> APIRouter:
    """Return the route of the feed; `dependencies` say who may read."""
    router = APIRouter(tags=["feed"], dependencies=[NO_UNKNOWN_PARAMETERS, *dependencies])

    @router.get(
        "/feed.xml",
        response_class=Response,
        responses={**ATOM, **documented(401, 422, 429, 503)},
    )
    def feed(request: Request) -> Response:
        """Return the last snapshots as an Atom feed, one entry for each category and day."""
        body = insights.feed(str(request.base_url))
        return Response(
            body, media_type="application/atom+xml", headers={"Cache-Control": "no-cache"}
        )

    return router
