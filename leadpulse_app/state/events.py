"""The stream of events. What of it is shown is in the page's address."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import EventPage, list_event_types, list_events
from leadpulse_app.services.leads import get_lead
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.quarantine import count_quarantined, release_events
from leadpulse_app.services.timeline import TimelinePage, list_timeline
from leadpulse_app.state import live, words
from leadpulse_app.state.event_address import EVENTS_PATH, EventAddress
from leadpulse_app.state.event_drawer import EventDrawerState, read_message_id
from leadpulse_app.state.event_row import EventRow, event_row
from leadpulse_app.state.event_upload import EventUpload
from leadpulse_app.state.guard import current_actor, locked
from leadpulse_app.state.lead_timeline import SessionRow, session_row
from leadpulse_app.state.moments import zone_of
from leadpulse_app.state.pages import LivePage
from leadpulse_app.tasks import enqueue_scoring_hint

__all__ = ["EVENTS_PATH", "PAGE_SIZE", "EventsState"]

PAGE_SIZE = 50
SESSIONS_SHOWN = 20

NOBODY = "Unknown person"

_NO_SESSIONS = TimelinePage((), None)


@dataclass(frozen=True)
class _Content:
    """What all who are at this address are shown."""

    address: EventAddress
    page: EventPage
    sessions: TimelinePage
    lead: str
    """Whose events they are; empty for everybody's."""
    types: tuple[str, ...]
    held: int
    now: datetime
    time_zone: str

    @property
    def next_cursor(self) -> str | None:
        return self.page.next_cursor or self.sessions.next_cursor


class EventsState(EventUpload, LivePage, rx.State):
    """What the stream shows."""

    rows: list[EventRow] = []
    sessions: list[SessionRow] = []
    place: str = ""
    """Which events the rows are of; others come in at once, held still or not."""
    types: list[str] = []
    event_type: str = ""
    lead: str = ""
    only_held: bool = False
    by_session: bool = False
    filtered: bool = False
    held_text: str = ""
    """How many events are held back; empty where none is."""
    waiting_text: str = ""
    """How many arrived since the person paused; empty where none did."""
    newest_href: str = ""
    older_href: str = ""
    stream_href: str = EVENTS_PATH
    sessions_href: str = EVENTS_PATH

    _opened_at_event: int | None = None

    def _open(self) -> None:
        self._opened_at_event = None
        self.uploading = False  # a page that is loaded anew waits for no answer
        super()._open()

    def _address(self) -> EventAddress:
        return EventAddress.of(dict(self.router.url.query_parameters))

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        address = self._address()
        return await live.share(
            actor, ("events", address), lambda: _read_events(actor, address, now)
        )

    def _show(self, content: _Content) -> None:
        address = content.address
        newest = max((event.event_id for event in content.page.events), default=0)
        if self._opened_at_event is None:
            self._opened_at_event = newest
        fresh_after, zone = self._opened_at_event, zone_of(content.time_zone)
        older = content.next_cursor
        self._assign(
            rows=[
                event_row(
                    event,
                    address,
                    fresh=event.event_id > fresh_after,
                    now=content.now,
                    zone=zone,
                )
                for event in content.page.events
            ],
            sessions=[
                session_row(each, content.now, zone)
                for each in content.sessions.sessions
            ],
            place=address.href(),
            types=sorted({*content.types, address.event_type} - {""}),
            event_type=address.event_type,
            lead=content.lead,
            only_held=address.only_held,
            by_session=address.by_session,
            filtered=address.is_filtered,
            held_text=words.count(content.held, "event") if content.held else "",
            waiting_text="",
            newest_href=address.newest.href() if address.cursor else "",
            older_href=replace(address, cursor=older).href() if older else "",
            stream_href=address.changed(view="").href(),
            sessions_href=address.changed(view="sessions").href(),
        )

    def _hold(self, content: _Content) -> None:
        shown = {row.id for row in self.rows}
        new = sum(event.message_id not in shown for event in content.page.events)
        more = "+" if new == PAGE_SIZE else ""
        text = f"{new}{more} new event{'' if new == 1 else 's'}" if new else ""
        self._assign(waiting_text="" if content.address.cursor else text)

    @rx.event(background=True)
    async def follow(self) -> AsyncGenerator[EventSpec, None]:
        """Show the stream, and show it and its drawer again after each change."""
        async with aclosing(self._show_changes()) as shown:
            async for _ in shown:
                async with locked(self):
                    drawer = await self.get_state(EventDrawerState)
                    is_open = drawer.is_open
                if is_open:
                    yield EventDrawerState.refresh

    @rx.event
    def catch_up(self) -> None:
        """Show what arrived since the person paused, and stay paused."""
        live.hub.wake(self.router.session.client_token)

    @rx.event
    def narrow_type(self, event_type: str) -> EventSpec:
        """Go to the address of this type's events."""
        wanted = event_type if isinstance(event_type, str) else ""
        return rx.redirect(self._address().changed(type=wanted).href())

    @rx.event
    def show_everybody(self) -> EventSpec:
        """Go to the address of these events, whoever they are of."""
        return rx.redirect(self._address().changed(lead="", view="").href())

    @rx.event
    async def release(self, message_id: str) -> EventSpec | None:
        """Let one event be scored that is held back."""
        wanted = read_message_id(message_id)
        return await self._release([wanted]) if wanted else None

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


def _announce_release(project_id: UUID) -> None:
    enqueue_scoring_hint()
    publish_changes([project_id])


async def _read_events(actor: Actor, address: EventAddress, now: datetime) -> _Content:
    async with database.transaction(actor.project_id) as session:
        types = await list_event_types(session, actor)
        held = await count_quarantined(session, actor)
        lead, page, sessions = "", EventPage((), None), _NO_SESSIONS
        try:
            if address.lead_id is not None:
                found = await get_lead(session, actor, address.lead_id, now=now)
                lead = words.lead_name(found)
            if address.by_session:
                sessions = await _read_sessions(session, actor, address)
            else:
                page = await list_events(
                    session,
                    actor,
                    limit=PAGE_SIZE,
                    cursor=address.cursor or None,
                    event_type=address.event_type or None,
                    lead_id=address.lead_id,
                    only_held=address.only_held,
                )
        except NotFoundError:
            lead = NOBODY
        except InvalidInputError:  # a cursor that somebody made up
            pass
    return _Content(address, page, sessions, lead, types, held, now, actor.time_zone)


async def _read_sessions(
    session: AsyncSession, actor: Actor, address: EventAddress
) -> TimelinePage:
    if address.lead_id is None:
        return _NO_SESSIONS
    return await list_timeline(
        session,
        actor,
        address.lead_id,
        limit=SESSIONS_SHOWN,
        cursor=address.cursor or None,
    )
