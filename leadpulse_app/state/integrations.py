"""What a site needs to send events, what became of a test event, what was refused."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.event import MAX_ID_LENGTH
from leadpulse_app.domain.properties import find_unstorable_text
from leadpulse_app.domain.webhook import SIGNATURE_HEADER
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import find_event
from leadpulse_app.services.keys import list_write_keys
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
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.moments import Moment, moment_of, zone_of
from leadpulse_app.state.pages import LivePage

SHOWN_REFUSALS = 20
"""Refused events on the page: each of them may carry 2 KB of what was sent."""

WEBHOOK_PATH = "/api/webhooks/events"


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
class _Content:
    actor: Actor
    now: datetime
    key: str
    found: Found
    reasons: Mapping[str, int]
    refusals: Sequence[RefusedEvent]
    requires_signature: bool


class IntegrationsState(LivePage, rx.State):
    """What the page of the integrations shows."""

    key: str = ""
    snippet: str = ""
    curl: str = ""
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

    def _open(self) -> None:
        super()._open()
        self.new_secret = ""
        self.sending = False  # a page that is loaded anew waits for no answer

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        message_id = self.answer.message_id
        async with database.transaction(actor.project_id) as session:
            keys = await list_write_keys(session, actor)
            event = await find_event(session, actor, message_id) if message_id else None
            reasons = await count_refused_events(session, actor, now=now)
            refusals = await list_refused_events(
                session, actor, now=now, limit=SHOWN_REFUSALS
            )
            is_signed = await requires_signature(session, actor)
        return _Content(
            actor=actor,
            now=now,
            reasons=reasons,
            refusals=refusals,
            requires_signature=is_signed,
            key=keys[0].key if keys else "",
            found=NOT_FOUND
            if event is None
            else Found(
                lead=event.lead_label,
                href=f"{LEADS_PATH}/{event.lead_id}",
                delta="" if event.delta is None else words.signed(event.delta),
            ),
        )

    def _show(self, content: _Content) -> None:
        host = get_settings().public_url
        self.key = content.key
        self.snippet = snippet(host, content.key)
        self.curl = curl_example(host, content.key)
        self.test_event = example_event(content.key)
        self.found = content.found
        self.reasons = [
            ReasonRow(code, words.refusal(code), words.number(events))
            for code, events in content.reasons.items()
        ]
        zone = zone_of(content.actor.time_zone)
        self.refusals = [
            RefusalRow(
                id=refused.id,
                received=moment_of(refused.received_at, now=content.now, zone=zone),
                reason=words.refusal(refused.code),
                message=refused.message,
                event_type=refused.event_type or words.NOTHING,
                payload=refused.payload,
            )
            for refused in content.refusals
        ]
        self.webhook_url = f"{host}{WEBHOOK_PATH}"
        self.webhook_example = webhook_example(
            host, content.key, is_signed=content.requires_signature
        )
        self.requires_signature = content.requires_signature
        self.is_admin = content.actor.role is Role.ADMIN

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
        live.hub.wake(self.router.session.client_token)


async def _announce(actor: Actor) -> None:
    """Let every page read again, this one too: it may just show what it read before."""
    await asyncio.to_thread(publish_changes, [actor.project_id])


def _answer_of(sent: object) -> Answer:
    """Read what the page reports; whatever is not as expected is left out."""
    if not isinstance(sent, dict):
        return NO_ANSWER

    def number(name: str) -> int:
        value = sent.get(name)
        return value if isinstance(value, int) and 0 <= value < 10**6 else 0

    def text(name: str, limit: int) -> str:
        value = sent.get(name)
        return value[:limit] if isinstance(value, str) else ""

    message_id = text("messageId", MAX_ID_LENGTH)
    return Answer(
        status=number("status"),
        milliseconds=number("milliseconds"),
        body=text("body", 2_000),
        message_id=message_id
        if find_unstorable_text({"id": message_id}) is None
        else "",
        failed=sent.get("failed") is True,
    )


def snippet(host: str, key: str) -> str:
    """Return the tag that a site pastes before its closing head tag."""
    return f'<script async src="{host}/sdk/ls.js"\n  data-api-key="{key}"></script>'


def example_event(key: str) -> str:
    """Return an event as the ingest route takes it, ready to be edited."""
    return json.dumps(
        {
            "apiKey": key,
            "event": "demo_request",
            "anonymousId": "test-visitor",
            "properties": {"path": "/pricing"},
        },
        indent=2,
    )


def curl_example(host: str, key: str) -> str:
    """Return a first event as a command line."""
    return (
        f"curl {host}/api/ingest/event \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{example_event(key)}'"
    )


def webhook_example(host: str, key: str, *, is_signed: bool) -> str:
    """Return a webhook as a command line, with its signature where it needs one."""
    event = {
        "event_type": "demo_request",
        "lead_email": "ada@example.com",
        "lead_id": "crm-1842",
        "metadata": {"plan": "team"},
    }
    body = json.dumps(event, indent=2)
    command = [f"curl {host}{WEBHOOK_PATH}", f"-H 'X-Write-Key: {key}'"]
    if not is_signed:
        return " \\\n  ".join([*command, f"-d '{body}'"])
    sign = 'openssl dgst -sha256 -hmac "$SECRET" -r | cut -c 1-64'
    command += [
        f'-H "{SIGNATURE_HEADER}: sha256=$(printf %s "$BODY" | {sign})"',
        '-d "$BODY"',
    ]
    return f"SECRET='…'\nBODY='{body}'\n" + " \\\n  ".join(command)
