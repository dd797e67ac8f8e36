"""The stream of a project's events, newest first, with what each one gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.models import Event, Lead, Reason, ScoreEntry
from leadpulse_app.services.actors import Actor


@dataclass(frozen=True, slots=True)
class RecentEvent:
    """An event as the live feed shows it."""

    event_id: int
    """Its place in order of arrival; the cursor of the list."""
    message_id: str
    type: str
    lead_id: UUID
    lead_label: str
    occurred_at: datetime
    scored: bool
    delta: int | None
    """What the score took when the event was first scored; unknown until then."""
    properties: Mapping[str, object]


async def list_recent_events(
    session: AsyncSession, actor: Actor, *, limit: int = 50, before: int | None = None
) -> tuple[RecentEvent, ...]:
    """Return the events of the actor's project that arrived last, newest first.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many at most, 1..500.
        before: Only events that arrived before the one with this `event_id`.
    """
    query = (
        select(
            Event,
            func.coalesce(
                col(Lead.name), col(Lead.email), col(Lead.user_id), Lead.anonymous_id
            ),
        )
        .join(
            Lead,
            (col(Lead.project_id) == col(Event.project_id))
            & (col(Lead.id) == Event.lead_id),
        )
        .where(col(Event.project_id) == actor.project_id)
        .order_by(col(Event.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(Event.id) < before)
    rows = (await session.execute(query)).all()
    deltas = await _first_deltas(session, actor, [event.id for event, _ in rows])
    return tuple(
        RecentEvent(
            event_id=event.id,
            message_id=event.message_id,
            type=event.type,
            lead_id=event.lead_id,
            lead_label=label or str(event.lead_id),
            occurred_at=event.occurred_at,
            scored=event.id in deltas,
            delta=deltas.get(event.id),
            properties=event.properties,
        )
        for event, label in rows
    )


async def _first_deltas(
    session: AsyncSession, actor: Actor, event_ids: list[int]
) -> dict[int, int]:
    found = await session.execute(
        select(col(ScoreEntry.event_id), func.sum(col(ScoreEntry.delta)))
        .where(
            col(ScoreEntry.project_id) == actor.project_id,
            col(ScoreEntry.event_id).in_(event_ids),
            col(ScoreEntry.reason) == Reason.SCORED,
        )
        .group_by(col(ScoreEntry.event_id))
    )
    return dict(found.all())
