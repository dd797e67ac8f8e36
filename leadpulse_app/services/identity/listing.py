"""What a lead is known by: the names that resolve to it, and the merges behind it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.models import Event, Lead, LeadAlias, LeadMerge
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import find_root


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
    """The names and merges of a lead, the oldest first."""

    lead_id: UUID
    aliases: tuple[KnownAlias, ...]
    merges: tuple[StandingMerge, ...]


async def list_identities(
    session: AsyncSession, actor: Actor, lead_id: UUID
) -> Identities:
    """Return what a lead, with all that was merged into it, is known by.

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
    aliases = await session.scalars(
        select(LeadAlias)
        .where(
            col(LeadAlias.project_id) == actor.project_id,
            col(LeadAlias.lead_id).in_(members),
        )
        .order_by(col(LeadAlias.created_at), col(LeadAlias.kind), col(LeadAlias.value))
    )
    merges = await session.execute(
        select(LeadMerge, col(Event.message_id))
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
        .order_by(col(LeadMerge.merged_at), col(LeadMerge.id))
    )
    return Identities(
        root_id,
        tuple(
            KnownAlias(
                AliasKind(alias.kind), alias.value, alias.lead_id, alias.created_at
            )
            for alias in aliases
        ),
        tuple(
            StandingMerge(
                merge.id, merge.lead_id, merge.other_id, merge.merged_at, message_id
            )
            for merge, message_id in merges
        ),
    )
