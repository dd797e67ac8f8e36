"""The stream of events. What of it is shown is in the page's address."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import MAX_TYPE_LENGTH
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import (
    EventPage,
    RecentEvent,
    list_event_types,
    list_events,
)
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.quarantine import count_quarantined, release_events
from leadpulse_app.state import live, words
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.moments import Moment, moment_of, zone_of
from leadpulse_app.state.pages import LivePage
from leadpulse_app.tasks import enqueue_scoring_hint

EVENTS_PATH = "/events"
PAGE_SIZE = 50
MAX_CURSOR_LENGTH = 100
MAX_SUMMARY_LENGTH = 160

MAX_LINES_SHOWN = 100
"""Of an upload's bad rows, as many as the answer tells."""


@dataclass(frozen=True)
class EventFilter:
    """Which events are shown, as the page's address says it."""

    event_type: str = ""
    only_held: bool = False
    cursor: str = ""
    """Where the page before ended; empty for the newest."""

    @classmethod
    def of_address(cls, parameters: Mapping[str, str]) -> "EventFilter":
        """Read the filter; what can't be read is left out."""
        event_type = parameters.get("type", "")
        cursor = parameters.get("before", "")
        return cls(
            event_type=event_type
            if event_type.isprintable() and len(event_type) <= MAX_TYPE_LENGTH
            else "",
            only_held=parameters.get("show") == "bots",
            cursor=cursor if len(cursor) <= MAX_CURSOR_LENGTH else "",
        )

    def address(self) -> str:
        """Return the address of this filter."""
        wanted = {
            "show": "bots" if self.only_held else "",
            "type": self.event_type,
            "before": self.cursor,
        }
        parameters = urlencode({name: value for name, value in wanted.items() if value})
        return f"{EVENTS_PATH}?{parameters}" if parameters else EVENTS_PATH


@dataclass(frozen=True)
class EventRow:
    """An event as a line of the stream."""

    id: str
    type: str
    summary: str
    lead: str
    href: str
    effect: str
    """What the score took, or why it took nothing yet."""
    bot: str
    """What sent it, where it is held back."""
    occurred: Moment
    fresh: bool
    """Whether it arrived while this page was open."""


@dataclass(frozen=True)
class BadLine:
    """A row of a file that was not taken."""

    line: str
    message: str


@dataclass(frozen=True)
class UploadOutcome:
    """What became of a file."""

    said: str = ""
    problem: str = ""
    bad_lines: tuple[BadLine, ...] = ()
    more: str = ""
    """How many bad rows are not listed."""


NO_OUTCOME = UploadOutcome()


@dataclass(frozen=True)
class _Content:
    wanted: EventFilter
    page: EventPage
    types: tuple[str, ...]
    held: int
    now: datetime
    time_zone: str


