"""What a lead did, session by session, with what each event gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter
from sqlalchemy import Row, func, select, text, true, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.cursor import check_limit, decode_cursor, encode_cursor
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.domain.visits import group_by_session, page_of
from leadpulse_app.models import Event, QuarantinedEvent, Reason, ScoreEntry
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.lead_selection import member_ids
from leadpulse_app.services.leads import find_root

MAXIMUM_SESSIONS = 100
MAXIMUM_EVENTS = 500
"""Events that a page reads. A session of more is told in several parts."""


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something that a lead did, and what it gave when it was first scored."""

    message_id: str
    type: str
    session_id: str | None
    occurred_at: datetime
    points: int | None
    """By how much the score changed; unknown until the event is scored."""
    old_score: int | None
    new_score: int | None
    is_capped: bool
    """Whether it gave less because of a cap of its rule."""
    held: str | None
    """Why it is in quarantine, as the name of a crawler, where it is."""
    properties: Mapping[str, object]

    @property
    def page(self) -> str | None:
        """The path of the page that it happened on."""
        return page_of(self.properties)


@dataclass(frozen=True, slots=True)
class Session:
    """What a lead did in one go, newest first; there is always an event."""

    events: tuple[TimelineEvent, ...]

    @property
    def session_id(self) -> str | None:
        """The name that its sender gave it."""
        return next((e.session_id for e in self.events if e.session_id), None)

    @property
    def started_at(self) -> datetime:
        """When its first event happened."""
        return self.events[-1].occurred_at

    @property
    def ended_at(self) -> datetime:
        """When its last event happened."""
        return self.events[0].occurred_at

    @property
    def duration(self) -> timedelta:
        """The time from its first event to its last."""
        return self.ended_at - self.started_at

    @property
    def points(self) -> int:
        """What its events gave when they were first scored."""
        return sum(event.points or 0 for event in self.events)

    @property
    def first_page(self) -> str | None:
        """The path of the page that it began on."""
        return next((e.page for e in reversed(self.events) if e.page), None)

    @property
    def last_page(self) -> str | None:
        """The path of the page that it ended on."""
        return next((e.page for e in self.events if e.page), None)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some sessions, newest first."""

    sessions: tuple[Session, ...]
    next_cursor: str | None


_Position: TypeAlias = tuple[AwareDatetime, Annotated[str, Field(max_length=1_000)]]
_POSITION: TypeAdapter[_Position] = TypeAdapter(_Position)


class _Gain(NamedTuple):
    points: int
    old_score: int
    new_score: int
    is_capped: bool


async def list_timeline(
    session: AsyncSession,
    actor: Actor,
    lead_id: UUID,
    *,
    limit: int = 20,
    cursor: str | None = None,
) -> TimelinePage:
    """Return a page of a lead's sessions, newest first, with all of their events.

    It tells of all who turned out to be the same person. What people wrote or changed
    is no behaviour and is left out. However a timeline is cut into pages, its sessions
    are the same, but for those of more than `MAXIMUM_EVENTS` events.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        lead_id: Whose timeline.
        limit: How many sessions at most, 1..100.
        cursor: Where the last page ended.

    Raises:
        NotFoundError: The project has no such lead.
        InvalidInputError: The limit is out of range or the cursor is not ours.
    """
    check_limit(limit, MAXIMUM_SESSIONS)
    before = None if cursor is None else decode_cursor(cursor, _POSITION)
    root_id = await find_root(session, actor, lead_id)
    rows = await _newest(session, actor, root_id, before=before)
    groups = list(group_by_session(row[0] for row in rows))
    # The last one read may go on below what was read.
    are_all = len(rows) <= MAXIMUM_EVENTS
    whole = groups if are_all or len(groups) == 1 else groups[:-1]
    shown = whole[:limit]
    events = [event for group in shown for event in group]
    gains = await _gains(session, actor, [event.id for event in events])
    held = {row[0].id: row.held for row in rows}
    sessions = tuple(
        Session(tuple(_told(event, gains, held) for event in group)) for group in shown
    )
    if are_all and len(shown) == len(groups):
        return TimelinePage(sessions, None)
    last = events[-1]
    return TimelinePage(
        sessions, encode_cursor((last.occurred_at, last.message_id), _POSITION)
    )


async def _newest(
    session: AsyncSession, actor: Actor, root_id: UUID, *, before: _Position | None
) -> Sequence[Row[Any]]:
    """Return the newest events of all who are one lead, each with why it is held."""
    one = member_ids(actor, [root_id]).subquery()
    # Each of them is read in the order of the index, so that no more are read than
    # are told, however many a lead has.
    newest = select(col(Event.id), col(Event.occurred_at), col(Event.message_id)).where(
        col(Event.project_id) == actor.project_id,
        col(Event.lead_id) == one.c.id,
        col(Event.type).not_in(sorted(RESERVED_EVENT_TYPES)),
    )
    position = tuple_(col(Event.occurred_at), col(Event.message_id))
    if before is not None:
        newest = newest.where(position < tuple_(*before))
    each = (
        newest.order_by(col(Event.occurred_at).desc(), col(Event.message_id).desc())
        .limit(MAXIMUM_EVENTS + 1)
        .lateral()
    )
    found = (
        select(each.c.id)
        .select_from(one.join(each, true()))
        .order_by(each.c.occurred_at.desc(), each.c.message_id.desc())
        .limit(MAXIMUM_EVENTS + 1)
    )
    ids = (await session.scalars(found)).all()
    held = (
        select(col(QuarantinedEvent.reason))
        .where(
            col(QuarantinedEvent.project_id) == actor.project_id,
            col(QuarantinedEvent.event_id) == col(Event.id),
        )
        .scalar_subquery()
        .label("held")
    )
    rows = await session.execute(
        select(Event, held)
        .where(col(Event.project_id) == actor.project_id, col(Event.id).in_(ids))
        .order_by(col(Event.occurred_at).desc(), col(Event.message_id).desc())
    )
    return rows.all()


async def _gains(
    session: AsyncSession, actor: Actor, event_ids: Sequence[int]
) -> dict[int, _Gain]:
    sequence = col(ScoreEntry.sequence)
    olds = func.array_agg(aggregate_order_by(col(ScoreEntry.old_score), sequence))
    news = func.array_agg(
        aggregate_order_by(col(ScoreEntry.new_score), sequence.desc())
    )
    found = await session.execute(
        select(
            col(ScoreEntry.event_id),
            func.sum(col(ScoreEntry.delta)),
            olds[1],
            news[1],
            func.bool_or(col(ScoreEntry.reason) == Reason.CAPPED),
        )
        .where(
            col(ScoreEntry.project_id) == actor.project_id,
            col(ScoreEntry.event_id).in_(event_ids),
            text(f"score_entry.{FIRST}"),
        )
        .group_by(col(ScoreEntry.event_id))
    )
    return {event_id: _Gain(*gain) for event_id, *gain in found}


def _told(
    event: Event, gains: Mapping[int, _Gain], held: Mapping[int, str | None]
) -> TimelineEvent:
    gain = gains.get(event.id)
    return TimelineEvent(
        message_id=event.message_id,
        type=event.type,
        session_id=event.session_id,
        occurred_at=event.occurred_at,
        points=gain.points if gain else None,
        old_score=gain.old_score if gain else None,
        new_score=gain.new_score if gain else None,
        is_capped=bool(gain and gain.is_capped),
        held=held[event.id],
        properties=event.properties,
    )
