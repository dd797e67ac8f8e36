"""Tries rules on what a lead did, without changing anything."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.models import Event, Lead, QuarantinedEvent
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import find_root

SIMULATED_EVENTS = 10_000
"""How many of a lead's newest events are tried, so that the answer comes at once."""


async def count_lead_events(
    session: AsyncSession, actor: Actor, lead_id: UUID
) -> Mapping[str, int]:
    """Return how many of a lead's events there are of each type.

    Those of leads that were merged into it count too, and those held back do not. Of
    more than 10,000, the ones that happened last count.

    Raises:
        NotFoundError: The project has no such lead.
    """
    root_id = await find_root(session, actor, lead_id)
    members = select(col(Lead.id)).where(
        col(Lead.project_id) == actor.project_id,
        or_(col(Lead.id) == root_id, col(Lead.root_id) == root_id),
    )
    held = select(col(QuarantinedEvent.event_id)).where(
        col(QuarantinedEvent.project_id) == actor.project_id,
        col(QuarantinedEvent.event_id) == col(Event.id),
    )
    newest = (
        select(col(Event.type))
        .where(
            col(Event.project_id) == actor.project_id,
            col(Event.lead_id).in_(members),
            ~held.exists(),
        )
        .order_by(col(Event.occurred_at).desc())
        .limit(SIMULATED_EVENTS)
        .subquery()
    )
    found = await session.execute(
        select(newest.c.type, func.count()).group_by(newest.c.type)
    )
    return dict(found.all())
