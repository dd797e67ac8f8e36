"""The write keys of a project as the page of the integrations shows and edits them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
)
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.keys import (
    WriteKey,
    create_project_key,
    revoke_write_key,
)
from leadpulse_app.services.live import publish_changes
from leadpulse_app.state import live
from leadpulse_app.state.given import read_text, require_uuid
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.moments import NEVER, Moment, moment_of

NO_KEY = ""


@dataclass(frozen=True)
class KeyRow:
    """A write key as it is listed."""

    id: str
    name: str
    key: str
    created: Moment
    last_used: Moment = NEVER


def key_rows(keys: Sequence[WriteKey], now: datetime, zone: tzinfo) -> list[KeyRow]:
    """Return the keys as they read now."""
    return [
        KeyRow(
            id=str(key.id),
            name=key.name,
            key=key.key,
            created=moment_of(key.created_at, now=now, zone=zone),
            last_used=moment_of(key.last_used_at, now=now, zone=zone),
        )
        for key in keys
    ]


class WriteKeyEditing(rx.State, mixin=True):
    """The part of a page that lists write keys, makes new ones and revokes them."""

    keys: list[KeyRow] = []
    key_problem: str = ""
    """Why no key was made of what was sent."""
    key_form: int = 0
    """Counts the keys made, each of which empties the form."""

    @rx.event
    async def make_key(self, form: dict[str, object]) -> EventSpec | None:
        """Make a key with the name that the form says."""
        actor, now = current_actor(), datetime.now(UTC)
        actor.require_admin()
        try:
            async with database.transaction(actor.project_id) as session:
                made = await create_project_key(
                    session, actor, name=read_text(form, "keyName"), now=now
                )
        except (InvalidInputError, ConflictError) as error:
            self.key_problem = f"{error.message.rstrip('.')}."
            return None
        self.key_problem = ""
        self.key_form += 1
        await self._show_keys(actor)
        return rx.toast.success(f"Made the key {made.name}.")

    @rx.event
    async def revoke_key(self, key_id: str) -> EventSpec:
        """Let a key let nothing in any more."""
        actor, now = current_actor(), datetime.now(UTC)
        actor.require_admin()
        revoked = require_uuid(key_id, "write key")
        async with database.transaction(actor.project_id) as session:
            await revoke_write_key(session, actor, revoked, now=now)
        await self._show_keys(actor)
        return rx.toast.success("Revoked. It lets nothing in after five seconds.")

    async def _show_keys(self, actor: Actor) -> None:
        """Let every page of the project read its keys again, and this one at once."""
        await asyncio.to_thread(publish_changes, [actor.project_id])
        live.hub.wake(self.router.session.client_token)
