"""The routes of our own: one event, or a batch of them, exactly as documented."""

from leadpulse_app.api.ingest.answer import Answer, answer
from leadpulse_app.api.ingest.body import count_events, parse_object, read_list
from leadpulse_app.api.ingest.intake import Intake, quarantined
from leadpulse_app.api.ingest.request import Request
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import (
    IngestedEvent,
    parse_native_event,
    parse_sent_at,
)
from leadpulse_app.domain.properties import Json

MAX_BATCH_BYTES = 500 * 1024
MAX_BATCH_EVENTS = 2_500


async def take_event(intake: Intake, request: Request) -> Answer:
    """Answer once an event is durable."""
    payload = parse_object(request.body)
    project_id = await intake.admit(request, (payload,), events=1)
    try:
        event = parse_native_event(payload, received_at=request.received_at)
        event = quarantined(event, request.visitor_agent)
        status = await intake.group_commit.submit(project_id, event)
    except InvalidInputError as error:
        await intake.keep_rejected(project_id, [(payload, error)])
        raise
    return answer(202, {"success": True, "status": status, "eventId": event.message_id})


async def take_batch(intake: Intake, request: Request) -> Answer:
    """Answer once all events of a batch that can be are durable."""
    payload = parse_object(request.body)
    project_id = await intake.admit(
        request, (payload,), events=count_events(payload, "events")
    )
    batch = read_list(payload, "events", limit=MAX_BATCH_EVENTS)
    sent_at = parse_sent_at(payload)
    agent = request.visitor_agent

    def read(item: Json) -> IngestedEvent:
        event = parse_native_event(
            item, received_at=request.received_at, sent_at=sent_at
        )
        return quarantined(event, agent)

    outcome = await intake.store_all(project_id, batch, read)
    return answer(
        202,
        {
            "success": True,
            "accepted": outcome.queued,
            "duplicates": outcome.duplicates,
            "rejected": outcome.rejected,
        },
    )
