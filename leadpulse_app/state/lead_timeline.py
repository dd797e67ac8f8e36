"""A lead's sessions as its page shows them."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from leadpulse_app.services.timeline import Session, TimelineEvent
from leadpulse_app.state import words
from leadpulse_app.state.moments import Moment, moment_of

MAXIMUM_EVENTS_SHOWN = 30
"""Of a session; more make a page that nobody reads to the end."""

_LONGEST_JSON = 6_000


@dataclass(frozen=True)
class StepRow:
    """An event within a session."""

    id: str
    name: str
    page: str
    time: str
    """The time of day."""
    exact: str
    points: str
    course: str
    """The score before and after; empty where it did not change."""
    note: str
    properties: str
    """As JSON; empty where there are none."""


@dataclass(frozen=True)
class SessionRow:
    """A session."""

    id: str
    when: Moment
    facts: str
    """How many events, how long, and where from and to."""
    points: str
    steps: list[StepRow]
    left_out: str


def session_row(session: Session, now: datetime, zone: tzinfo) -> SessionRow:
    """Return a session as it reads now."""
    events = session.events
    left = len(events) - MAXIMUM_EVENTS_SHOWN
    facts = (
        words.count(len(events), "event"),
        duration(session.duration) if len(events) > 1 else "",
        _path(session),
    )
    return SessionRow(
        # Stays as the session goes on, and so does what is open in it.
        id=events[-1].message_id,
        when=moment_of(session.ended_at, now=now, zone=zone),
        facts=" · ".join(filter(None, facts)),
        points=words.signed(session.points) if session.points else "",
        steps=[_step_row(event, zone) for event in events[:MAXIMUM_EVENTS_SHOWN]],
        left_out=f"And {words.count(left, 'earlier event')}." if left > 0 else "",
    )


def _path(session: Session) -> str:
    first, last = session.first_page, session.last_page
    if first is None or last is None:
        return ""
    return first if first == last else f"{first} → {last}"


def _step_row(event: TimelineEvent, zone: tzinfo) -> StepRow:
    local = event.occurred_at.astimezone(zone)
    notes = (
        "waits to be scored" if event.points is None and not event.held else "",
        f"held as {event.held}" if event.held else "",
        "less because of a cap" if event.is_capped else "",
    )
    changed = (
        event.points and event.old_score is not None and event.new_score is not None
    )
    return StepRow(
        id=event.message_id,
        name=words.happening(event.type),
        page=event.page or "",
        time=f"{local:%H:%M}",
        exact=f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S}",
        points="" if event.points is None else words.signed(event.points),
        course=f"{event.old_score:,} → {event.new_score:,}" if changed else "",
        note=" · ".join(filter(None, notes)),
        properties=_json(event) if event.properties else "",
    )


def _json(event: TimelineEvent) -> str:
    written = json.dumps(dict(event.properties), indent=2, ensure_ascii=False)
    return written[:_LONGEST_JSON]


def duration(length: timedelta) -> str:
    """Return how long something took, to the minute."""
    minutes = length // timedelta(minutes=1)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
