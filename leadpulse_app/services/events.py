"""The stream of a project's events, newest first, with what each one gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import Subquery, func, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from leadpulse_app.domain.cursor import check_limit, decode_cursor, encode_cursor
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.models import Event, Lead, QuarantinedEvent, ScoreEntry
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import MAXIMUM_PAGE

TYPES_AMONG = 2_000
"""Of how many of the newest events the types are told; more take longer to read."""

TYPE_SOUGHT_AMONG = 50_000
"""Through how many events a page looks for those of a type, about 50 ms: no index is
worth what it costs each event, and a page of a rare type would read all there are."""

_IS_BEHAVIOUR = col(Event.type).not_in(sorted(RESERVED_EVENT_TYPES))
"""What people say of a lead is folded like an event and is none."""


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
        event_type: Only events of this type. They are looked for among so many older
            events only; the page may be short, or empty, and lead on nevertheless.
        only_held: Only events in quarantine.

    Raises:
        InvalidInputError: The limit is out of range or the cursor is not ours.
    """
    check_limit(limit, MAXIMUM_PAGE)
    before = None if cursor is None else decode_cursor(cursor, _STREAM_POSITION)
    most = limit + 1 if event_type is None else TYPE_SOUGHT_AMONG
    among = _newest(actor, most, before=before, only_held=only_held)
    found = await _read(session, actor, among, limit=limit + 1, event_type=event_type)
    events = found[:limit]
    last = events[-1].event_id if len(found) > limit else None
    if event_type is not None and last is None:
        number, lowest = (
            await session.execute(select(func.count(), func.min(among.c.id)))
        ).one()
        last = lowest if number == most else None
    return EventPage(
        events, None if last is None else encode_cursor(last, _STREAM_POSITION)
    )


async def list_recent_types(session: AsyncSession, actor: Actor) -> tuple[str, ...]:
    """Return the types of the project's newest events, in alphabetical order."""
    newest = (
        select(col(Event.type))
        .where(col(Event.project_id) == actor.project_id, _IS_BEHAVIOUR)
        .order_by(col(Event.id).desc())
        .limit(TYPES_AMONG)
        .subquery()
    )
    found = await session.scalars(select(newest.c.type).distinct())
    return tuple(sorted(found))


async def list_recent_events(
    session: AsyncSession, actor: Actor, *, limit: int = 50
) -> tuple[RecentEvent, ...]:
    """Return the events of the actor's project that arrived last, newest first.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many at most.
    """
    return await _read(session, actor, _newest(actor, limit), limit=limit)


async def find_event(
    session: AsyncSession, actor: Actor, message_id: str
) -> RecentEvent | None:
    """Return the event of the actor's project that has a message id."""
    among = select(Event).where(
        col(Event.project_id) == actor.project_id,
        col(Event.message_id) == message_id,
        _IS_BEHAVIOUR,
    )
    found = await _read(session, actor, among.subquery(), limit=1)
    return found[0] if found else None


def _newest(
    actor: Actor, most: int, *, before: int | None = None, only_held: bool = False
) -> Subquery:
    query = select(Event).where(
        col(Event.project_id) == actor.project_id, _IS_BEHAVIOUR
    )
    place = col(QuarantinedEvent.event_id if only_held else Event.id)
    if only_held:
        query = query.join(
            QuarantinedEvent,
            (col(QuarantinedEvent.project_id) == col(Event.project_id))
            & (place == Event.id),
        )
    if before is not None:
        query = query.where(place < before)
    return query.order_by(place.desc()).limit(most).subquery()


async def _read(
    session: AsyncSession,
    actor: Actor,
    among: Subquery,
    *,
    limit: int,
    event_type: str | None = None,
) -> tuple[RecentEvent, ...]:
    page = select(among).order_by(among.c.id.desc()).limit(limit)
    if event_type is not None:
        page = page.where(among.c.type == event_type)
    listed = aliased(Event, page.subquery())
    # Each row of the page is looked up by its key: a plain join reads all leads there
    # are, and sorts all events.
    origin = (
        select(func.coalesce(col(Lead.root_id), col(Lead.id)).label("root_id"))
        .where(col(Lead.project_id) == actor.project_id, col(Lead.id) == listed.lead_id)
        .limit(1)
        .lateral()
    )
    label = func.coalesce(
        col(Lead.name), col(Lead.email), col(Lead.user_id), Lead.anonymous_id
    )
    root = (
        select(label.label("label"))
        .where(
            col(Lead.project_id) == actor.project_id, col(Lead.id) == origin.c.root_id
        )
        .limit(1)
        .lateral()
    )
    reason = (
        select(col(QuarantinedEvent.reason))
        .where(
            col(QuarantinedEvent.project_id) == actor.project_id,
            col(QuarantinedEvent.event_id) == listed.id,
        )
        .scalar_subquery()
    )
    query = (
        select(listed, origin.c.root_id, root.c.label, reason)
        .select_from(listed)
        .join(origin, true())
        .join(root, true())
        .order_by(col(listed.id).desc())
    )
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
            text(f"score_entry.{FIRST}"),
        )
        .group_by(col(ScoreEntry.event_id))
    )
    return dict(found.all())
