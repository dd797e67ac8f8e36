"""How a project's scoring keeps up, as numbers."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.services.queue_health import read_queue_health, read_throughput
from leadpulse_app.services.worker_presence import is_worker_running

router = APIRouter(prefix="/api/analytics", tags=["Analytics"])


class QueueHealthBody(Body):
    """What is still to be scored."""

    pending: Annotated[int, Field(description="Events that wait for their turn.")]
    oldest_pending_at: Annotated[
        datetime | None, Field(description="When the first of these arrived.")
    ]
    failed_leads: Annotated[int, Field(description="Leads whose scoring failed.")]
    failed_events: Annotated[
        int, Field(description="Events that wait because their lead is set aside.")
    ]
    worker: Annotated[bool, Field(description="Whether any worker runs.")]


class MinuteBody(Body):
    """How many events were scored in a minute."""

    begins_at: datetime
    events: int


class ThroughputBody(Body):
    """How many events were scored lately."""

    since: Annotated[
        datetime, Field(description="An hour ago, or later where much was scored.")
    ]
    events: int
    per_minute: float
    minutes: tuple[MinuteBody, ...]


@router.get("/queue-health")
async def show_queue_health(
    session: SessionDep, actor: ActorDep
) -> Success[QueueHealthBody]:
    """Say what is still to be scored, and since when."""
    queue = await read_queue_health(session, actor)
    return Success(
        data=QueueHealthBody(
            pending=queue.pending,
            oldest_pending_at=queue.oldest_pending_at,
            failed_leads=queue.failed_leads,
            failed_events=queue.failed_events,
            worker=await is_worker_running(session),
        )
    )


@router.get("/throughput")
async def show_throughput(
    session: SessionDep, actor: ActorDep
) -> Success[ThroughputBody]:
    """Say how many events were scored in each minute of the last hour."""
    throughput = await read_throughput(session, actor, now=datetime.now(UTC))
    return Success(data=ThroughputBody.model_validate(throughput))
