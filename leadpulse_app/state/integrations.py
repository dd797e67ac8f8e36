"""What a site needs to send events, what became of a test event, what was refused."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.event import MAX_ID_LENGTH
from leadpulse_app.domain.properties import find_unstorable_text
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import (
    RecentEvent,
    find_event,
    list_recent_events,
)
from leadpulse_app.services.keys import WriteKey, list_write_keys
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.rejections import (
    RefusedEvent,
    count_refused_events,
    list_refused_events,
)
from leadpulse_app.services.webhooks import (
    make_webhook_secret,
    remove_webhook_secret,
    requires_signature,
)
from leadpulse_app.settings import get_settings
from leadpulse_app.state import live, words
from leadpulse_app.state.given import read_number, read_text
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.moments import NEVER, Moment, moment_of, zone_of
from leadpulse_app.state.pages import LivePage
from leadpulse_app.state.snippets import (
    WEBHOOK_PATH,
    Source,
    example_event,
    sources,
    webhook_example,
)
from leadpulse_app.state.write_keys import NO_KEY, WriteKeyEditing, key_rows

LONGEST_LABEL = 24
"""Of a person's name beside the event that arrived last; an anonymous id is longer."""

SHOWN_REFUSALS = 20
"""Refused events on the page: each of them may carry 2 KB of what was sent."""


@dataclass(frozen=True)
class Answer:
    """What the ingest route answered to a test event."""

    status: int = 0
    milliseconds: int = 0
    body: str = ""
    message_id: str = ""
    failed: bool = False


NO_ANSWER = Answer()


@dataclass(frozen=True)
class Found:
    """Where a test event ended up."""

    lead: str = ""
    href: str = ""
    delta: str = ""


NOT_FOUND = Found()


@dataclass(frozen=True)
class ReasonRow:
    """Why events were refused, and how many of them."""

    code: str
    reason: str
    events: str


@dataclass(frozen=True)
class RefusalRow:
    """A refused event as it is listed."""

    id: str
    received: Moment
    reason: str
    message: str
    event_type: str
    payload: str


@dataclass(frozen=True)
class Arrival:
    """The event that arrived last; without a type, none ever did."""

    type: str = ""
    lead: str = ""
    href: str = ""
    arrived: Moment = NEVER
    outcome: str = ""


NO_ARRIVAL = Arrival()


@dataclass(frozen=True)
class _Shared:
    """What all of the project are shown."""

    now: datetime
    time_zone: str
    keys: Sequence[WriteKey]
    latest: RecentEvent | None
    reasons: Mapping[str, int]
    refusals: Sequence[RefusedEvent]
    requires_signature: bool


@dataclass(frozen=True)
class _Content:
    shared: _Shared
    message_id: str
    """Of the test event that was looked for."""
    found: Found
    is_admin: bool


