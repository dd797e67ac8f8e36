"""Leads as people look at them: the board, one lead, and all of them for export."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.cursor import decode_cursor, encode_cursor
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.domain.intelligence import (
    VELOCITY_WINDOW,
    NextAction,
    Risk,
    intelligence_of,
)
from leadpulse_app.domain.lead_filter import LeadSort as LeadSort
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Event, Lead
from leadpulse_app.services.actors import Actor

MAXIMUM_PAGE = 500
MAXIMUM_SKIP = 1_000_000
MAXIMUM_QUERY_LENGTH = 200

_RESERVED_PREFIXES = tuple(f"{each}:" for each in sorted(RESERVED_EVENT_TYPES))
"""How the message ids begin of what is no behaviour; a sender's may do so too."""

_LAST_SEEN = text("""
    SELECT root.id, max(latest.occurred_at)
    FROM lead AS root
    CROSS JOIN LATERAL (
        SELECT root.id
        UNION ALL
        SELECT m.id FROM lead AS m
        WHERE (m.project_id, m.root_id) = (root.project_id, root.id)
    ) AS one (id)
    LEFT JOIN LATERAL (
        SELECT e.occurred_at FROM event AS e
        WHERE (e.project_id, e.lead_id) = (root.project_id, one.id)
            AND e.occurred_at <= root.last_event_at
            AND e.type NOT IN :reserved
            AND NOT EXISTS (
                SELECT FROM quarantined_event AS q
                WHERE (q.project_id, q.event_id) = (e.project_id, e.id)
            )
        ORDER BY e.occurred_at DESC LIMIT 1
    ) AS latest ON true
    WHERE root.project_id = :project_id AND root.id = ANY (:root_ids)
    GROUP BY root.id
""").bindparams(bindparam("reserved", sorted(RESERVED_EVENT_TYPES), expanding=True))
"""When leads did something last, by what of theirs was folded."""


@dataclass(frozen=True, slots=True)
class LeadSummary:
    """A lead and the judgement of it at the moment it was read."""

    id: UUID
    anonymous_id: str | None
    user_id: str | None
    name: str | None
    email: str | None
    company: str | None
    score: int
    stage: Stage
    velocity: int
    risk: Risk
    next_action: NextAction
    events_last_24h: int
    last_event_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LeadPage:
    """Some leads of a list, and how long the whole list is."""

    leads: tuple[LeadSummary, ...]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """A lead as it is exported."""

    name: str | None
    email: str | None
    company: str | None
    score: int
    stage: Stage
    created_at: datetime


_Sequence = Annotated[int, Field(ge=0, le=2**31 - 1)]
_ScorePosition: TypeAlias = tuple[Literal["score"], _Sequence, UUID]
_NewestPosition: TypeAlias = tuple[Literal["newest"], datetime, UUID]
_SCORE_POSITION: TypeAdapter[_ScorePosition] = TypeAdapter(_ScorePosition)
_NEWEST_POSITION: TypeAdapter[_NewestPosition] = TypeAdapter(_NewestPosition)


async def list_leads(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    limit: int = 100,
    skip: int = 0,
    cursor: str | None = None,
    stage: Stage | None = None,
    query: str | None = None,
    sort: LeadSort = LeadSort.SCORE,
) -> LeadPage:
    """Return a page of the actor's leads.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        now: The moment that velocity and risk are judged at.
        limit: How many leads at most, 1..500.
        skip: How many to leave out first, 0..1,000,000; without a cursor only.
        cursor: Where the last page ended; the same `sort` goes with it.
        stage: Only leads in this stage.
        query: Only leads whose name, email, company, anonymous id or user id
            contains this, in any case.
        sort: What comes first.

    Raises:
        InvalidInputError: A value is out of range or the cursor is not ours.
    """
    if not 1 <= limit <= MAXIMUM_PAGE:
        raise _invalid("limit", f"The limit has to be within 1 and {MAXIMUM_PAGE}")
    if not 0 <= skip <= MAXIMUM_SKIP:
        raise _invalid("skip", f"Skip has to be within 0 and {MAXIMUM_SKIP:,}")
    if cursor is not None and skip:
        raise _invalid("skip", "Give either a cursor or a number to skip")
    conditions = _conditions(actor, stage=stage, query=query)
    page = select(Lead).where(*conditions).order_by(*_order(sort))
    if cursor is not None:
        page = page.where(_after(cursor, sort))
    rows = (await session.scalars(page.offset(skip).limit(limit + 1))).all()
    total = await session.scalar(
        select(func.count()).select_from(Lead).where(*conditions)
    )
    shown = rows[:limit]
    return LeadPage(
        leads=await _summaries(session, actor, shown, now=now),
        total=total or 0,
        next_cursor=_cursor_after(shown[-1], sort) if len(rows) > limit else None,
    )


