"""Every refusal is one sentence under `detail`."""

import logging
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from insights_assets.api.examples import shown
from insights_assets.serving.circuit_breaker import COOLDOWN_SECONDS
from insights_assets.serving.names import UnknownName
from insights_assets.serving.service import NoSnapshot
from insights_assets.storage.errors import StoreError

_log = logging.getLogger(__name__)


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str = Field(description="One sentence that says what to do.")


_REFUSALS = {
    401: (
        "The credential is missing or wrong",
        "Send the read token as Authorization: Bearer.",
    ),
    403: (
        "The credential is right, but not an administrator's",
        "The token is right, but its claim role is not admin.",
    ),
    404: (
        "There is no such thing; the sentence names what there is",
        "'weather' is not a category; the categories are ai_sector_risk.",
    ),
    413: ("The body is too long", "The body is longer than 16384 bytes."),
    422: (
        "A parameter cannot be used; the sentence says which and why",
        "date: '2025-02-30' is not a date: write it as YYYY-MM-DD.",
    ),
    429: (
        "Too many wrong credentials came from this address",
        "Too many wrong credentials came from your address: try again in a minute.",
    ),
    502: ("Dagster refused the run", "Dagster refused: the partition does not exist."),
    503: (
        "It cannot be answered now: not configured, or a service is unavailable",
        "The snapshots cannot be read now: see /readyz and try again.",
    ),
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of the refusals with these statuses."""
    return {
        status: {"model": Problem, "description": _REFUSALS[status][0]}
        | shown({"detail": _REFUSALS[status][1]})
        for status in statuses
    }


def add_error_handlers(app: FastAPI) -> None:
    """Turn what the floors below raise into answers."""

    @app.exception_handler(RequestValidationError)
    def _parameters(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _answer(422, "; ".join(_sentence(problem) for problem in error.errors()) + ".")

    @app.exception_handler(NoSnapshot)
    @app.exception_handler(UnknownName)
    def _not_there(_request: Request, error: NoSnapshot | UnknownName) -> JSONResponse:
        return _answer(404, str(error))

    @app.exception_handler(StoreError)
    def _stores(_request: Request, error: StoreError) -> JSONResponse:
        _log.warning("%s", error)  # it names hosts, which is nobody's business outside
        response = _answer(503, "The snapshots cannot be read now: see /readyz and try again.")
        response.headers["Retry-After"] = f"{COOLDOWN_SECONDS:.0f}"
        return response


def unprocessable(sentence: str) -> HTTPException:
    """Return the refusal of a value that has the right form and cannot be used."""
    return HTTPException(422, sentence)


def _answer(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status, headers={"Cache-Control": "no-store"})


def _sentence(problem: dict[str, Any]) -> str:
    # The value itself is not repeated: it may be long, or a secret in the wrong place.
    where = ".".join(str(part)[:64] for part in problem["loc"][1:]) or "the body"
    reason = str(problem["msg"]).removeprefix("Value error, ").removesuffix(".")
    return f"{ascii(where)[1:-1]}: {reason}"
