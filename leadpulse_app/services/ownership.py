"""Owners: the members of a project who look after its leads.

The owner of a root is the owner of all that was merged into it. A lead that is one by
itself again has the owner it had before the merge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.models import Lead, Membership, User
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.lead_selection import hold_roots


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a project, who may own leads."""

    id: UUID
    name: str
    email: str


async def assign_owner(
    session: AsyncSession,
    actor: Actor,
    lead_ids: Sequence[UUID],
    owner_id: UUID | None,
) -> int:
    """Give leads an owner, or take theirs; the caller wakes the boards.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who says so.
        lead_ids: 1..1,000 leads; one that was merged away stands for its root.
        owner_id: A member of the project, or None for nobody.

    Returns:
        How many leads had another owner.

    Raises:
        InvalidInputError: The owner is no member, or the number of leads is out of
            range.
        NotFoundError: The project has not all of these leads.
    """
    # Leads before members, as an erasure of the project takes them.
    roots = await hold_roots(session, actor, lead_ids)
    if owner_id is not None:
        member = await session.scalar(
            select(col(Membership.user_id))
            .where(
                col(Membership.project_id) == actor.project_id,
                col(Membership.user_id) == owner_id,
            )
            .with_for_update(read=True, key_share=True)
        )
        if member is None:
            message = "The owner has to be a member of the project"
            raise InvalidInputError(message, details={"ownerId": message})
    changed = await session.scalars(
        update(Lead)
        .where(
            col(Lead.project_id) == actor.project_id,
            col(Lead.id).in_(roots),
            col(Lead.owner_id).is_distinct_from(owner_id),
        )
        .values(owner_id=owner_id)
        .returning(col(Lead.id))
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


async def list_members(session: AsyncSession, actor: Actor) -> tuple[Member, ...]:
    """Return the people of the actor's project, by name."""
    found = await session.execute(
        select(col(User.id), col(User.name), col(User.email))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(col(Membership.project_id) == actor.project_id)
        .order_by(col(User.name), col(User.id))
    )
    return tuple(Member(*row) for row in found)


async def owner_of(session: AsyncSession, actor: Actor, root_id: UUID) -> UUID | None:
    """Return the owner of a root of the actor's project; None for nobody."""
    return await session.scalar(
        select(col(Lead.owner_id)).where(
            col(Lead.project_id) == actor.project_id, col(Lead.id) == root_id
        )
    )
