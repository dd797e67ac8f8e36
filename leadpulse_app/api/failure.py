"""How an error is answered, whoever serves the route: no framework is needed for it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from leadpulse_app.domain.errors import LeadPulseError


class Failure(BaseModel):
    """Why not."""

    model_config = ConfigDict(frozen=True)

    success: Literal[False] = False
    error: Annotated[str, Field(description="The same as `message`.")]
    code: Annotated[str, Field(examples=["not_found"])]
    message: Annotated[str, Field(description="One sentence for a person.")]
    details: Annotated[
        dict[str, str] | None,
        Field(description="Messages by field, where the input was invalid."),
    ] = None


def failure(
    status: int,
    code: str,
    message: str,
    *,
    details: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return an error as it is answered."""
    body = Failure(
        error=message, code=code, message=message, details=dict(details or {}) or None
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def failure_of(error: LeadPulseError) -> JSONResponse:
    """Return what a use case's refusal answers."""
    retry = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return failure(
        error.status, error.code, error.message, details=error.details, headers=retry
    )