async def get_lead(
    session: AsyncSession, actor: Actor, lead_id: UUID, *, now: datetime
) -> LeadSummary:
    """Return one lead of the actor's project.

    One that was merged away is shown as the lead that it is part of.

    Raises:
        NotFoundError: The project has no such lead.
    """
    lead = await session.get_one(
        Lead, (actor.project_id, await find_root(session, actor, lead_id))
    )
    (summary,) = await _summaries(session, actor, [lead], now=now)
    return summary


async def find_root(session: AsyncSession, actor: Actor, lead_id: UUID) -> UUID:
    """Return the lead that one is part of: itself, unless it was merged away.

    Raises:
        NotFoundError: The project has no such lead.
    """
    root_id = await session.scalar(
        select(func.coalesce(col(Lead.root_id), col(Lead.id))).where(
            col(Lead.project_id) == actor.project_id, col(Lead.id) == lead_id
        )
    )
    if root_id is None:
        raise NotFoundError("There is no such lead")
    return UUID(str(root_id))


async def count_by_stage(session: AsyncSession, actor: Actor) -> dict[Stage, int]:
    """Return how many leads the actor's project has in each stage, coldest first."""
    found = await session.execute(
        select(col(Lead.stage), func.count())
        .where(col(Lead.project_id) == actor.project_id, col(Lead.root_id).is_(None))
        .group_by(col(Lead.stage))
    )
    counts = dict.fromkeys(Stage, 0)
    counts.update({Stage(stage): count for stage, count in found})
    return counts


async def stream_leads(
    session: AsyncSession,
    actor: Actor,
    *,
    stage: Stage | None = None,
    query: str | None = None,
    sort: LeadSort = LeadSort.SCORE,
    chunk: int = 1_000,
) -> AsyncIterator[Sequence[LeadRecord]]:
    """Yield all the leads that `list_leads` would page through, in the same order.

    They are read through a cursor of the database: one statement, so one snapshot
    of the project, of which no more than a chunk is in memory. A reader that takes
    longer than a minute over a chunk loses the transaction.

    Args:
        session: A transaction scoped to the actor's project, open until the end.
        actor: Who asks.
        stage: Only leads in this stage.
        query: As for `list_leads`.
        sort: What comes first.
        chunk: How many leads are read at once.

    Raises:
        InvalidInputError: The query can't be searched for.
    """
    wanted = select(
        col(Lead.name),
        col(Lead.email),
        col(Lead.company),
        col(Lead.score),
        col(Lead.stage),
        col(Lead.created_at),
    ).where(*_conditions(actor, stage=stage, query=query))
    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
    rows = await session.stream(
        wanted.order_by(*_order(sort)).execution_options(yield_per=chunk)
    )
    async for partition in rows.partitions():
        yield [
            LeadRecord(name, email, company, score, Stage(stage), created_at)
            for name, email, company, score, stage, created_at in partition
        ]


def normalise_search(query: str) -> str:
    """Return what to search for, trimmed.

    Raises:
        InvalidInputError: It is longer than 200 characters or not printable.
    """
    wanted = query.strip()
    if len(wanted) > MAXIMUM_QUERY_LENGTH or not wanted.isprintable():
        raise _invalid(
            "q", f"A search has up to {MAXIMUM_QUERY_LENGTH} printable characters"
        )
    return wanted


def _conditions(
    actor: Actor, *, stage: Stage | None, query: str | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        col(Lead.project_id) == actor.project_id,
        col(Lead.root_id).is_(None),
    ]
    if stage is not None:
        conditions.append(col(Lead.stage) == stage)
    if query and (wanted := normalise_search(query)):
        searched = (
            col(Lead.name),
            col(Lead.email),
            col(Lead.company),
            col(Lead.anonymous_id),
            col(Lead.user_id),
        )
        conditions.append(
            or_(*(column.icontains(wanted, autoescape=True) for column in searched))
        )
    return conditions