class IntegrationsState(WriteKeyEditing, LivePage, rx.State):
    """What the page of the integrations shows."""

    key: str = ""
    """The write key in what there is to paste."""
    key_id: str = ""
    sources: list[Source] = []
    latest: Arrival = NO_ARRIVAL
    test_event: str = ""
    sending: bool = False
    answer: Answer = NO_ANSWER
    found: Found = NOT_FOUND
    reasons: list[ReasonRow] = []
    refusals: list[RefusalRow] = []
    webhook_url: str = ""
    webhook_example: str = ""
    requires_signature: bool = False
    new_secret: str = ""
    """The secret that was just made; it is shown until the page is left."""
    is_admin: bool = False

    _code_of: tuple[str, str, bool] | None = None
    """What the code to paste was written for."""

    def _enter(self) -> None:
        super()._enter()
        self._assign(new_secret="", key_problem="", sending=False)

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        shared = await live.share(
            actor, ("integrations",), lambda: _read_shared(actor, now)
        )
        message_id, found = self.answer.message_id, self.found
        if message_id and not found.delta:
            found = await _find(actor, message_id)
        return _Content(shared, message_id, found, is_admin=actor.role is Role.ADMIN)

    def _show(self, content: _Content) -> None:
        shared = content.shared
        zone = zone_of(shared.time_zone)
        is_asked = content.message_id == self.answer.message_id
        self._assign(
            keys=key_rows(shared.keys, shared.now, zone),
            latest=_arrival(shared.latest, shared.now, zone),
            found=content.found if is_asked else NOT_FOUND,
            reasons=[
                ReasonRow(code, words.refusal(code), words.number(events))
                for code, events in shared.reasons.items()
            ],
            refusals=[_refusal(each, shared.now, zone) for each in shared.refusals],
            requires_signature=shared.requires_signature,
            is_admin=content.is_admin,
        )
        self._show_code()

    def _show_code(self) -> None:
        chosen = next((row for row in self.keys if row.id == self.key_id), None)
        row = chosen or next(iter(self.keys), None)
        host, key = get_settings().public_url, row.key if row else NO_KEY
        self._assign(key_id=row.id if row else "")
        code_of = (host, key, self.requires_signature)
        if code_of == self._code_of:
            return
        self._code_of = code_of
        self._assign(
            key=key,
            sources=list(sources(host, key)),
            test_event=example_event(key),
            webhook_url=f"{host}{WEBHOOK_PATH}",
            webhook_example=webhook_example(
                host, key, is_signed=self.requires_signature
            ),
        )

    @rx.event
    def choose_key(self, key_id: str) -> None:
        """Put another key into what there is to paste."""
        if isinstance(key_id, str) and key_id in {row.id for row in self.keys}:
            self.key_id = key_id
            self._show_code()

    @rx.event
    async def make_secret(self) -> None:
        """Make the secret that webhooks are signed with, and show it this once."""
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            secret = await make_webhook_secret(session, actor)
        self._show(await self._read(actor, now))
        self.new_secret = secret
        await _announce(actor)

    @rx.event
    async def remove_secret(self) -> EventSpec:
        """Take webhooks that are not signed again."""
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            await remove_webhook_secret(session, actor)
        self._show(await self._read(actor, now))
        self.new_secret = ""
        await _announce(actor)
        return rx.toast.success("Webhooks are taken without a signature again.")

    @rx.event
    def begin(self) -> None:
        """Show that a test event is on its way."""
        self.sending = True
        self.answer = NO_ANSWER
        self.found = NOT_FOUND

    @rx.event
    def receive(self, answer: dict[str, object]) -> None:
        """Show what the ingest route answered, then look for the event's lead."""
        self.sending = False
        self.answer = _answer_of(answer)
        self.found = NOT_FOUND
        live.hub.wake(self.router.session.client_token)


async def _read_shared(actor: Actor, now: datetime) -> _Shared:
    async with database.transaction(actor.project_id) as session:
        latest = await list_recent_events(session, actor, limit=1)
        return _Shared(
            now=now,
            time_zone=actor.time_zone,
            keys=await list_write_keys(session, actor),
            latest=latest[0] if latest else None,
            reasons=await count_refused_events(session, actor, now=now),
            refusals=await list_refused_events(
                session, actor, now=now, limit=SHOWN_REFUSALS
            ),
            requires_signature=await requires_signature(session, actor),
        )


async def _find(actor: Actor, message_id: str) -> Found:
    async with database.transaction(actor.project_id) as session:
        event = await find_event(session, actor, message_id)
    if event is None:
        return NOT_FOUND
    return Found(
        lead=event.lead_label,
        href=f"{LEADS_PATH}/{event.lead_id}",
        delta="" if event.delta is None else words.signed(event.delta),
    )


def _arrival(event: RecentEvent | None, now: datetime, zone: tzinfo) -> Arrival:
    if event is None:
        return NO_ARRIVAL
    label = event.lead_label
    if event.bot:
        outcome = f"held back as {event.bot}"
    elif event.delta is None:
        outcome = "being scored"
    else:
        outcome = f"scored {words.signed(event.delta)}"
    return Arrival(
        type=event.type,
        lead=label if len(label) <= LONGEST_LABEL else f"{label[:LONGEST_LABEL]}…",
        href=f"{LEADS_PATH}/{event.lead_id}",
        arrived=moment_of(event.received_at, now=now, zone=zone),
        outcome=outcome,
    )


def _refusal(refused: RefusedEvent, now: datetime, zone: tzinfo) -> RefusalRow:
    return RefusalRow(
        id=refused.id,
        received=moment_of(refused.received_at, now=now, zone=zone),
        reason=words.refusal(refused.code),
        message=refused.message,
        event_type=refused.event_type or words.NOTHING,
        payload=refused.payload,
    )


async def _announce(actor: Actor) -> None:
    """Let every page read again, this one too: it may just show what it read before."""
    await asyncio.to_thread(publish_changes, [actor.project_id])


def _answer_of(sent: object) -> Answer:
    """Read what the page reports; whatever is not as expected is left out."""
    if not isinstance(sent, dict):
        return NO_ANSWER

    message_id = read_text(sent, "messageId", MAX_ID_LENGTH)
    return Answer(
        status=read_number(sent, "status"),
        milliseconds=read_number(sent, "milliseconds"),
        body=read_text(sent, "body", 2_000),
        message_id=message_id
        if find_unstorable_text({"id": message_id}) is None
        else "",
        failed=sent.get("failed") is True,
    )
