"""What a lead is known by: the names that resolve to it, and the merges behind it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.models import Event, Lead, LeadAlias, LeadMerge
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import find_root

MAXIMUM_LISTED = 200
"""Names, and merges, of a lead that are listed. Anybody who has the write key can give
a lead as many as they please."""


@dataclass(frozen=True, slots=True)
class KnownAlias:
    """A name that resolves to a lead."""

    kind: AliasKind
    value: str
    lead_id: UUID
    """The lead that it was first of, perhaps merged since."""
    since: datetime


@dataclass(frozen=True, slots=True)
class StandingMerge:
    """A merge that nobody has undone."""

    id: UUID
    lead_id: UUID
    """The lead that an event was of."""
    other_id: UUID
    """The lead that it named too."""
    merged_at: datetime
    event: str | None
    """The message id of the event that named both."""


@dataclass(frozen=True, slots=True)
class Identities:
    """The newest names and merges of a lead, the oldest of them first."""

    lead_id: UUID
    aliases: tuple[KnownAlias, ...]
    aliases_total: int
    """How many names it has, listed or not."""
    merges: tuple[StandingMerge, ...]
    merges_total: int


async def list_identities(
    session: AsyncSession, actor: Actor, lead_id: UUID
) -> Identities:
    """Return what a lead, with all that was merged into it, is known by.

    At most 200 names and as many merges are listed.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        lead_id: The lead; one that was merged away stands for what it is part of.

    Raises:
        NotFoundError: The project has no such lead.
    """
    root_id = await find_root(session, actor, lead_id)
    members = select(col(Lead.id)).where(
        col(Lead.project_id) == actor.project_id,
        or_(col(Lead.id) == root_id, col(Lead.root_id) == root_id),
    )
    aliases = await session.execute(
        select(LeadAlias, func.count().over())
        .where(
            col(LeadAlias.project_id) == actor.project_id,
            col(LeadAlias.lead_id).in_(members),
        )
        .order_by(
            col(LeadAlias.created_at).desc(),
            col(LeadAlias.kind).desc(),
            col(LeadAlias.value).desc(),
        )
        .limit(MAXIMUM_LISTED)
    )
    merges = await session.execute(
        select(LeadMerge, col(Event.message_id), func.count().over())
        .outerjoin(
            Event,
            (col(Event.project_id) == col(LeadMerge.project_id))
            & (col(Event.id) == col(LeadMerge.event_id)),
        )
        .where(
            col(LeadMerge.project_id) == actor.project_id,
            col(LeadMerge.lead_id).in_(members),
            col(LeadMerge.undone_at).is_(None),
        )
        .order_by(col(LeadMerge.merged_at).desc(), col(LeadMerge.id).desc())
        .limit(MAXIMUM_LISTED)
    )
    known, standing = aliases.all(), merges.all()
    return Identities(
        lead_id=root_id,
        aliases=tuple(
            KnownAlias(
                AliasKind(alias.kind), alias.value, alias.lead_id, alias.created_at
            )
            for alias, _ in reversed(known)
        ),
        aliases_total=known[0][1] if known else 0,
        merges=tuple(
            StandingMerge(
                merge.id, merge.lead_id, merge.other_id, merge.merged_at, message_id
            )
            for merge, message_id, _ in reversed(standing)
        ),
        merges_total=standing[0][2] if standing else 0,
    )
