"""What other systems post about a lead, and the signature that proves it is theirs."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from leadpulse_app.domain.clients.fields import read_id, read_object, read_type
from leadpulse_app.domain.errors import InvalidSignatureError
from leadpulse_app.domain.event import (
    IngestedEvent,
    complete_event,
    invalid_event,
    parse_time,
)
from leadpulse_app.domain.properties import Json
from leadpulse_app.domain.traits import read_traits

SIGNATURE_HEADER = "x-webhook-signature"


def signature_of(body: bytes, secret: str) -> str:
    """Return the signature of a body: `sha256=` and an HMAC-SHA256 in hexadecimal.

    Args:
        body: The body, byte for byte.
        secret: The project's secret; its text is the key, as it stands.
    """
    return f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"


def check_signature(body: bytes, secret: str, given: str | None) -> None:
    """Let nothing pass but what was signed with the secret; takes constant time.

    Args:
        body: The body, byte for byte.
        secret: The project's secret.
        given: What the header says, if it is there.

    Raises:
        InvalidSignatureError: The signature is missing or another one.
    """
    if given is None:
        raise InvalidSignatureError(f"The header {SIGNATURE_HEADER} is missing")
    expected = signature_of(body, secret).encode()
    if not hmac.compare_digest(given.strip().lower().encode(), expected):
        raise InvalidSignatureError(
            f"The header {SIGNATURE_HEADER} does not match the body and the secret"
        )


def parse_webhook_event(
    payload: Mapping[str, Json], *, body: bytes, received_at: datetime
) -> IngestedEvent:
    """Return the event that a webhook tells of.

    `lead_id` is the sender's own id of the lead, `lead_email` the lead's email; one
    of the two is needed. `id` or `event_id` is the sender's id of the event. Where
    there is none and the event has a timestamp, the body itself is its id: sent
    again, byte for byte, it counts once. Without a timestamp two events may well read
    the same, so each counts.

    Args:
        payload: The body as parsed.
        body: The body, byte for byte.
        received_at: When it arrived, in UTC.

    Raises:
        InvalidInputError: A field is missing or can't be accepted; the details
            name it.
    """
    type_ = read_type(payload, "event_type")
    lead_id = read_id(payload, "lead_id")
    traits = _read_email(payload.get("lead_email"))
    if lead_id is None and traits is None:
        raise invalid_event({"lead_email": "is required where there is no lead_id"})
    timestamp = _read_timestamp(payload.get("timestamp"))
    message_id = read_id(payload, "id") or read_id(payload, "event_id")
    if message_id is None and timestamp is not None:
        message_id = f"sha256-{sha256(body).hexdigest()}"
    return complete_event(
        type=type_,
        message_id=message_id,
        anonymous_id=None,
        user_id=lead_id,
        session_id=None,
        properties=read_object(payload, "metadata"),
        timestamp=timestamp,
        sent_at=None,
        received_at=received_at,
        traits=traits,
    )


def _read_email(email: Json) -> Mapping[str, str] | None:
    if email is None or email == "":
        return None
    traits = read_traits({"email": email})
    if traits is None:
        raise invalid_event({"lead_email": "has to be an email address"})
    return traits


def _read_timestamp(timestamp: Json) -> datetime | None:
    if timestamp is None or timestamp == "":
        return None
    try:
        return parse_time(timestamp if isinstance(timestamp, str) else "")
    except ValueError:
        raise invalid_event(
            {"timestamp": "has to be an RFC 3339 time like 2026-01-31T09:30:00Z"}
        ) from None
