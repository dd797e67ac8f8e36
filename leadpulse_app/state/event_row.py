"""An event as a line of the stream, and as a whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from leadpulse_app.services.events import RecentEvent
from leadpulse_app.state import words
from leadpulse_app.state.event_address import EventAddress
from leadpulse_app.state.lead_address import LEADS_PATH
from leadpulse_app.state.moments import Moment, moment_of

MAXIMUM_SUMMARY_LENGTH = 160


@dataclass(frozen=True)
class EventRow:
    """An event as a line of the stream."""

    id: str
    """Its message id."""
    type: str
    summary: str
    href: str
    """The page that it stands on, with its drawer open."""
    lead: str
    lead_href: str
    effect: str
    """What the score took, or why it took nothing yet."""
    bot: str
    """What sent it, where it is held back."""
    occurred: Moment
    event_id: int
    """Its number: the later it arrived, the higher."""


def event_row(
    event: RecentEvent,
    address: EventAddress,
    *,
    now: datetime,
    zone: tzinfo,
) -> EventRow:
    """Return an event as its line reads now."""
    return EventRow(
        id=event.message_id,
        type=event.type,
        summary=_summary(event.properties),
        href=address.href(event=event.message_id),
        lead=event.lead_label,
        lead_href=f"{LEADS_PATH}/{event.lead_id}",
        effect="" if event.bot else effect_of(event),
        bot=event.bot or "",
        occurred=moment_of(event.occurred_at, now=now, zone=zone),
        event_id=event.event_id,
    )


def effect_of(event: RecentEvent) -> str:
    """Return what the score took of an event, in words."""
    return "Not scored yet" if event.delta is None else words.signed(event.delta)


def whole(event: RecentEvent) -> str:
    """Return all there is of an event as formatted JSON, its names as senders write."""
    told = {
        "messageId": event.message_id,
        "event": event.type,
        "anonymousId": event.anonymous_id,
        "userId": event.user_id,
        "previousId": event.previous_id,
        "sessionId": event.session_id,
        "properties": dict(event.properties),
        "traits": event.traits and dict(event.traits),
        "timestamp": _iso(event.timestamp),
        "sentAt": _iso(event.sent_at),
        "receivedAt": _iso(event.received_at),
        "occurredAt": _iso(event.occurred_at),
        "leadId": str(event.lead_id),
        "scored": event.scored,
        "delta": event.delta,
        "bot": event.bot,
    }
    there = {name: value for name, value in told.items() if value is not None}
    return json.dumps(there, indent=2, ensure_ascii=False)


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat().replace("+00:00", "Z")


def _summary(properties: Mapping[str, object]) -> str:
    """Return the properties in one line."""
    shown = " · ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in properties.items()
    )
    if len(shown) <= MAXIMUM_SUMMARY_LENGTH:
        return shown
    return f"{shown[:MAXIMUM_SUMMARY_LENGTH]}…"
