"""Makes events of the records of an uploaded file.

A record without a message id gets one that follows from its content and from how many
records of the file before it say the same. So a file that is uploaded again counts
once, and what a file says twice counts twice.
"""

import json
from collections import Counter
from datetime import datetime
from hashlib import blake2b

from leadpulse_app.domain.clients.fields import read_id, read_object, read_type
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import (
    IDENTIFY,
    IngestedEvent,
    complete_event,
    invalid_event,
    parse_time,
)
from leadpulse_app.domain.traits import read_traits
from leadpulse_app.domain.uploads.records import PROPERTIES, Record
from leadpulse_app.domain.uploads.table import Problem

INVALID_EVENT = "invalid_event"


class EventReader:
    """Reads the records of one file, in their order."""

    def __init__(self, *, received_at: datetime) -> None:
        """Begin with a file.

        Args:
            received_at: When it was uploaded, in UTC.
        """
        self._received_at = received_at
        self._alike: Counter[int] = Counter()

    def read(self, record: Record) -> IngestedEvent | Problem:
        """Return the event that a record means, or why it means none."""
        try:
            return self._read(record)
        except InvalidInputError as error:
            return Problem(record.line, INVALID_EVENT, _told(error))

    def _read(self, record: Record) -> IngestedEvent:
        fields = record.fields
        event_type = read_type(fields, "event")
        anonymous_id = read_id(fields, "anonymousId")
        user_id = read_id(fields, "userId")
        session_id = read_id(fields, "sessionId")
        email = read_id(fields, "email")
        timestamp = _read_timestamp(fields.get("timestamp"))
        properties = read_object(fields, PROPERTIES)
        told = dict(properties) if event_type == IDENTIFY else {}
        if email is not None:
            told["email"] = email
        traits = read_traits(told) if told else None
        known_email = traits.get("email") if traits else None
        if email is not None and known_email is None:
            raise invalid_event({"email": "has to be like ada@example.com"})
        if anonymous_id is None and user_id is None and known_email is None:
            raise invalid_event({"anonymousId": "or userId or email is required"})
        content = (
            event_type,
            anonymous_id,
            user_id,
            session_id,
            traits,
            timestamp and timestamp.isoformat(),
            properties,
        )
        return complete_event(
            type=event_type,
            message_id=read_id(fields, "messageId") or self._message_id(content),
            anonymous_id=anonymous_id,
            user_id=user_id,
            session_id=session_id,
            properties=properties,
            timestamp=timestamp,
            sent_at=None,  # a file is no client, whose clock could be told from it
            received_at=self._received_at,
            traits=traits,
        )

    def _message_id(self, content: object) -> str:
        written = json.dumps(content, sort_keys=True).encode()
        digest = blake2b(written, digest_size=16)
        # Half of the digest tells the records of one file apart, at half the memory.
        half = int.from_bytes(digest.digest()[:8])
        self._alike[half] += 1
        return f"upload-{digest.hexdigest()}-{self._alike[half]}"


def _told(error: InvalidInputError) -> str:
    details = error.details or {}
    return "; ".join(f"{field} {rule}" for field, rule in details.items()) or (
        error.message
    )


def _read_timestamp(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        return parse_time(value if isinstance(value, str) else "")
    except ValueError:
        raise invalid_event(
            {"timestamp": "has to be a time like 2026-01-31T09:30:00Z"}
        ) from None
