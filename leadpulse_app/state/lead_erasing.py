"""The question before a lead is deleted for good."""

import asyncio

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.services.erasure import erase_leads
from leadpulse_app.services.live import publish_changes
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.lead_adjusting import LeadAdjusting
from leadpulse_app.state.lead_annotations import addressed_lead
from leadpulse_app.state.leads import LEADS_PATH


class LeadErasing(LeadAdjusting, mixin=True):
    """The question, within the state of a lead's page."""

    erasing: bool = False
    """Whether it is open."""

    def _close(self) -> None:
        self.erasing = False
        super()._close()

    @rx.event
    def toggle_erasing(self, is_open: bool) -> None:
        """Ask whether to delete the lead, or leave it."""
        self.erasing = is_open is True

    @rx.event
    async def erase(self) -> list[EventSpec]:
        """Delete the lead with all that is known of it; admins may."""
        self._close()
        actor = current_actor()
        lead_id = addressed_lead(self._addressed_id())
        async with database.transaction(actor.project_id) as session:
            await erase_leads(session, actor, [lead_id])
        await asyncio.to_thread(publish_changes, [actor.project_id])
        return [rx.redirect(LEADS_PATH), rx.toast.success("Deleted 1 lead.")]