def _order(sort: LeadSort) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if sort == LeadSort.NEWEST:
        return col(Lead.created_at).desc(), col(Lead.id).desc()
    return col(Lead.score).desc(), col(Lead.id).asc()


def _after(cursor: str, sort: LeadSort) -> ColumnElement[bool]:
    if sort == LeadSort.NEWEST:
        _, created_at, lead_id = decode_cursor(cursor, _NEWEST_POSITION)
        return tuple_(col(Lead.created_at), col(Lead.id)) < (created_at, lead_id)
    _, score, lead_id = decode_cursor(cursor, _SCORE_POSITION)
    # The first condition lets the index begin at the score; the second one is exact.
    return and_(
        col(Lead.score) <= score, or_(col(Lead.score) < score, col(Lead.id) > lead_id)
    )


def _cursor_after(lead: Lead, sort: LeadSort) -> str:
    if sort == LeadSort.NEWEST:
        return encode_cursor(("newest", lead.created_at, lead.id), _NEWEST_POSITION)
    return encode_cursor(("score", lead.score, lead.id), _SCORE_POSITION)


async def _summaries(
    session: AsyncSession, actor: Actor, leads: Sequence[Lead], *, now: datetime
) -> tuple[LeadSummary, ...]:
    root_ids = [lead.id for lead in leads]
    members = (
        select(col(Lead.id), col(Lead.id).label("root_id"))
        .where(col(Lead.project_id) == actor.project_id, col(Lead.id).in_(root_ids))
        .union_all(
            select(col(Lead.id), col(Lead.root_id)).where(
                col(Lead.project_id) == actor.project_id,
                col(Lead.root_id).in_(root_ids),
            )
        )
        .subquery()
    )
    found = await session.execute(
        select(members.c.root_id, func.count())
        .join(Event, col(Event.lead_id) == members.c.id)
        .where(
            col(Event.project_id) == actor.project_id,
            col(Event.occurred_at) > now - VELOCITY_WINDOW,
            col(Event.occurred_at) <= now,
            col(Event.type).not_in(RESERVED_EVENT_TYPES),
        )
        .group_by(members.c.root_id)
    )
    recent: dict[UUID, int] = dict(found.all())
    last_seen = {lead.id: lead.last_event_at for lead in leads}
    last_seen |= await _last_seen(
        session,
        actor,
        [
            lead.id
            for lead in leads
            if (lead.last_message_id or "").startswith(_RESERVED_PREFIXES)
        ],
    )
    return tuple(
        _summary(lead, recent.get(lead.id, 0), last_seen[lead.id], now=now)
        for lead in leads
    )


async def _last_seen(
    session: AsyncSession, actor: Actor, root_ids: Sequence[UUID]
) -> dict[UUID, datetime | None]:
    """Return when leads did something last, where a person did something to them since.

    Where the last input of a fold stands for behaviour, its time is that of the lead.
    """
    if not root_ids:
        return {}
    found = await session.execute(
        _LAST_SEEN, {"project_id": actor.project_id, "root_ids": list(root_ids)}
    )
    return dict(found.all())


def _summary(
    lead: Lead,
    events_last_24h: int,
    last_event_at: datetime | None,
    *,
    now: datetime,
) -> LeadSummary:
    stage = Stage(lead.stage)
    judged = intelligence_of(
        stage=stage,
        events_last_24h=events_last_24h,
        last_active_at=last_event_at or lead.created_at,
        now=now,
    )
    return LeadSummary(
        id=lead.id,
        anonymous_id=lead.anonymous_id,
        user_id=lead.user_id,
        name=lead.name,
        email=lead.email,
        company=lead.company,
        score=lead.score,
        stage=stage,
        velocity=judged.velocity,
        risk=judged.risk,
        next_action=judged.next_action,
        events_last_24h=events_last_24h,
        last_event_at=last_event_at,
        created_at=lead.created_at,
    )


def _invalid(field: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, details={field: message})
