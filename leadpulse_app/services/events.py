"""The stream of a project's events, newest first, with what each one gave.

All that arrived stands in order of arrival. The events of a type or of a lead stand in
order of when they happened, as the indexes that lead to them have them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    bindparam,
    func,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.cursor import check_limit, decode_cursor, encode_cursor
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.models import Event, Lead, QuarantinedEvent, ScoreEntry
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.lead_selection import member_ids
from leadpulse_app.services.leads import MAXIMUM_PAGE, find_root
from leadpulse_app.services.leads.plans import reading_in_order

MAXIMUM_TYPES = 500
"""Types of a project that are told, about 10 ms; more are no choice for people."""

SOUGHT_AMONG = 20_000
"""Through how many events of a lead, or held back, a page looks for those of a type,
about 50 ms: no index is worth what it costs each event, and a page of a rare type would
read all there are."""

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
    previous_id: str | None
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
    traits: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, newest first."""

    events: tuple[RecentEvent, ...]
    next_cursor: str | None


_Id = Annotated[int, Field(ge=0, le=2**63 - 1)]
_MessageId = Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class _Order:
    """An order that an index has, the last of it first."""

    columns: tuple[str, ...]
    position: TypeAdapter[Any]
    """The values of the columns, as a cursor holds them."""

    def of(self, columns: Any) -> list[ColumnElement[Any]]:
        return [getattr(columns, name).desc() for name in self.columns]

    def after(self, cursor: str | None, columns: Any) -> ColumnElement[bool]:
        if cursor is None:
            return true()
        places = tuple_(*(getattr(columns, name) for name in self.columns))
        return places < tuple_(*decode_cursor(cursor, self.position))

    def cursor_after(self, row: Row[Any]) -> str:
        position = tuple(getattr(row, name) for name in self.columns)
        return encode_cursor(position, self.position)


_BY_ARRIVAL = _Order(("id",), TypeAdapter(tuple[_Id]))
_OF_TYPE = _Order(("occurred_at", "id"), TypeAdapter(tuple[AwareDatetime, _Id]))
_OF_LEAD = _Order(
    ("occurred_at", "message_id"), TypeAdapter(tuple[AwareDatetime, _MessageId])
)


async def list_events(
    session: AsyncSession,
    actor: Actor,
    *,
    limit: int = 100,
    cursor: str | None = None,
    event_type: str | None = None,
    lead_id: UUID | None = None,
    only_held: bool = False,
) -> EventPage:
    """Return a page of the events of the actor's project, newest first.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many at most, 1..500.
        cursor: Where the last page ended; the same filter goes with it.
        event_type: Only events of this type. Of a lead, or of what is held back, they
            are looked for among so many older events only; the page may be short, or
            empty, and lead on nevertheless.
        lead_id: Only events of this lead, and of all who turned out to be the same.
        only_held: Only events in quarantine.

    Raises:
        InvalidInputError: The limit is out of range or the cursor is not ours.
        NotFoundError: The project has no such lead.
    """
    check_limit(limit, MAXIMUM_PAGE)
    seeks = event_type is not None and (only_held or lead_id is not None)
    most = SOUGHT_AMONG if seeks else limit + 1
    root_id = None if lead_id is None else await find_root(session, actor, lead_id)
    if only_held:
        order, newest = _BY_ARRIVAL, _newest_held(actor, root_id, cursor, most)
    elif root_id is not None:
        order, newest = _OF_LEAD, _newest_of_lead(actor, root_id, cursor, most)
    elif event_type is not None:
        order, newest = _OF_TYPE, _newest_of_type(actor, event_type, cursor, most)
    else:
        order, newest = _BY_ARRIVAL, _newest(actor, cursor, most)
    among = newest.subquery()
    page = select(among).order_by(*order.of(among.c))
    sought = page.where(among.c.type == event_type) if seeks else page
    async with reading_in_order(session):
        found = (await session.execute(sought.limit(limit + 1))).all()
        last = found[limit - 1] if len(found) > limit else None
        if last is None and seeks:
            last = (await session.execute(page.offset(most - 1).limit(1))).first()
        events = await _read(session, actor, [row.id for row in found[:limit]])
    return EventPage(events, None if last is None else order.cursor_after(last))


_TYPES = text("""
    WITH RECURSIVE known (type, place) AS (
        (
            SELECT type, 1 FROM event
            WHERE project_id = :project_id
            ORDER BY type LIMIT 1
        )
        UNION ALL
        SELECT following.type, place + 1
        FROM known, LATERAL (
            SELECT type FROM event
            WHERE project_id = :project_id AND type > known.type
            ORDER BY type LIMIT 1
        ) AS following
        WHERE place < :most
    )
    SELECT type FROM known WHERE type <> ALL(:reserved) ORDER BY type
""").bindparams(
    bindparam("most", MAXIMUM_TYPES + len(RESERVED_EVENT_TYPES)),
    bindparam("reserved", sorted(RESERVED_EVENT_TYPES)),
)
"""Steps along the index from type to type, however many events each has."""


