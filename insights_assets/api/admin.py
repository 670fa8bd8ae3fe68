"""The admin routes: trigger the run of a day, and see how it goes."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from insights_assets.api.dagster_runs import DagsterRefused, DagsterUnavailable, Runs, RunStatus
from insights_assets.api.error_handlers import documented, unprocessable
from insights_assets.api.examples import CREATED_AT, DAY, RUN_ID, shown
from insights_assets.api.strict_query import NO_UNKNOWN_PARAMETERS
from insights_assets.model.dates import parse_day
from insights_assets.serving.service import Insights

PREFIX = "/api/admin/insights"


class Trigger(BaseModel):
    """Which snapshot to take; today's, of all categories, if nothing is said."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"date": "2025-01-09"}})

    date: Annotated[str, Field(json_schema_extra={"format": "date"})] | None = None
    category_id: str | None = None


async def _asked(request: Request) -> Trigger:
    """Read the body as strictly as it is documented, whatever media type a client gives it."""
    body = await request.body()
    try:
        return Trigger.model_validate_json(body) if body else Trigger()
    except ValidationError as error:
        problems = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors()]
        raise RequestValidationError(problems) from None


TRIGGER_BODY = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": Trigger.model_json_schema()}},
    }
}


class Started(BaseModel):
    """The run that takes the snapshot."""

    status: Literal["started"] = "started"
    run_id: str
    message: str


class RunView(BaseModel):
    """How a run is going."""

    run_id: str
    status: RunStatus
    date: str | None
    started_at: datetime | None
    ended_at: datetime | None


STARTED_EXAMPLE = shown(
    Started(run_id=RUN_ID, message=f"The run of {DAY} is submitted.").model_dump(mode="json")
)
RUN_EXAMPLE = shown(
    RunView(
        run_id=RUN_ID,
        status="succeeded",
        date=str(DAY),
        started_at=CREATED_AT,
        ended_at=CREATED_AT + timedelta(seconds=6),
    ).model_dump(mode="json")
)


def build_admin(insights: Insights, runs: Runs, first_day: date, access: Any) -> APIRouter:  # noqa: ANN401
    """Return the routes under /api/admin/insights; `access` says who may use them."""
    router = APIRouter(
        prefix=PREFIX,
        tags=["admin"],
        dependencies=[access, NO_UNKNOWN_PARAMETERS],
        responses=documented(401, 403, 404, 422, 429, 502, 503),
    )

    @router.post(
        "/trigger-snapshot",
        status_code=202,
        response_model=Started,
        responses={202: STARTED_EXAMPLE, **documented(413)},
        openapi_extra=TRIGGER_BODY,
    )
    def trigger(response: Response, asked: Annotated[Trigger, Depends(_asked)]) -> Started:
        """Submit a run to Dagster and return before it starts.

        While a run of the same day is queued or running, that one is the answer. The date is a
        day in New York, from the first partition to today.
        """
        category = None if asked.category_id is None else insights.category(asked.category_id)
        day = _day(asked.date, first_day, insights.today())
        run_id, new = runs.trigger(day, category)
        response.headers["Location"] = f"{PREFIX}/runs/{run_id}"
        return Started(
            run_id=run_id,
            message=f"The run of {day} is submitted."
            if new
            else f"A run of {day} is queued or running already; this is the one.",
        )

    @router.get("/runs/{run_id}", response_model=RunView, responses={200: RUN_EXAMPLE})
    def run(
        run_id: Annotated[UUID, Path(description="As the trigger gave it.", examples=[RUN_ID])],
    ) -> RunView:
        """Return how a run is going."""
        requested = runs.find(str(run_id))
        if requested is None:
            raise HTTPException(404, f"Dagster knows no run {run_id}.")
        return RunView(
            run_id=requested.id,
            status=requested.status,
            date=requested.date,
            started_at=requested.started_at,
            ended_at=requested.ended_at,
        )

    return router


def add_dagster_handlers(app: FastAPI) -> None:
    """Say what is wrong with Dagster where a run was wanted of it."""

    @app.exception_handler(DagsterUnavailable)
    def _unavailable(_request: Request, error: DagsterUnavailable) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503, headers={"Retry-After": "10"})

    @app.exception_handler(DagsterRefused)
    def _refused(_request: Request, error: DagsterRefused) -> JSONResponse:
        return JSONResponse({"detail": f"Dagster refused: {error}"}, 502)


def _day(text: str | None, first: date, today: date) -> date:
    """Return the day that is asked for; refuse one that has no partition."""
    if text is None:
        return today
    try:
        day = parse_day(text[:32])
    except ValueError as error:
        raise unprocessable(str(error)) from None
    if day > today:
        raise unprocessable(f"{day} is after today, {today} in New York: choose a past day.")
    if day < first:
        raise unprocessable(f"{day} is before the first partition, {first}: choose a later day.")
    return day
