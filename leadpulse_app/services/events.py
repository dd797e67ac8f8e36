"""The stream of a project's events, newest first, with what each one gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from leadpulse_app.domain.cursor import decode_cursor, encode_cursor
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.models import Event, Lead, QuarantinedEvent, Reason, ScoreEntry
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import MAXIMUM_PAGE

TYPES_AMONG = 2_000
"""Of how many of the newest events the types are told; more take longer to read."""


@dataclass(frozen=True, slots=True)
class RecentEvent:
    """An event as it is listed."""

    event_id: int
    """Its place in order of arrival; the cursor of the list."""
    message_id: str
    type: str
    lead_id: UUID
    """The lead that it counts for, whoever it came for."""
    lead_label: str
    anonymous_id: str | None
    user_id: str | None
    session_id: str | None
    timestamp: datetime | None
    sent_at: datetime | None
    received_at: datetime
    occurred_at: datetime
    scored: bool
    delta: int | None
    """What the score took when the event was first scored; unknown until then."""
    bot: str | None
    """Why it is in quarantine, as the name of a crawler, where it is."""
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, newest first."""

    events: tuple[RecentEvent, ...]
    next_cursor: str | None


_STREAM_POSITION: TypeAdapter[int] = TypeAdapter(
    Annotated[int, Field(ge=0, le=2**63 - 1)]
)


async def list_events(
    session: AsyncSession,
    actor: Actor,
    *,
    limit: int = 100,
    cursor: str | None = None,
    event_type: str | None = None,
    only_held: bool = False,
) -> EventPage:
    """Return a page of the events of the actor's project, newest first.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many at most, 1..500.
        cursor: Where the last page ended.
        event_type: Only events of this type.
        only_held: Only events in quarantine.

    Raises:
        InvalidInputError: The limit is out of range or the cursor is not ours.
    """
    if not 1 <= limit <= MAXIMUM_PAGE:
        message = f"The limit has to be within 1 and {MAXIMUM_PAGE}"
        raise InvalidInputError(message, details={"limit": message})
    found = await list_recent_events(
        session,
        actor,
        limit=limit + 1,
        before=None if cursor is None else decode_cursor(cursor, _STREAM_POSITION),
        event_type=event_type,
        only_held=only_held,
    )
    events = found[:limit]
    more = len(found) > limit
    return EventPage(
        events, encode_cursor(events[-1].event_id, _STREAM_POSITION) if more else None
    )


async def list_recent_types(session: AsyncSession, actor: Actor) -> tuple[str, ...]:
    """Return the types of the project's newest events, in alphabetical order."""
    newest = (
        select(col(Event.type))
        .where(col(Event.project_id) == actor.project_id)
        .order_by(col(Event.id).desc())
        .limit(TYPES_AMONG)
        .subquery()
    )
    found = await session.scalars(select(newest.c.type).distinct())
    return tuple(sorted(found))


async def list_recent_events(
    session: AsyncSession,
    actor: Actor,
    *,
    limit: int = 50,
    before: int | None = None,
    event_type: str | None = None,
    only_held: bool = False,
) -> tuple[RecentEvent, ...]:
    """Return the events of the actor's project that arrived last, newest first.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many at most.
        before: Only events that arrived before the one with this `event_id`.
        event_type: Only events of this type.
        only_held: Only events in quarantine.
    """
    origin = aliased(Lead)
    query = (
        select(
            Event,
            col(Lead.id),
            func.coalesce(
                col(Lead.name), col(Lead.email), col(Lead.user_id), Lead.anonymous_id
            ),
            col(QuarantinedEvent.reason),
        )
        .join(
            origin,
            (col(origin.project_id) == col(Event.project_id))
            & (col(origin.id) == Event.lead_id),
        )
        .join(
            Lead,
            (col(Lead.project_id) == col(Event.project_id))
            & (col(Lead.id) == func.coalesce(col(origin.root_id), col(origin.id))),
        )
        .outerjoin(
            QuarantinedEvent,
            (col(QuarantinedEvent.project_id) == col(Event.project_id))
            & (col(QuarantinedEvent.event_id) == Event.id),
        )
        .where(col(Event.project_id) == actor.project_id)
        .order_by(col(Event.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(Event.id) < before)
    if event_type is not None:
        query = query.where(col(Event.type) == event_type)
    if only_held:
        query = query.where(col(QuarantinedEvent.event_id).is_not(None))
    rows = (await session.execute(query)).all()
    deltas = await _first_deltas(session, actor, [event.id for event, *_ in rows])
    return tuple(
        RecentEvent(
            event_id=event.id,
            message_id=event.message_id,
            type=event.type,
            lead_id=lead_id,
            lead_label=label or str(lead_id),
            anonymous_id=event.anonymous_id,
            user_id=event.user_id,
            session_id=event.session_id,
            timestamp=event.timestamp,
            sent_at=event.sent_at,
            received_at=event.received_at,
            occurred_at=event.occurred_at,
            scored=event.id in deltas,
            delta=deltas.get(event.id),
            bot=bot,
            properties=event.properties,
        )
        for event, lead_id, label, bot in rows
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
