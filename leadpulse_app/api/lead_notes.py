"""The notes that people leave on a lead."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import Field

from leadpulse_app.api.access import ActorDep, CallerDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.database import transaction
from leadpulse_app.domain.annotation import MAXIMUM_NOTE_LENGTH
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.notes import add_note, delete_note, list_notes

router = APIRouter(prefix="/api/leads/{lead_id}/notes", tags=["Leads"])


class NoteFields(Body):
    """A note to be."""

    body: Annotated[str, Field(description=f"1 to {MAXIMUM_NOTE_LENGTH:,} characters.")]


class NoteBody(Body):
    """A remark on a lead."""

    id: UUID
    body: str
    author_name: str
    is_own: Annotated[bool, Field(description="Whether the caller wrote it.")]
    created_at: datetime


@router.get("")
async def show_notes(
    session: SessionDep, actor: ActorDep, lead_id: UUID
) -> Success[tuple[NoteBody, ...]]:
    """List the notes on a lead, newest first; it has 500 at most."""
    found = await list_notes(session, actor, lead_id)
    return Success(data=tuple(map(NoteBody.model_validate, found)))


@router.post("", status_code=status.HTTP_201_CREATED)
async def make_note(
    actor: CallerDep, lead_id: UUID, body: NoteFields
) -> Success[NoteBody]:
    """Leave a note on a lead."""
    async with transaction(actor.project_id) as session:
        note = await add_note(session, actor, lead_id, body.body, now=datetime.now(UTC))
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=NoteBody.model_validate(note))


@router.delete("/{note_id}")
async def remove_note(actor: CallerDep, lead_id: UUID, note_id: UUID) -> Success[None]:
    """Delete a note: one's own, or as an admin anybody's."""
    async with transaction(actor.project_id) as session:
        await delete_note(session, actor, lead_id, note_id)
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=None)
