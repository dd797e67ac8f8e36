"""The one shape of an answer: success with data, or an error with its code.

Whatever goes wrong inside leaves through here, so that no caller ever meets a
different error or the insides of one.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Generic, Literal, TypeVar

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError  # noqa: A004
from starlette.exceptions import HTTPException

from leadpulse_app.api.failure import failure, failure_of
from leadpulse_app.domain.errors import (
    InvalidInputError,
    LeadPulseError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)

logger = logging.getLogger(__name__)

Data = TypeVar("Data")

RETRY_AFTER_SECONDS = 5
"""When to try again while Postgres is away: about what its restart takes."""


class Body(BaseModel):
    """A request or an answer; its fields are camelCase outside."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        from_attributes=True,
        frozen=True,
    )


class Success(Body, Generic[Data]):
    """What was asked for."""

    success: Literal[True] = True
    data: Data


def install_failures(app: FastAPI) -> None:
    """Make every error of the app leave in the envelope."""
    app.exception_handler(LeadPulseError)(_refused)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http_error)
    for away in (
        OperationalError,
        InterfaceError,
        TimeoutError,
        psycopg.OperationalError,
    ):
        app.exception_handler(away)(_database_away)
    app.exception_handler(Exception)(_unexpected)


async def _refused(_: Request, error: LeadPulseError) -> JSONResponse:
    return failure_of(error)


async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
    details: dict[str, str] = {}
    for problem in error.errors():
        place, *path = problem["loc"]
        if place == "path":
            return failure_of(NotFoundError("There is no such thing"))
        name = ".".join(str(step) for step in path if isinstance(step, str)) or place
        details.setdefault(name, _message(name, problem))
    return failure_of(InvalidInputError(next(iter(details.values())), details=details))


def _message(name: str, problem: Mapping[str, object]) -> str:
    context = problem.get("ctx")
    cause = context.get("error") if isinstance(context, Mapping) else None
    if isinstance(cause, InvalidInputError):
        return cause.message
    if name == "body":
        return "The body has to be a JSON object, sent as application/json"
    return f"{name}: {problem['msg']}"


_HTTP_CODES = {
    400: InvalidInputError.code,
    404: NotFoundError.code,
    405: "method_not_allowed",
    413: TooLargeError.code,
}


async def _http_error(_: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    code = _HTTP_CODES.get(status, status.phrase.lower().replace(" ", "_"))
    return failure(status, code, status.phrase, headers=error.headers)


async def _database_away(request: Request, error: Exception) -> JSONResponse:
    logger.warning(
        "%s %s: Postgres is away: %s", request.method, request.url.path, error
    )
    return failure_of(
        UnavailableError(
            "The database does not answer; try again shortly",
            retry_after=RETRY_AFTER_SECONDS,
        )
    )


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return failure(
        LeadPulseError.status, LeadPulseError.code, "Something went wrong on our side"
    )
