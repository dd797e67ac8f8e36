"""The routes for other products' clients: whatever these send, they are told 200.

Many know no other success, and resend all of a batch, or drop it, for one bad event.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import parse_qs
from uuid import UUID

from leadpulse_app.api.ingest.answer import Answer, answer
from leadpulse_app.api.ingest.body import (
    check_number,
    count_events,
    parse_json,
    parse_object,
    read_list,
)
from leadpulse_app.api.ingest.intake import Intake, quarantined
from leadpulse_app.api.ingest.request import Request
from leadpulse_app.domain.clients.fields import read_moment
from leadpulse_app.domain.clients.posthog import (
    event_user_agent,
    open_parcel,
    read_event,
)
from leadpulse_app.domain.clients.segment import call_user_agent, read_call
from leadpulse_app.domain.errors import (
    InvalidInputError,
    TooLargeError,
    TooManyRequestsError,
    UnavailableError,
)
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.properties import Json

MAX_BYTES = 4 * 1024 * 1024
MAX_POSTHOG_BYTES = 6 * 1024 * 1024

MAX_FORM_BYTES = 512 * 1024
"""Browsers send 64 KB from a page that is being closed; forms are slow to read."""

MAX_FORM_FIELDS = 10

MAX_EVENTS = 10_000
"""In a body; no client's own limits let it send as many."""


def call_taker(kind: str) -> Callable[[Intake, Request], Awaitable[Answer]]:
    """Return what takes one call of this kind, as Segment's clients send it."""

    async def take_call(intake: Intake, request: Request) -> Answer:
        call = parse_object(request.body)
        project_id = await intake.admit(request, (call,), events=1)
        return await _store(intake, request, project_id, call, [call], kind=kind)

    return take_call


async def take_calls(intake: Intake, request: Request) -> Answer:
    """Answer once the calls of a batch of Segment's, or of one like it, are stored."""
    payload = parse_object(request.body)
    project_id = await intake.admit(
        request, (payload,), events=count_events(payload, "batch")
    )
    calls = read_list(payload, "batch", limit=MAX_EVENTS)
    return await _store(intake, request, project_id, payload, calls)


async def _store(
    intake: Intake,
    request: Request,
    project_id: UUID,
    payload: Mapping[str, Json],
    calls: Sequence[Json],
    *,
    kind: str | None = None,
) -> Answer:
    sent_at = read_moment(payload.get("sentAt"))
    agent = request.visitor_agent

    def read(call: Json) -> IngestedEvent:
        event = read_call(
            call, kind=kind, sent_at=sent_at, received_at=request.received_at
        )
        return quarantined(event, call_user_agent(call) or agent)

    outcome = await intake.store_all(project_id, calls, read)
    return _told(outcome.queued + outcome.duplicates, outcome.rejected)


async def take_posthog(intake: Intake, request: Request) -> Answer:
    """Answer once the events that PostHog's clients sent are stored."""
    payload = parse_json(_form_data(request.body))
    sent_at = request.query("sent_at") or request.query("_")
    events, places, sent = open_parcel(payload, sent_at=sent_at)
    check_number(events, MAX_EVENTS)
    try:
        project_id = await intake.admit(request, places, events=len(events))
    except TooManyRequestsError as error:
        # Told 429, the client for browsers would drop its events.
        raise UnavailableError(error.message, retry_after=error.retry_after) from None
    agent = request.visitor_agent

    def read(item: Json) -> IngestedEvent:
        event = read_event(item, sent_at=sent, received_at=request.received_at)
        return quarantined(event, event_user_agent(item) or agent)

    outcome = await intake.store_all(project_id, events, read)
    return _told(outcome.queued + outcome.duplicates, outcome.rejected)


def _told(accepted: int, rejected: Sequence[Mapping[str, object]]) -> Answer:
    content = {
        "success": True,
        "status": 1,
        "accepted": accepted,
        "rejected": rejected,
    }
    return answer(200, content)


def _form_data(body: bytes) -> bytes:
    """Return the JSON of a form, as a page sends it that is being closed.

    It is the one field `data`, and most often in base64.
    """
    if not body.startswith(b"data="):
        return body
    if len(body) > MAX_FORM_BYTES:
        raise TooLargeError(f"The form is over {MAX_FORM_BYTES} bytes")
    try:
        form = parse_qs(body.decode("ascii"), max_num_fields=MAX_FORM_FIELDS)
        data = form["data"][0]
        if data.startswith(("{", "[")):
            return data.encode()
        return base64.b64decode(data.replace(" ", "+"), validate=True)
    except (ValueError, KeyError, binascii.Error):
        raise InvalidInputError("The form has no data that is JSON") from None
