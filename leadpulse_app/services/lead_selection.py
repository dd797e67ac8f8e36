"""Holds the leads that a person is about to change, so that none is gone meanwhile.

A merge moves nothing, so what people write on leads stays with the lead it was written
on: it is read over a root and all that was merged into it, and written to the root.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import (
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from leadpulse_app.models import Lead
from leadpulse_app.services.actors import Actor

MAXIMUM_LEADS_AT_ONCE = 1_000

_ATTEMPTS = 10


def member_ids(actor: Actor, root_ids: Collection[UUID]) -> CompoundSelect[Any]:
    """Return the query for the ids of some roots and of all that is merged into them.

    Two look-ups, as one with OR can't walk both indexes.
    """
    ids = select(col(Lead.id)).where(col(Lead.project_id) == actor.project_id)
    return union_all(
        ids.where(col(Lead.id).in_(root_ids)),
        ids.where(col(Lead.root_id).in_(root_ids)),
    )


async def known_leads(
    session: AsyncSession, actor: Actor, lead_ids: Collection[UUID]
) -> Sequence[UUID]:
    """Return those of the leads that the project has, merged away or not.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        lead_ids: Up to 1,000 leads.
    """
    found = await session.scalars(
        select(col(Lead.id)).where(
            col(Lead.project_id) == actor.project_id,
            col(Lead.id).in_({*lead_ids}),
        )
    )
    return found.all()


async def hold_roots(
    session: AsyncSession, actor: Actor, lead_ids: Collection[UUID]
) -> Sequence[UUID]:
    """Lock the roots of leads until the transaction ends, the lowest id first.

    Scoring passes them over meanwhile; merges and erasures wait.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who is about to change them.
        lead_ids: 1..1,000 leads; those that were merged away stand for their roots.

    Returns:
        The roots, each once.

    Raises:
        InvalidInputError: There are none, or too many.
        NotFoundError: The project has not all of these leads.
        UnavailableError: Their merges keep changing.
    """
    wanted = set(lead_ids)
    if not 1 <= len(wanted) <= MAXIMUM_LEADS_AT_ONCE:
        message = f"Name 1 to {MAXIMUM_LEADS_AT_ONCE:,} leads"
        raise InvalidInputError(message, details={"ids": message})
    root = func.coalesce(col(Lead.root_id), col(Lead.id))
    for _ in range(_ATTEMPTS):
        found = await session.execute(
            select(col(Lead.id), root).where(
                col(Lead.project_id) == actor.project_id, col(Lead.id).in_(wanted)
            )
        )
        root_of: dict[UUID, UUID] = dict(found.all())
        if len(root_of) < len(wanted):
            raise NotFoundError("There is no such lead")
        roots = set(root_of.values())
        attempt = await session.begin_nested()
        held = await session.scalars(
            select(col(Lead.id))
            .where(
                col(Lead.project_id) == actor.project_id,
                col(Lead.id).in_(roots),
                root == col(Lead.id),
            )
            .order_by(col(Lead.id))
            .with_for_update(key_share=True)
        )
        locked = held.all()
        if len(locked) == len(roots):
            await attempt.commit()
            return locked
        await attempt.rollback()
    raise UnavailableError("The leads are changing too fast", retry_after=1)
