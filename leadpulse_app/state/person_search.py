"""A search for one person among the leads, for the page of events to be about them."""

from dataclasses import dataclass
from datetime import UTC, datetime

import reflex as rx

from leadpulse_app import database
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.lead_filter import LeadFilter
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import LeadSort, LeadSummary, get_lead, list_leads
from leadpulse_app.state import words
from leadpulse_app.state.event_address import EventAddress
from leadpulse_app.state.given import read_query, read_uuid
from leadpulse_app.state.guard import current_actor

PEOPLE_SHOWN = 8


@dataclass(frozen=True)
class PersonRow:
    """A lead that the search found."""

    id: str
    name: str
    contact: str
    href: str
    """The events of this lead, as the page's other filters leave them."""


class PersonSearchState(rx.State):
    """What the search shows."""

    people: list[PersonRow] = []
    said: str = ""
    """What to do, or that nobody was found; empty where there are people."""

    @rx.event
    async def toggle(self, is_open: bool) -> None:
        """Show the leads that were seen last, as the search is opened."""
        if is_open is True:
            await self._show_found("")

    @rx.event
    async def seek(self, query: str) -> None:
        """Show the leads that words or an id find; without any, those seen last."""
        await self._show_found(read_query(query))

    async def _show_found(self, wanted: str) -> None:
        found = await _find(current_actor(), wanted, datetime.now(UTC))
        address = EventAddress.of(dict(self.router.url.query_parameters))
        self.people = [
            PersonRow(
                id=str(lead.id),
                name=words.lead_name(lead),
                contact=words.contact(lead),
                href=address.changed(lead=str(lead.id)).href(),
            )
            for lead in found
        ]
        self.said = "" if found else "No lead is known by these words."


async def _find(actor: Actor, wanted: str, now: datetime) -> tuple[LeadSummary, ...]:
    async with database.transaction(actor.project_id) as session:
        if (lead_id := read_uuid(wanted)) is not None:
            try:
                return (await get_lead(session, actor, lead_id, now=now),)
            except NotFoundError:
                return ()
        page = await list_leads(
            session,
            actor,
            now=now,
            limit=PEOPLE_SHOWN,
            wanted=LeadFilter(query=wanted),
            sort=LeadSort.LAST_SEEN,
        )
    return page.leads
