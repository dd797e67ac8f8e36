"""Whether the product works, for people, probes and load balancers."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from leadpulse_app import __version__
from leadpulse_app.api.envelope import RETRY_AFTER_SECONDS, Body, Success
from leadpulse_app.domain.errors import UnavailableError
from leadpulse_app.services.health import PENDING_LIMIT, Health, check_health

router = APIRouter(prefix="/api/health", tags=["Health"])


class Status(StrEnum):
    """Degraded is when a part is away."""

    OK = "ok"
    DEGRADED = "degraded"


class HealthBody(Body):
    """What works."""

    status: Status
    postgres: bool
    redis: bool
    worker: Annotated[
        bool, Field(description="Whether any worker runs; false without Postgres.")
    ]
    pending: Annotated[
        int | None,
        Field(
            description=f"Leads still to be scored, counted up to {PENDING_LIMIT:,}; "
            "null without Postgres."
        ),
    ]
    version: str


@router.head("", include_in_schema=False)
@router.get("")
async def show_health() -> Success[HealthBody]:
    """Say what works; answers even while nothing else does."""
    return Success(data=_body(await check_health()))


@router.head("/ready", include_in_schema=False)
@router.get("/ready")
async def show_readiness() -> Success[HealthBody]:
    """Answer 503 while Postgres is away, for a load balancer to look elsewhere."""
    health = await check_health()
    if not health.postgres:
        raise UnavailableError(
            "Postgres does not answer yet", retry_after=RETRY_AFTER_SECONDS
        )
    return Success(data=_body(health))


def _body(health: Health) -> HealthBody:
    return HealthBody(
        status=Status.OK if health.is_well else Status.DEGRADED,
        postgres=health.postgres,
        redis=health.redis,
        worker=health.worker,
        pending=health.pending,
        version=__version__,
    )