async def list_event_types(session: AsyncSession, actor: Actor) -> tuple[str, ...]:
    """Return the types of the project's events, in alphabetical order, 500 at most."""
    async with reading_in_order(session):
        found = await session.scalars(_TYPES, {"project_id": actor.project_id})
    return tuple(found)


async def list_recent_events(
    session: AsyncSession, actor: Actor, *, limit: int = 50
) -> tuple[RecentEvent, ...]:
    """Return the events of the actor's project that arrived last, newest first.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many at most.
    """
    newest = (await session.execute(_newest(actor, None, limit))).all()
    return await _read(session, actor, [row.id for row in newest])


async def find_event(
    session: AsyncSession, actor: Actor, message_id: str
) -> RecentEvent | None:
    """Return the event of the actor's project that has a message id."""
    found = await session.scalar(
        select(col(Event.id)).where(
            col(Event.project_id) == actor.project_id,
            col(Event.message_id) == message_id,
            _IS_BEHAVIOUR,
        )
    )
    events = [] if found is None else await _read(session, actor, [found])
    return events[0] if events else None


_Listed: TypeAlias = Select[int, datetime, str, str]
"""What a page needs of an event to stand in its place."""


def _events(actor: Actor) -> _Listed:
    listed = select(
        col(Event.id), col(Event.occurred_at), col(Event.message_id), col(Event.type)
    )
    return listed.where(col(Event.project_id) == actor.project_id, _IS_BEHAVIOUR)


def _newest(actor: Actor, cursor: str | None, most: int) -> _Listed:
    return (
        _events(actor)
        .where(_BY_ARRIVAL.after(cursor, Event))
        .order_by(*_BY_ARRIVAL.of(Event))
        .limit(most)
    )


def _newest_of_type(
    actor: Actor, event_type: str, cursor: str | None, most: int
) -> _Listed:
    return (
        _events(actor)
        .where(col(Event.type) == event_type, _OF_TYPE.after(cursor, Event))
        .order_by(*_OF_TYPE.of(Event))
        .limit(most)
    )


def _newest_of_lead(
    actor: Actor, root_id: UUID, cursor: str | None, most: int
) -> _Listed:
    one = member_ids(actor, [root_id]).subquery()
    # Each of them is read in the order of the index, so that no more are read than
    # are looked at, however many a lead has.
    each = (
        _events(actor)
        .where(col(Event.lead_id) == one.c.id, _OF_LEAD.after(cursor, Event))
        .order_by(*_OF_LEAD.of(Event))
        .limit(most)
        .lateral()
    )
    return (
        select(*each.c)
        .select_from(one.join(each, true()))
        .order_by(*_OF_LEAD.of(each.c))
        .limit(most)
    )


def _newest_held(
    actor: Actor, root_id: UUID | None, cursor: str | None, most: int
) -> _Listed:
    held: Select[Any] = select(col(QuarantinedEvent.event_id).label("id")).where(
        col(QuarantinedEvent.project_id) == actor.project_id
    )
    if root_id is not None:
        ids = member_ids(actor, [root_id]).subquery()
        held = held.where(col(QuarantinedEvent.lead_id).in_(select(ids.c.id)))
    place = held.subquery().c
    return (
        _events(actor)
        .join(place.id.table, place.id == Event.id)
        .where(_BY_ARRIVAL.after(cursor, place))
        .order_by(*_BY_ARRIVAL.of(place))
        .limit(most)
    )


async def _read(
    session: AsyncSession, actor: Actor, event_ids: Sequence[int]
) -> tuple[RecentEvent, ...]:
    """Return events in the order given."""
    if not event_ids:
        return ()
    # Each row is looked up by its key: a plain join reads all leads there are.
    origin = (
        select(func.coalesce(col(Lead.root_id), col(Lead.id)).label("root_id"))
        .where(col(Lead.project_id) == actor.project_id, col(Lead.id) == Event.lead_id)
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
            col(QuarantinedEvent.event_id) == Event.id,
        )
        .scalar_subquery()
    )
    query = (
        select(Event, origin.c.root_id, root.c.label, reason)
        .select_from(Event)
        .join(origin, true())
        .join(root, true())
        .where(col(Event.project_id) == actor.project_id, col(Event.id).in_(event_ids))
    )
    rows = {row[0].id: row for row in await session.execute(query)}
    deltas = await _first_deltas(session, actor, list(rows))
    return tuple(
        _told(rows[event_id], deltas) for event_id in event_ids if event_id in rows
    )


def _told(
    row: Row[Event, UUID, str | None, str | None], deltas: Mapping[int, int]
) -> RecentEvent:
    event, lead_id, label, bot = row
    return RecentEvent(
        event_id=event.id,
        message_id=event.message_id,
        type=event.type,
        lead_id=lead_id,
        lead_label=label or str(lead_id),
        anonymous_id=event.anonymous_id,
        user_id=event.user_id,
        session_id=event.session_id,
        previous_id=event.previous_id,
        timestamp=event.timestamp,
        sent_at=event.sent_at,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        scored=event.id in deltas,
        delta=deltas.get(event.id),
        bot=bot,
        properties=event.properties,
        traits=event.traits,
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
