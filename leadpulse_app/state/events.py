"""The stream of events. What of it is shown is in the page's address."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import EventPage, list_event_types, list_events
from leadpulse_app.services.leads import get_lead
from leadpulse_app.services.quarantine import count_quarantined, release_events
from leadpulse_app.services.timeline import TimelinePage, list_timeline
from leadpulse_app.state import live, words
from leadpulse_app.state.drawer import Drawer, Drawn
from leadpulse_app.state.event_address import EVENTS_PATH, EventAddress
from leadpulse_app.state.event_drawer import ShownEvent, read_drawn_event
from leadpulse_app.state.event_row import event_row
from leadpulse_app.state.event_upload import EventUpload
from leadpulse_app.state.given import read_message_id
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.lead_timeline import SessionRow, session_row
from leadpulse_app.state.moments import zone_of
from leadpulse_app.state.written_rows import NO_ROWS, written
from leadpulse_app.tasks import announce_pending

__all__ = ["EVENTS_PATH", "PAGE_SIZE", "EventsState"]

PAGE_SIZE = 50
SESSIONS_SHOWN = 20

NOBODY = "Unknown person"

_NO_SESSIONS = TimelinePage((), None)


@dataclass(frozen=True)
class _Stream:
    """What all who are at this address are shown, in the words it is shown in."""

    address: EventAddress
    message_ids: tuple[str, ...]
    newest: int
    """The id of the newest event; 0 where there is none."""
    values: Mapping[str, object]
    """Of the vars of `EventsState`."""


@dataclass(frozen=True)
class _Content:
    stream: _Stream
    drawn: Drawn


class EventsState(EventUpload, Drawer, rx.State):
    """What the stream shows."""

    DRAWER_PARAMETER: ClassVar[str] = "event"

    drawn: ShownEvent = ShownEvent()
    rows: str = NO_ROWS
    """The lines as JSON, written once for all who are shown them; of `EventRow`."""
    fresh_after: int = 0
    """Events with a higher number arrived while this page was open."""
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

    _is_opening: bool = True
    _shown_ids: tuple[str, ...] = ()

    def _enter(self) -> None:
        super()._enter()
        self.uploading = False

    def _open(self) -> None:
        self._is_opening = True
        super()._open()

    def _address(self) -> EventAddress:
        return EventAddress.of(dict(self.router.url.query_parameters))

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        address = self._address()
        stream = await live.share(
            actor, ("events", address), lambda: _read_stream(actor, address, now)
        )
        return _Content(stream, await self._read_drawer(actor, now))

    async def _read_drawn(
        self, actor: Actor, drawn_id: str, now: datetime
    ) -> ShownEvent | None:
        return await read_drawn_event(actor, drawn_id, now)

    def _show(self, content: _Content) -> None:
        stream = content.stream
        if self._is_opening:
            self._is_opening = False
            self._assign(fresh_after=stream.newest)
        self._shown_ids = stream.message_ids
        self._assign(waiting_text="", **stream.values)
        self._show_drawer(content.drawn)

    def _hold(self, content: _Content) -> None:
        stream = content.stream
        new = len({*stream.message_ids} - {*self._shown_ids})
        more = "+" if new == PAGE_SIZE else ""
        text = f"{new}{more} new event{'' if new == 1 else 's'}" if new else ""
        self._assign(waiting_text="" if stream.address.cursor else text)

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
        await asyncio.to_thread(announce_pending, actor.project_id)
        live.hub.wake(self.router.session.client_token)
        if not released:
            return rx.toast.info("Nothing was held back any more.")
        return rx.toast.success(f"Released {words.count(released, 'event')}.")


async def _read_stream(actor: Actor, address: EventAddress, now: datetime) -> _Stream:
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
    zone = zone_of(actor.time_zone)
    rows = [event_row(each, address, now=now, zone=zone) for each in page.events]
    older = page.next_cursor or sessions.next_cursor
    return _Stream(
        address,
        message_ids=tuple(row.id for row in rows),
        newest=max((row.event_id for row in rows), default=0),
        values={
            "rows": written(rows),
            "sessions": [session_row(each, now, zone) for each in sessions.sessions],
            "lead": lead,
            "older_href": replace(address, cursor=older).href() if older else "",
            **_filters(address, types, held),
        },
    )


def _filters(
    address: EventAddress, types: Sequence[str], held: int
) -> dict[str, object]:
    return {
        "place": address.href(),
        "types": sorted({*types, address.event_type} - {""}),
        "event_type": address.event_type,
        "only_held": address.only_held,
        "by_session": address.by_session,
        "filtered": address.is_filtered,
        "held_text": words.count(held, "event") if held else "",
        "newest_href": address.newest.href() if address.cursor else "",
        "stream_href": address.changed(view="").href(),
        "sessions_href": address.changed(view="sessions").href(),
    }


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
