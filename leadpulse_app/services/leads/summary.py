"""A lead as people look at it, and the judgement of it at that moment."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.intelligence import (
    VELOCITY_WINDOW,
    NextAction,
    Risk,
    intelligence_of,
)
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Lead, User
from leadpulse_app.services.actors import Actor

_RESERVED_PREFIXES = tuple(f"{each}:" for each in sorted(RESERVED_EVENT_TYPES))
"""How the message ids begin of what is no behaviour; a sender's may do so too."""

_MEMBERS = text("""
    SELECT root.id, (
        SELECT count(*) FROM event AS e
        WHERE (e.project_id = :project_id) IS TRUE AND e.lead_id = one.id
            AND e.occurred_at > :since AND e.occurred_at <= :now
            AND e.type NOT IN :reserved
    ), ARRAY(
        SELECT t.tag FROM lead_tag AS t
        WHERE (t.project_id, t.lead_id) = (:project_id, one.id)
    )
    FROM unnest(CAST(:root_ids AS uuid[])) AS root (id)
    CROSS JOIN LATERAL (
        SELECT root.id
        UNION ALL
        SELECT m.id FROM lead AS m
        WHERE (m.project_id, m.root_id) = (:project_id, root.id)
    ) AS one (id)
""").bindparams(bindparam("reserved", sorted(RESERVED_EVENT_TYPES), expanding=True))
"""How many events the leads of each root had lately, and their tags, lead by lead.
While Postgres has no statistics on a young project, a join, or a condition that the
index of event types serves too, reads all events of the day for each lead: a scope and
a project count twice in what it expects to find."""

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
    owner_id: UUID | None
    owner_name: str | None
    tags: tuple[str, ...]
    """In order; those of the leads merged into it are among them."""


async def get_lead(
    session: AsyncSession, actor: Actor, lead_id: UUID, *, now: datetime
) -> LeadSummary:
    """Return one lead of the actor's project.

    One that was merged away is shown as the lead that it is part of.

    Raises:
        NotFoundError: The project has no such lead.
    """
    root_id = await find_root(session, actor, lead_id)
    found = await summarise(session, actor, [root_id], now=now)
    if not found:  # it was erased in between
        raise NotFoundError("There is no such lead")
    return found[0]


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


async def summarise(
    session: AsyncSession, actor: Actor, root_ids: Sequence[UUID], *, now: datetime
) -> tuple[LeadSummary, ...]:
    """Return roots of the actor's project in the order given, but for those erased.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        root_ids: Up to a page of them, each once.
        now: The moment that velocity and risk are judged at.
    """
    if not root_ids:
        return ()
    rows = await session.execute(
        select(Lead, col(User.name))
        .outerjoin(User, col(User.id) == col(Lead.owner_id))
        .where(col(Lead.project_id) == actor.project_id, col(Lead.id).in_(root_ids))
        .execution_options(populate_existing=True)
    )
    owned = {lead.id: (lead, owner_name) for lead, owner_name in rows}
    leads = [owned[root_id][0] for root_id in root_ids if root_id in owned]
    members = await session.execute(
        _MEMBERS,
        {
            "project_id": actor.project_id,
            "root_ids": list(root_ids),
            "since": now - VELOCITY_WINDOW,
            "now": now,
        },
    )
    recent: Counter[UUID] = Counter()
    tags: dict[UUID, set[str]] = defaultdict(set)
    for root_id, events, names in members:
        recent[root_id] += events
        tags[root_id].update(names)
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
        _summary(
            lead,
            recent[lead.id],
            last_seen[lead.id],
            now=now,
            owner_name=owned[lead.id][1],
            tags=tuple(sorted(tags[lead.id])),
        )
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
    owner_name: str | None,
    tags: tuple[str, ...],
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
        owner_id=lead.owner_id,
        owner_name=owner_name,
        tags=tags,
    )
