"""One event of the stream as a whole, in a drawer beside it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.event import MAX_ID_LENGTH
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import RecentEvent, find_event
from leadpulse_app.state.event_address import EventAddress
from leadpulse_app.state.event_row import effect_of, whole
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.lead_address import LEADS_PATH
from leadpulse_app.state.moments import NEVER, Moment, moment_of, zone_of


@dataclass(frozen=True)
class ShownEvent:
    """The event as the drawer shows it."""

    type: str = ""
    lead: str = ""
    lead_href: str = LEADS_PATH
    only_lead_href: str = ""
    """All events of its lead."""
    session_href: str = ""
    """Its lead's events, session by session."""
    effect: str = ""
    bot: str = ""
    occurred: Moment = NEVER
    received: Moment = NEVER
    json: str = ""


class EventDrawerState(rx.State):
    """What the drawer shows."""

    is_open: bool = False
    event: ShownEvent = ShownEvent()

    _message_id: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Open the drawer for the event that the page's address names, if it does."""
        return await self._open(self.router.url.query_parameters.get("event", ""))

    @rx.event
    async def open(self, message_id: str) -> EventSpec | None:
        """Open the drawer for an event of the stream."""
        return await self._open(message_id)

    @rx.event
    async def refresh(self) -> None:
        """Show the event as it is now, while the drawer is open."""
        if self.is_open:
            await self._open(self._message_id)

    @rx.event
    def toggle(self, is_open: bool) -> EventSpec | None:
        """Close the drawer; only an event opens it."""
        if is_open is not False:
            return None
        self.is_open = False
        return _keep("")

    async def _open(self, given: object) -> EventSpec | None:
        message_id = read_message_id(given)
        if not message_id:
            self.is_open = False
            return None
        event = await _read(current_actor(), message_id, datetime.now(UTC))
        if event is None:
            self.is_open = False
            return _keep("")
        if event != self.event:
            self.event = event
        self.is_open = True
        self._message_id = message_id
        return _keep(message_id)


def read_message_id(given: object) -> str:
    """Return a message id as anybody may send it; empty where it can't be one."""
    if not isinstance(given, str) or len(given) > MAX_ID_LENGTH or "\0" in given:
        return ""
    return given.encode(errors="ignore").decode()


def _keep(message_id: str) -> EventSpec:
    """Put the open event into the address, without loading the page anew."""
    return rx.call_script(f"window.leadpulseRows?.keep({json.dumps(message_id)})")


async def _read(actor: Actor, message_id: str, now: datetime) -> ShownEvent | None:
    async with database.transaction(actor.project_id) as session:
        event = await find_event(session, actor, message_id)
    if event is None:
        return None
    return _shown(event, now=now, time_zone=actor.time_zone)


def _shown(event: RecentEvent, *, now: datetime, time_zone: str) -> ShownEvent:
    zone = zone_of(time_zone)
    of_lead = EventAddress(lead_id=event.lead_id)
    return ShownEvent(
        type=event.type,
        lead=event.lead_label,
        lead_href=f"{LEADS_PATH}/{event.lead_id}",
        only_lead_href=of_lead.href(),
        session_href=of_lead.changed(view="sessions").href(),
        effect="" if event.bot else effect_of(event),
        bot=event.bot or "",
        occurred=moment_of(event.occurred_at, now=now, zone=zone),
        received=moment_of(event.received_at, now=now, zone=zone),
        json=whole(event),
    )