class EventsState(LivePage, rx.State):
    """What the stream shows."""

    rows: list[EventRow] = []
    types: list[str] = []
    event_type: str = ""
    only_held: bool = False
    filtered: bool = False
    held_text: str = ""
    """How many events are held back; empty where none is."""
    newest_href: str = ""
    older_href: str = ""
    opened: str = ""
    """The event whose properties are shown."""
    opened_json: str = ""
    uploading: bool = False
    upload: UploadOutcome = NO_OUTCOME

    _events: dict[str, RecentEvent] = {}
    _opened_at_event: int | None = None

    def _open(self) -> None:
        self._opened_at_event = None
        self.opened = ""
        self.uploading = False  # a page that is loaded anew waits for no answer
        super()._open()

    def _wanted(self) -> EventFilter:
        return EventFilter.of_address(dict(self.router.url.query_parameters))

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        wanted = self._wanted()
        async with database.transaction(actor.project_id) as session:
            types = await list_event_types(session, actor)
            held = await count_quarantined(session, actor)
            try:
                page = await list_events(
                    session,
                    actor,
                    limit=PAGE_SIZE,
                    cursor=wanted.cursor or None,
                    event_type=wanted.event_type or None,
                    only_held=wanted.only_held,
                )
            except InvalidInputError:  # a cursor that somebody made up
                page = EventPage((), None)
        return _Content(wanted, page, types, held, now, actor.time_zone)

    def _show(self, content: _Content) -> None:
        wanted, events = content.wanted, content.page.events
        newest = events[0].event_id if events else 0
        if self._opened_at_event is None:
            self._opened_at_event = newest
        fresh_after = self._opened_at_event
        self.rows = [
            _row(event, content, fresh=event.event_id > fresh_after) for event in events
        ]
        self._events = {str(event.event_id): event for event in events}
        self.types = sorted({*content.types, wanted.event_type} - {""})
        self.event_type = wanted.event_type
        self.only_held = wanted.only_held
        self.filtered = wanted != EventFilter()
        self.held_text = words.count(content.held, "event") if content.held else ""
        self.newest_href = (
            EventFilter(wanted.event_type, wanted.only_held).address()
            if wanted.cursor
            else ""
        )
        self.older_href = (
            EventFilter(
                wanted.event_type, wanted.only_held, content.page.next_cursor
            ).address()
            if content.page.next_cursor
            else ""
        )

    @rx.event
    def choose_type(self, event_type: str) -> EventSpec:
        """Go to the address of this type's events."""
        asked = EventFilter.of_address(
            {"type": event_type if isinstance(event_type, str) else ""}
        )
        return rx.redirect(
            EventFilter(asked.event_type, self._wanted().only_held).address()
        )

    @rx.event
    def toggle(self, row_id: str) -> None:
        """Show the properties of an event, or hide them again."""
        event = self._events.get(row_id) if isinstance(row_id, str) else None
        if event is None or self.opened == row_id:
            self.opened = ""
            return
        self.opened = row_id
        self.opened_json = json.dumps(
            dict(event.properties), indent=2, ensure_ascii=False
        )

    @rx.event
    async def release(self, row_id: str) -> EventSpec | None:
        """Let one event be scored that is held back."""
        event = self._events.get(row_id) if isinstance(row_id, str) else None
        if event is None:
            return None
        return await self._release([event.message_id])

    @rx.event
    async def release_all(self) -> EventSpec:
        """Let all events of the project be scored that are held back."""
        return await self._release(None)

    async def _release(self, message_ids: list[str] | None) -> EventSpec:
        actor = current_actor()
        async with database.transaction(actor.project_id) as session:
            released = await release_events(session, actor, message_ids=message_ids)
        await asyncio.to_thread(_announce_release, actor.project_id)
        live.hub.wake(self.router.session.client_token)
        if not released:
            return rx.toast.info("Nothing was held back any more.")
        return rx.toast.success(f"Released {words.count(released, 'event')}.")

    @rx.event
    def begin_upload(self) -> None:
        """Show that a file is on its way."""
        self.uploading = True
        self.upload = NO_OUTCOME

    @rx.event
    def receive_upload(self, answer: dict[str, object]) -> None:
        """Show what became of the file."""
        self.uploading = False
        self.upload = outcome_of(answer)

    @rx.event
    def dismiss_upload(self) -> None:
        """Put the outcome of the last upload away."""
        self.upload = NO_OUTCOME


def _announce_release(project_id: UUID) -> None:
    enqueue_scoring_hint()
    publish_changes([project_id])


def outcome_of(answer: object) -> UploadOutcome:
    """Read what the page says the server answered; what is odd is left out."""
    if not isinstance(answer, dict):
        return NO_OUTCOME
    data = answer.get("data")
    if not isinstance(data, dict):
        message = _text(answer.get("message")) or "The file could not be uploaded"
        return UploadOutcome(problem=f"{message.rstrip('.')}.")
    accepted, duplicates, rejected = (
        _number(data.get(name)) for name in ("accepted", "duplicates", "rejected")
    )
    said = f"Added {words.count(accepted, 'event')}."
    if duplicates:
        verb = "was" if duplicates == 1 else "were"
        said += f" {words.number(duplicates)} {verb} there before."
    errors = data.get("errors")
    bad_lines = tuple(
        BadLine(words.number(_number(error.get("line"))), _text(error.get("message")))
        for error in (errors if isinstance(errors, list) else ())[:MAX_LINES_SHOWN]
        if isinstance(error, dict)
    )
    more = rejected - len(bad_lines)
    return UploadOutcome(
        said=said,
        problem=f"{words.count(rejected, 'row')} could not be taken."
        if rejected
        else "",
        bad_lines=bad_lines,
        more=f"And {words.count(more, 'more row')}." if more > 0 else "",
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


def _text(value: object) -> str:
    return value[:500] if isinstance(value, str) else ""


def _row(event: RecentEvent, content: _Content, *, fresh: bool) -> EventRow:
    effect = "Not scored yet" if event.delta is None else words.signed(event.delta)
    return EventRow(
        id=str(event.event_id),
        type=event.type,
        summary=_summary(event.properties),
        lead=event.lead_label,
        href=f"{LEADS_PATH}/{event.lead_id}",
        effect="" if event.bot else effect,
        bot=event.bot or "",
        occurred=moment_of(
            event.occurred_at, now=content.now, zone=zone_of(content.time_zone)
        ),
        fresh=fresh,
    )


def _summary(properties: Mapping[str, object]) -> str:
    """Return the properties in one line."""
    shown = " · ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in properties.items()
    )
    if len(shown) <= MAX_SUMMARY_LENGTH:
        return shown
    return f"{shown[:MAX_SUMMARY_LENGTH]}…"
