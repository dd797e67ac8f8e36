"""Notes: remarks that members leave on a lead.

A lead shows its own and those of the leads merged into it; a new one is written on the
root, so after an unmerge each side has what was written on it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.annotation import normalise_note
from leadpulse_app.domain.errors import ConflictError, ForbiddenError, NotFoundError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.models import LeadNote, Role, User
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.lead_selection import hold_roots, member_ids
from leadpulse_app.services.leads import find_root

MAXIMUM_NOTES = 500
"""Of a lead: all of them are shown at once."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on a lead, as it is shown."""

    id: UUID
    body: str
    author_name: str
    is_own: bool
    """Whether the actor wrote it."""
    created_at: datetime


async def add_note(
    session: AsyncSession, actor: Actor, lead_id: UUID, body: str, *, now: datetime
) -> Note:
    """Leave a remark on a lead; the caller wakes the boards after the commit.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who writes it.
        lead_id: The lead; one that was merged away stands for its root.
        body: 1..5,000 characters.
        now: When it is written.

    Raises:
        InvalidInputError: The text is empty or too long.
        NotFoundError: The project has no such lead.
        ConflictError: The lead has 500 notes already.
    """
    kept = normalise_note(body)
    (root_id,) = await hold_roots(session, actor, [lead_id])
    there = await session.scalar(
        select(func.count())
        .select_from(LeadNote)
        .where(
            col(LeadNote.project_id) == actor.project_id,
            col(LeadNote.lead_id).in_(member_ids(actor, [root_id])),
        )
    )
    if (there or 0) >= MAXIMUM_NOTES:
        raise ConflictError(f"A lead has at most {MAXIMUM_NOTES} notes")
    note = LeadNote(
        project_id=actor.project_id,
        id=uuid7(now),
        lead_id=root_id,
        author_id=actor.user_id,
        body=kept,
        created_at=now,
    )
    session.add(note)
    await session.flush()
    return Note(note.id, kept, actor.user_name, True, now)


async def list_notes(
    session: AsyncSession, actor: Actor, lead_id: UUID
) -> tuple[Note, ...]:
    """Return the notes on a lead, the newest first; at most 500.

    Raises:
        NotFoundError: The project has no such lead.
    """
    root_id = await find_root(session, actor, lead_id)
    found = await session.execute(
        select(LeadNote, col(User.name))
        .join(User, col(User.id) == col(LeadNote.author_id))
        .where(
            col(LeadNote.project_id) == actor.project_id,
            col(LeadNote.lead_id).in_(member_ids(actor, [root_id])),
        )
        .order_by(col(LeadNote.created_at).desc(), col(LeadNote.id).desc())
        .limit(MAXIMUM_NOTES)
    )
    return tuple(
        Note(note.id, note.body, name, note.author_id == actor.user_id, note.created_at)
        for note, name in found
    )


async def delete_note(
    session: AsyncSession, actor: Actor, lead_id: UUID, note_id: UUID
) -> None:
    """Delete a note: one's own, or as an admin anybody's.

    Raises:
        NotFoundError: The project has no such lead, or the lead no such note.
        ForbiddenError: Somebody else wrote it, and the actor is no admin.
    """
    root_id = await find_root(session, actor, lead_id)
    of_lead = (
        col(LeadNote.project_id) == actor.project_id,
        col(LeadNote.id) == note_id,
        col(LeadNote.lead_id).in_(member_ids(actor, [root_id])),
    )
    author_id = await session.scalar(select(col(LeadNote.author_id)).where(*of_lead))
    if author_id is None:
        raise NotFoundError("The lead has no such note")
    if author_id != actor.user_id and actor.role is not Role.ADMIN:
        raise ForbiddenError("Only its author or an admin may delete a note")
    await session.execute(delete(LeadNote).where(*of_lead))
