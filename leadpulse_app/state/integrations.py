"""What a site needs to send events, and what became of a test event."""

import json
from dataclasses import dataclass
from datetime import datetime

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import list_recent_events
from leadpulse_app.services.keys import list_write_keys
from leadpulse_app.settings import get_settings
from leadpulse_app.state import words
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.pages import LivePage

RECENT_EVENTS = 200
"""How far back a test event is looked for among the project's newest."""


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
class _Content:
    key: str
    found: Found


class IntegrationsState(LivePage, rx.State):
    """What the page of the integrations shows."""

    key: str = ""
    snippet: str = ""
    curl: str = ""
    test_event: str = ""
    sending: bool = False
    answer: Answer = NO_ANSWER
    found: Found = NOT_FOUND

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        message_id = self.answer.message_id
        async with database.transaction(actor.project_id) as session:
            keys = await list_write_keys(session, actor)
            events = (
                await list_recent_events(session, actor, limit=RECENT_EVENTS)
                if message_id
                else ()
            )
        event = next((each for each in events if each.message_id == message_id), None)
        return _Content(
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

    @rx.event
    def begin(self) -> None:
        """Show that a test event is on its way."""
        self.sending = True
        self.answer = NO_ANSWER
        self.found = NOT_FOUND

    @rx.event
    def receive(self, answer: dict[str, object]) -> EventSpec | None:
        """Show what the ingest route answered, then look for the event's lead."""
        self.sending = False
        self.answer = _answer_of(answer)
        return IntegrationsState.follow if self.answer.message_id else None


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

    return Answer(
        status=number("status"),
        milliseconds=number("milliseconds"),
        body=text("body", 2_000),
        message_id=text("messageId", 256),
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
