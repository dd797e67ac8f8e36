"""The route that other systems' webhooks post to, signed once a secret is set."""

from leadpulse_app.api.ingest.answer import Answer, answer
from leadpulse_app.api.ingest.body import parse_object
from leadpulse_app.api.ingest.intake import Intake
from leadpulse_app.api.ingest.request import Request
from leadpulse_app.domain.errors import InvalidInputError, InvalidSignatureError
from leadpulse_app.domain.webhook import (
    SIGNATURE_HEADER,
    check_signature,
    parse_webhook_event,
)


async def take_webhook(intake: Intake, request: Request) -> Answer:
    """Answer once the event that a webhook tells of is durable."""
    payload = parse_object(request.body)
    project_id = await intake.admit(request, (payload,), events=1)
    secret = await intake.webhook_secret_of(project_id)
    try:
        if secret is not None:
            given = request.header(SIGNATURE_HEADER.encode())
            check_signature(request.body, secret, given)
        event = parse_webhook_event(
            payload, body=request.body, received_at=request.received_at
        )
        status = await intake.group_commit.submit(project_id, event)
    except (InvalidInputError, InvalidSignatureError) as error:
        await intake.keep_rejected(project_id, [(payload, error)])
        raise
    return answer(202, {"success": True, "status": status, "eventId": event.message_id})
