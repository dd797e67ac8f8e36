"""What people write on a lead from its page: owner, tags and notes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app import database
from leadpulse_app.domain.errors import LeadPulseError, NotFoundError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.notes import Note, add_note, delete_note, list_notes
from leadpulse_app.services.ownership import (
    Member,
    assign_owner,
    list_members,
    owner_of,
)
from leadpulse_app.services.tagging import add_tag, list_tags, remove_tag, tags_of
from leadpulse_app.state.given import read_text
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.moments import Moment, moment_of
from leadpulse_app.state.pages import LivePage

NOBODY = "Nobody"


@dataclass(frozen=True)
class MemberRow:
    """Somebody who may own the lead."""

    id: str
    name: str


@dataclass(frozen=True)
class NoteRow:
    """A note on the lead."""

    id: str
    body: str
    author: str
    is_own: bool
    written: Moment


@dataclass(frozen=True)
class Annotations:
    """What is written on a lead."""

    owner_id: UUID | None
    members: tuple[Member, ...]
    tags: tuple[str, ...]
    known_tags: tuple[str, ...]
    notes: tuple[Note, ...]


async def read_annotations(
    session: AsyncSession, actor: Actor, root_id: UUID
) -> Annotations:
    """Return what is written on a lead, and what can be."""
    return Annotations(
        owner_id=await owner_of(session, actor, root_id),
        members=await list_members(session, actor),
        tags=await tags_of(session, actor, root_id),
        known_tags=await list_tags(session, actor),
        notes=await list_notes(session, actor, root_id),
    )


def addressed_lead(address: str) -> UUID:
    """Return the lead of a page's address.

    Raises:
        NotFoundError: It names none.
    """
    try:
        return UUID(address)
    except ValueError:
        raise NotFoundError("There is no such lead") from None


class LeadAnnotations(LivePage, mixin=True):
    """Owner, tags and notes, within the state of a lead's page."""

    owner_id: str = ""
    """Empty for nobody."""
    members: list[MemberRow] = []
    tags: list[str] = []
    known_tags: list[str] = []
    """Those of other leads, to choose from."""
    notes: list[NoteRow] = []
    tag_problem: str = ""
    note_problem: str = ""
    tags_added: int = 0
    """The field for a tag is a new and empty one after each that was added."""
    notes_added: int = 0

    def _addressed_id(self) -> str:
        return self.router.url.path.rstrip("/").rpartition("/")[2]

    def _show_annotations(
        self, written: Annotations, now: datetime, zone: tzinfo
    ) -> None:
        self.owner_id = str(written.owner_id or "")
        self._assign(
            members=[MemberRow(str(each.id), each.name) for each in written.members],
            tags=list(written.tags),
            known_tags=[tag for tag in written.known_tags if tag not in written.tags],
            notes=[
                NoteRow(
                    id=str(note.id),
                    body=note.body,
                    author=note.author_name,
                    is_own=note.is_own,
                    written=moment_of(note.created_at, now=now, zone=zone),
                )
                for note in written.notes
            ],
        )

    async def _write(
        self, work: Callable[[AsyncSession, Actor, UUID], Awaitable[object]]
    ) -> str:
        """Write on the lead and wake the boards; return what is wrong, if anything."""
        actor = current_actor()
        try:
            lead_id = addressed_lead(self._addressed_id())
            async with database.transaction(actor.project_id) as session:
                await work(session, actor, lead_id)
        except LeadPulseError as error:
            return f"{error.message}."
        await asyncio.to_thread(publish_changes, [actor.project_id])
        return ""

    @rx.event
    async def choose_owner(self, owner_id: str) -> EventSpec | None:
        """Give the lead to a member, or to nobody."""
        try:
            chosen = UUID(str(owner_id)) if owner_id else None
        except ValueError:
            return rx.toast.error("There is no such member.")
        problem = await self._write(
            lambda session, actor, lead_id: assign_owner(
                session, actor, [lead_id], chosen
            )
        )
        if problem:
            return rx.toast.error(problem)
        self.owner_id = str(chosen or "")
        return None

    @rx.event
    async def add_tag(self, form: dict[str, object]) -> None:
        """Give the lead the tag that was entered."""
        tag = read_text(form, "tag")
        self.tag_problem = await self._write(
            lambda session, actor, lead_id: add_tag(session, actor, [lead_id], tag)
        )
        if not self.tag_problem:
            self.tags_added += 1

    @rx.event
    async def remove_tag(self, tag: str) -> EventSpec | None:
        """Take a tag from the lead."""
        problem = await self._write(
            lambda session, actor, lead_id: remove_tag(
                session, actor, [lead_id], str(tag)
            )
        )
        return rx.toast.error(problem) if problem else None

    @rx.event
    async def add_note(self, form: dict[str, object]) -> None:
        """Leave the note that was entered."""
        body = read_text(form, "note")
        self.note_problem = await self._write(
            lambda session, actor, lead_id: add_note(
                session, actor, lead_id, body, now=datetime.now(UTC)
            )
        )
        if not self.note_problem:
            self.notes_added += 1

    @rx.event
    async def delete_note(self, note_id: str) -> EventSpec:
        """Delete a note."""
        try:
            chosen = UUID(str(note_id))
        except ValueError:
            return rx.toast.error("The lead has no such note.")
        problem = await self._write(
            lambda session, actor, lead_id: delete_note(session, actor, lead_id, chosen)
        )
        return rx.toast.error(problem) if problem else rx.toast.success("Note deleted.")
