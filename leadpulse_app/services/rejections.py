"""What a project's senders were refused: how often and why, and the newest of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.database import connection_scope
from leadpulse_app.models import RejectedEvent, RejectionCount
from leadpulse_app.services.actors import Actor

KEPT_FOR = timedelta(days=30)
"""How long what was refused is kept; it may say who a person is."""

COUNTED_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """Something that was sent and could not be accepted."""

    id: str
    received_at: datetime
    code: str
    message: str
    event_type: str | None
    payload: str
    """The start of what was sent."""


async def list_refused_events(
    session: AsyncSession, actor: Actor, *, now: datetime, limit: int
) -> tuple[RefusedEvent, ...]:
    """Return what the actor's project refused last, newest first, while it is kept."""
    found = await session.scalars(
        select(RejectedEvent)
        .where(
            col(RejectedEvent.project_id) == actor.project_id,
            col(RejectedEvent.received_at) > now - KEPT_FOR,
        )
        .order_by(col(RejectedEvent.id).desc())
        .limit(limit)
    )
    return tuple(
        RefusedEvent(
            id=str(row.id),
            received_at=row.received_at,
            code=row.code,
            message=row.message,
            event_type=row.event_type,
            payload=row.payload,
        )
        for row in found
    )


async def count_refused_events(
    session: AsyncSession, actor: Actor, *, now: datetime
) -> dict[str, int]:
    """Return how many events were refused in the last 30 days by reason, most first.

    Days are those of UTC; the oldest counts as a whole.
    """
    events = func.sum(col(RejectionCount.events))
    found = await session.execute(
        select(col(RejectionCount.code), events)
        .where(
            col(RejectionCount.project_id) == actor.project_id,
            col(RejectionCount.day) > (now - KEPT_FOR).date(),
        )
        .group_by(col(RejectionCount.code))
        .order_by(events.desc(), col(RejectionCount.code))
    )
    return {code: int(number) for code, number in found.all()}


def forget_refused_events(connection: psycopg.Connection) -> int:
    """Delete what has been kept for long enough, in all projects.

    Args:
        connection: One that is in no transaction; it opens and commits its own.

    Returns:
        How many refused events were deleted.
    """
    projects = connection.execute("SELECT DISTINCT project_id FROM api_key").fetchall()
    with connection_scope(connection, [project_id for (project_id,) in projects]):
        connection.execute(
            "DELETE FROM rejection_count WHERE day < (now() - %s)::date", (COUNTED_FOR,)
        )
        return connection.execute(
            "DELETE FROM rejected_event WHERE received_at < now() - %s", (KEPT_FOR,)
        ).rowcount
