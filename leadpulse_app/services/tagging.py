"""Tags: words that people group leads by.

A lead has its own tags and those of the leads merged into it. A tag is added to the
root, and taken from all of them; after an unmerge each side has what was written on it.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.annotation import MAXIMUM_TAGS_PER_LEAD, normalise_tag
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.models import Lead, LeadTag
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.lead_selection import hold_roots, member_ids

MAXIMUM_TAGS_LISTED = 500
"""Of a project: more are no help in choosing one."""

_LISTED = text("""
    WITH RECURSIVE listed AS (
        SELECT min(tag) AS tag FROM lead_tag WHERE project_id = :project_id
        UNION ALL
        SELECT (
            SELECT min(next.tag) FROM lead_tag AS next
            WHERE next.project_id = :project_id AND next.tag > listed.tag
        )
        FROM listed WHERE listed.tag IS NOT NULL
    )
    SELECT tag FROM listed WHERE tag IS NOT NULL LIMIT :most
""")
"""From tag to tag through the index: DISTINCT would read the row of every lead."""


async def add_tag(
    session: AsyncSession, actor: Actor, lead_ids: Sequence[UUID], tag: str
) -> int:
    """Give leads a tag; the caller wakes the boards after the commit.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who says so.
        lead_ids: 1..1,000 leads; one that was merged away stands for its root.
        tag: 1..40 printable characters; kept trimmed and in lower case.

    Returns:
        How many leads did not have it.

    Raises:
        InvalidInputError: The tag or the number of leads is out of range, or a lead
            would have more than 30 tags; then none has it.
        NotFoundError: The project has not all of these leads.
    """
    kept = normalise_tag(tag)
    roots = await hold_roots(session, actor, lead_ids)
    added = await session.scalars(
        insert(LeadTag)
        .values(
            [
                {"project_id": actor.project_id, "tag": kept, "lead_id": root_id}
                for root_id in roots
            ]
        )
        .on_conflict_do_nothing()
        .returning(col(LeadTag.lead_id))
    )
    tagged = added.all()
    if tagged:
        full = await session.scalar(
            select(func.count())
            .select_from(LeadTag)
            .where(
                col(LeadTag.project_id) == actor.project_id,
                col(LeadTag.lead_id).in_(tagged),
            )
            .group_by(col(LeadTag.lead_id))
            .having(func.count() > MAXIMUM_TAGS_PER_LEAD)
            .limit(1)
        )
        if full is not None:
            message = f"A lead has at most {MAXIMUM_TAGS_PER_LEAD} tags"
            raise InvalidInputError(message, details={"tag": message})
    return len(tagged)


async def remove_tag(
    session: AsyncSession, actor: Actor, lead_ids: Sequence[UUID], tag: str
) -> int:
    """Take a tag from leads; the caller wakes the boards after the commit.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who says so.
        lead_ids: As for `add_tag`.
        tag: As for `add_tag`.

    Returns:
        How many leads had it.

    Raises:
        InvalidInputError: The tag or the number of leads is out of range.
        NotFoundError: The project has not all of these leads.
    """
    kept = normalise_tag(tag)
    roots = await hold_roots(session, actor, lead_ids)
    holders = (await session.scalars(member_ids(actor, roots))).all()
    removed = await session.scalars(
        delete(LeadTag)
        .where(
            col(LeadTag.project_id) == actor.project_id,
            col(LeadTag.tag) == kept,
            col(LeadTag.lead_id).in_(holders),
        )
        .returning(col(LeadTag.lead_id))
    )
    had_it = removed.all()
    if not had_it:
        return 0
    root = func.coalesce(col(Lead.root_id), col(Lead.id))
    leads = await session.scalar(
        select(func.count(root.distinct())).where(
            col(Lead.project_id) == actor.project_id, col(Lead.id).in_(had_it)
        )
    )
    return leads or 0


async def set_tags(
    session: AsyncSession, actor: Actor, lead_id: UUID, tags: Collection[str]
) -> None:
    """Give a lead these tags and no others; the caller wakes the boards.

    Raises:
        InvalidInputError: A tag is out of range, or there are more than 30.
        NotFoundError: The project has no such lead.
    """
    wanted = {normalise_tag(tag) for tag in tags}
    (root_id,) = await hold_roots(session, actor, [lead_id])
    had = set(await tags_of(session, actor, root_id))
    for tag in sorted(had - wanted):
        await remove_tag(session, actor, [root_id], tag)
    for tag in sorted(wanted - had):
        await add_tag(session, actor, [root_id], tag)


async def list_tags(session: AsyncSession, actor: Actor) -> tuple[str, ...]:
    """Return the tags that leads of the actor's project have, in order.

    At most 500 are listed.
    """
    found = await session.scalars(
        _LISTED, {"project_id": actor.project_id, "most": MAXIMUM_TAGS_LISTED}
    )
    return tuple(found.all())


async def tags_of(
    session: AsyncSession, actor: Actor, root_id: UUID
) -> tuple[str, ...]:
    """Return the tags of a root and of the leads merged into it, in order."""
    found = await session.scalars(
        select(col(LeadTag.tag))
        .where(
            col(LeadTag.project_id) == actor.project_id,
            col(LeadTag.lead_id).in_(member_ids(actor, [root_id])),
        )
        .distinct()
        .order_by(col(LeadTag.tag))
    )
    return tuple(found.all())
