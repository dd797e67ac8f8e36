"""Erases people, and whole projects, for good.

Two functions of the database do it, since nothing else may take history away. All
that was merged into a lead goes with it. A name of an erased lead means a new lead when
it is sent again.

What stays: an event that a shared device sent about somebody else belongs to the lead
of the device, and a rejected event is only found by an id or email as it was written.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.lead_selection import MAXIMUM_LEADS_AT_ONCE

_ATTEMPTS = 10

_ROOTS = text("""
    SELECT id, coalesce(root_id, id) FROM lead
    WHERE project_id = :project_id AND id = ANY (:ids)
""")

_TOUCHED = text("""
    WITH whole AS MATERIALIZED (
        SELECT id FROM lead WHERE project_id = :project_id AND id = ANY (:root_ids)
        UNION ALL
        SELECT id FROM lead
        WHERE project_id = :project_id AND root_id = ANY (:root_ids)
    )
    SELECT id FROM whole
    UNION
    SELECT coalesce(origin.root_id, origin.id)
    FROM whole
    JOIN score_entry AS s ON (s.project_id, s.lead_id) = (:project_id, whole.id)
    JOIN event AS e ON (e.project_id, e.id) = (:project_id, s.event_id)
    JOIN lead AS origin ON (origin.project_id, origin.id) = (:project_id, e.lead_id)
    ORDER BY id
""")
"""The leads themselves, and those that their ledgers count events of: they were one
person for a while."""

_KEEP_MEMBERSHIPS = text("""
    SELECT pg_advisory_xact_lock(hashtext('erase_project'), hashtext(m.user_id::text))
    FROM (SELECT user_id FROM membership WHERE project_id = :project_id
        ORDER BY user_id) AS m
""")
"""Two projects of one person, erased at once, would each count on the other."""

_LEFT_OUT = text("""
    SELECT u.id, u.name
    FROM membership AS m JOIN "user" AS u ON u.id = m.user_id
    WHERE m.project_id = :project_id AND NOT EXISTS (
        SELECT FROM membership AS other
        WHERE other.user_id = m.user_id AND other.project_id <> :project_id
    )
    ORDER BY u.id <> :user_id, u.name LIMIT 1
""")

_LOCK = text("""
    SELECT id FROM lead WHERE project_id = :project_id AND id = ANY (:ids)
    ORDER BY id FOR UPDATE
""")


async def erase_leads(
    session: AsyncSession, actor: Actor, lead_ids: Sequence[UUID]
) -> int:
    """Erase leads with all that is known of them; the caller wakes the boards.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        lead_ids: 1..1,000 leads; one that was merged away stands for its root.

    Returns:
        How many leads are gone from the board.

    Raises:
        ForbiddenError: The actor is no admin.
        InvalidInputError: There are none, or too many.
        NotFoundError: The project has not all of these leads.
        UnavailableError: Their merges keep changing.
    """
    actor.require_admin()
    wanted = set(lead_ids)
    if not 1 <= len(wanted) <= MAXIMUM_LEADS_AT_ONCE:
        message = f"Name 1 to {MAXIMUM_LEADS_AT_ONCE:,} leads"
        raise InvalidInputError(message, details={"ids": message})
    for _ in range(_ATTEMPTS):
        root_ids = await _roots_of(session, actor, wanted)
        touched = await _touched(session, actor, root_ids)
        attempt = await session.begin_nested()
        await session.execute(_LOCK, {"project_id": actor.project_id, "ids": touched})
        if (
            await _touched(session, actor, root_ids) == touched
            and await _roots_of(session, actor, root_ids) == root_ids
        ):
            erased = await session.scalar(
                text("SELECT erase_leads(:project_id, CAST(:root_ids AS uuid[]))"),
                {"project_id": actor.project_id, "root_ids": root_ids},
            )
            await attempt.commit()
            return int(erased or 0)
        await attempt.rollback()
    raise UnavailableError("The leads are changing too fast", retry_after=1)


async def erase_project(session: AsyncSession, actor: Actor) -> None:
    """Erase the actor's project with all that is in it.

    Its members keep their accounts, and act in another project of theirs from then on.
    The caller announces the project by `services.live.publish_actors` after the commit.
    It takes as long as there are rows.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.

    Raises:
        ForbiddenError: The actor is no admin.
        ConflictError: It is the only project of one of its members, who could not sign
            in any more.
    """
    actor.require_admin()
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    await _require_other_projects(session, actor)
    await session.execute(
        text("SELECT erase_project(:project_id)"), {"project_id": actor.project_id}
    )


async def _require_other_projects(session: AsyncSession, actor: Actor) -> None:
    await session.execute(_KEEP_MEMBERSHIPS, {"project_id": actor.project_id})
    found = await session.execute(
        _LEFT_OUT, {"project_id": actor.project_id, "user_id": actor.user_id}
    )
    left_out = found.first()
    if left_out is None:
        return
    if left_out.id == actor.user_id:
        raise ConflictError(
            "This is your only project. Make another one first: without any, you "
            "could not sign in"
        )
    raise ConflictError(
        f"This is the only project of {left_out.name}, who could not sign in without it"
    )


async def _roots_of(
    session: AsyncSession, actor: Actor, lead_ids: set[UUID] | list[UUID]
) -> list[UUID]:
    found = await session.execute(
        _ROOTS, {"project_id": actor.project_id, "ids": list(lead_ids)}
    )
    roots: dict[UUID, UUID] = dict(found.all())
    if len(roots) < len(lead_ids):
        raise NotFoundError("There is no such lead")
    return sorted(set(roots.values()))


async def _touched(
    session: AsyncSession, actor: Actor, root_ids: Sequence[UUID]
) -> list[UUID]:
    found = await session.scalars(
        _TOUCHED, {"project_id": actor.project_id, "root_ids": list(root_ids)}
    )
    return list(found.all())
