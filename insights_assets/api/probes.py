"""For whoever watches the process: is it alive, can it read, how is it doing."""

from typing import Any, Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from insights_assets.api.examples import shown
from insights_assets.api.prometheus import Measures
from insights_assets.serving.health import Health
from insights_assets.serving.service import Insights

Answer = Literal["ok", "read-only", "unavailable"]


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Whether snapshots can be read: `degraded` is from history alone, without a Redis to write."""

    status: Literal["ready", "degraded", "not ready"]
    redis: Answer
    mongodb: Answer


def _status(health: Health) -> Literal["ready", "degraded", "not ready"]:
    if not health.mongodb:
        return "not ready"
    return "ready" if health.redis == "ok" else "degraded"


def _ready(
    status: Literal["degraded", "not ready"], redis: Answer, mongodb: Answer
) -> dict[str, Any]:
    example = Ready(status=status, redis=redis, mongodb=mongodb).model_dump()
    return {"model": Ready, "description": f"Readers are served: {status}"} | shown(example)


def build_probes(insights: Insights, measures: Measures, dependencies: list[Any]) -> APIRouter:
    """Return the routes; `dependencies` say who may see the metrics, which tell scores."""
    router = APIRouter(tags=["probes"])

    @router.get("/healthz", response_model=Alive, responses={200: shown({"status": "ok"})})
    async def healthz() -> Alive:
        """Say that the process is alive, whatever else is."""
        return Alive()

    @router.get(
        "/readyz",
        response_model=Ready,
        responses={
            200: _ready("degraded", "unavailable", "ok"),
            503: _ready("not ready", "ok", "unavailable"),
        },
    )
    def readyz(response: Response) -> Ready:
        """Ask both stores; without history it is 503, without the cache it goes on."""
        health = insights.health()
        response.headers["Cache-Control"] = "no-store"
        response.status_code = 200 if health.mongodb else 503
        return Ready(
            status=_status(health),
            redis=health.redis,
            mongodb="ok" if health.mongodb else "unavailable",
        )

    @router.get("/metrics", include_in_schema=False, dependencies=dependencies)
    def metrics() -> Response:
        """Return what Prometheus collects."""
        return Response(generate_latest(measures.registry), media_type=CONTENT_TYPE_LATEST)

    return router
