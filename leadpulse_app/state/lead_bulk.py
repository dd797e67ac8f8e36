"""What people do to the leads that they ticked in the list."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.erasure import erase_leads
from leadpulse_app.services.lead_selection import MAXIMUM_LEADS_AT_ONCE, known_leads
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.ownership import assign_owner
from leadpulse_app.services.tagging import add_tag
from leadpulse_app.state import live, words
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.lead_address import NOBODY

MAXIMUM_TAG_INPUT = 200

_UNTICK = rx.call_script("window.leadpulseRows?.untick()")


class LeadBulkState(rx.State):
    """The actions of the bar below the list; nothing of it is kept."""

    @rx.event
    async def tag(
        self, lead_ids: list[str], form: dict[str, object]
    ) -> list[EventSpec]:
        """Give the ticked leads a tag."""
        tag = _tag_of(form)
        return await self._change(
            "Tagged",
            lead_ids,
            lambda session, actor, ids: add_tag(session, actor, ids, tag),
        )

    @rx.event
    async def assign(self, lead_ids: list[str], owner: str) -> list[EventSpec]:
        """Give the ticked leads an owner, or none."""
        owner_id = None if owner == NOBODY else _ids_of([owner])[0]
        return await self._change(
            "Assigned",
            lead_ids,
            lambda session, actor, ids: assign_owner(session, actor, ids, owner_id),
        )

    @rx.event
    async def erase(self, lead_ids: list[str]) -> list[EventSpec]:
        """Erase the ticked leads and all that is known of them; admins may."""
        return await self._change("Deleted", lead_ids, erase_leads)

    async def _change(
        self,
        done: str,
        lead_ids: object,
        change: Callable[[AsyncSession, Actor, Sequence[UUID]], Awaitable[int]],
    ) -> list[EventSpec]:
        """Change the leads that are still there, and tell how many were changed."""
        ids = _ids_of(lead_ids)
        actor = current_actor()
        async with database.transaction(actor.project_id) as session:
            known = await known_leads(session, actor, ids)
            changed = await change(session, actor, known) if known else 0
        await asyncio.to_thread(publish_changes, [actor.project_id])
        live.hub.wake(self.router.session.client_token)
        return [_UNTICK, _told(done, changed, gone=len(ids) - len(known))]


def _told(done: str, changed: int, *, gone: int) -> EventSpec:
    told = f"{done} {words.count(changed, 'lead')}."
    if not gone:
        return rx.toast.success(told)
    was = "was" if gone == 1 else "were"
    return rx.toast.info(f"{told} {words.number(gone)} {was} no longer there.")


def _ids_of(given: object) -> list[UUID]:
    """Read the ids that a page sent.

    Raises:
        InvalidInputError: They are not 1..1,000 ids.
    """
    message = f"Tick 1 to {MAXIMUM_LEADS_AT_ONCE:,} leads."
    if not isinstance(given, list) or not 1 <= len(given) <= MAXIMUM_LEADS_AT_ONCE:
        raise InvalidInputError(message)
    try:
        return [*{UUID(each) for each in given}]
    except (ValueError, TypeError, AttributeError):
        raise InvalidInputError(message) from None


def _tag_of(form: object) -> str:
    tag = form.get("tag") if isinstance(form, dict) else None
    if not isinstance(tag, str) or len(tag) > MAXIMUM_TAG_INPUT:
        raise InvalidInputError("Name a tag.")
    return tag
