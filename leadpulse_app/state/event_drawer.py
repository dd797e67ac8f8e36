"""One event of the stream as a whole, in a drawer beside it."""

from dataclasses import dataclass
from datetime import datetime

from leadpulse_app import database
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import RecentEvent, find_event
from leadpulse_app.state.event_address import EventAddress
from leadpulse_app.state.event_row import effect_of, whole
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


async def read_drawn_event(
    actor: Actor, message_id: str, now: datetime
) -> ShownEvent | None:
    """Return an event as the drawer shows it; None where there is no such event."""
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
