"""Events that are kept apart, as crawlers send them, until a person releases them.

An event is in quarantine or pending or scored, and never in two of these: a release
moves it in one statement, and those who release at once take turns.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.models import Event, Lead, Pending, Project, QuarantinedEvent
from leadpulse_app.services.actors import Actor


async def count_quarantined(session: AsyncSession, actor: Actor) -> int:
    """Return how many events of the actor's project are in quarantine."""
    found = await session.scalar(
        select(func.count()).where(col(QuarantinedEvent.project_id) == actor.project_id)
    )
    return found or 0


async def release_events(
    session: AsyncSession,
    actor: Actor,
    *,
    message_ids: Sequence[str] | None = None,
    lead_id: UUID | None = None,
) -> int:
    """Let events be scored that were in quarantine, each exactly once.

    The caller wakes the scorer and the boards after the commit.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who releases them.
        message_ids: Only these; what is not in quarantine is passed over.
        lead_id: Only those of this lead, and of the leads merged into it.

    Returns:
        How many events were released; without a restriction, all of the project.
    """
    # Ingest's foreign keys take FOR KEY SHARE on this row; this lock lets them pass.
    await session.execute(
        select(col(Project.id))
        .where(col(Project.id) == actor.project_id)
        .with_for_update(key_share=True)
    )
    held = delete(QuarantinedEvent).where(
        col(QuarantinedEvent.project_id) == actor.project_id
    )
    if message_ids is not None:
        held = held.where(
            col(QuarantinedEvent.event_id).in_(
                select(col(Event.id)).where(
                    col(Event.project_id) == actor.project_id,
                    col(Event.message_id).in_(message_ids),
                )
            )
        )
    if lead_id is not None:
        held = held.where(
            col(QuarantinedEvent.lead_id).in_(
                select(col(Lead.id)).where(
                    col(Lead.project_id) == actor.project_id,
                    or_(col(Lead.id) == lead_id, col(Lead.root_id) == lead_id),
                )
            )
        )
    released = held.returning(
        col(QuarantinedEvent.project_id),
        col(QuarantinedEvent.lead_id),
        col(QuarantinedEvent.event_id),
    ).cte("released")
    to_score = insert(Pending).from_select(
        ["project_id", "lead_id", "event_id"], select(released)
    )
    found = await session.scalar(
        select(func.count()).select_from(released).add_cte(to_score.cte("to_score"))
    )
    return found or 0
