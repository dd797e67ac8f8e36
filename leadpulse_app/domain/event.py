"""One event as it is taken in: validated, dated, and within every limit.

Nothing but an `IngestedEvent` reaches the database, so Postgres can store whatever
a constructor here let through.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.identity import Alias, resolving_alias
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.properties import (
    Json,
    find_unstorable_text,
    sanitise_properties,
)
from leadpulse_app.domain.traits import read_traits

EARLIEST_OCCURRENCE = datetime(2000, 1, 1, tzinfo=UTC)
"""An event dated before this comes from a clock that was never set."""

IDENTIFY = "identify"
"""The type of event by which a sender tells who a lead is."""

MAX_ID_LENGTH = 256
MAX_TYPE_LENGTH = 64

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)

_FIELD_RULES = {
    "event": "has to be 1 to 64 letters, digits or underscores",
    "timestamp": "has to be an RFC 3339 time like 2026-01-31T09:30:00Z",
    "properties": "has to be an object",
}
_FIELD_RULES["sentAt"] = _FIELD_RULES["timestamp"]
ID_RULE = "has to be a string of 1 to 256 characters, none of them NUL"
UNSTORABLE_RULE = "may not contain NUL or unpaired surrogates"


class IngestedEvent(NamedTuple):
    """An event that is ready to be stored. Its times are in UTC."""

    message_id: str
    type: str
    anonymous_id: str | None
    user_id: str | None
    session_id: str | None
    properties: Mapping[str, Json]
    timestamp: datetime | None
    sent_at: datetime | None
    received_at: datetime
    occurred_at: datetime
    previous_id: str | None = None
    """Another id of the same person, which an `alias` names."""
    traits: Mapping[str, str] | None = None
    """What it says of its person, as `read_traits` returns it."""
    quarantine: str | None = None
    """Why it may not be scored before a person releases it."""

    @property
    def alias(self) -> Alias:
        """The name that decides which lead the event belongs to.

        Raises:
            ValueError: It names nobody.
        """
        return resolving_alias(
            user_id=self.user_id,
            anonymous_id=self.anonymous_id,
            email=self.traits.get("email") if self.traits else None,
        )


def occurrence_of(
    *, timestamp: datetime | None, sent_at: datetime | None, received_at: datetime
) -> datetime:
    """Return when an event happened, by the receiver's clock.

    The sender's clock may be wrong, but it is wrong by as much when it stamps as when
    it sends; so an event with both times happened `sent_at - timestamp` before it was
    received. One with a timestamp alone is believed. What then lies in the future, or
    before `EARLIEST_OCCURRENCE`, counts as happening when it was received.
    """
    if timestamp is None:
        return received_at
    try:
        occurred_at = (
            timestamp if sent_at is None else received_at - (sent_at - timestamp)
        )
    except OverflowError:  # a difference of millennia
        return received_at
    if EARLIEST_OCCURRENCE <= occurred_at < received_at:
        return occurred_at
    return received_at


def parse_native_event(
    payload: object, *, received_at: datetime, sent_at: datetime | None = None
) -> IngestedEvent:
    """Return the event that a native JSON object describes.

    A missing message id is made here. Unknown fields are ignored.

    Args:
        payload: The object as parsed.
        received_at: When it arrived, in UTC.
        sent_at: When the batch that it came in was sent, where it has no time of its
            own for that.

    Raises:
        InvalidInputError: A field is missing or can't be accepted; the details
            name it.
    """
    if not isinstance(payload, Mapping):
        raise InvalidInputError("The event is not a JSON object")
    try:
        fields = _NativeFields.model_validate(payload)
    except ValidationError as error:
        raise invalid_event(
            {
                str(problem["loc"][0]): (
                    "is required"
                    if problem["type"] == "missing"
                    else _FIELD_RULES.get(str(problem["loc"][0]), ID_RULE)
                )
                for problem in error.errors(include_url=False, include_input=False)
            }
        ) from None
    if fields.anonymous_id is None and fields.user_id is None:
        raise invalid_event({"anonymousId": "is required where there is no userId"})
    properties = fields.properties or {}
    return complete_event(
        type=fields.event,
        message_id=fields.message_id,
        anonymous_id=fields.anonymous_id,
        user_id=fields.user_id,
        session_id=fields.session_id,
        properties=properties,
        timestamp=fields.timestamp,
        sent_at=fields.sent_at or sent_at,
        received_at=received_at,
        traits=read_traits(properties) if fields.event == IDENTIFY else None,
    )


def parse_sent_at(batch: Mapping[str, Any]) -> datetime | None:
    """Return when a native batch says that it was sent.

    Raises:
        InvalidInputError: That is no RFC 3339 time.
    """
    text = batch.get("sentAt")
    if text is None:
        return None
    try:
        return parse_time(text)
    except (TypeError, ValueError):
        raise invalid_event({"sentAt": _FIELD_RULES["sentAt"]}) from None


def complete_event(
    *,
    type: str,  # noqa: A002
    message_id: str | None,
    anonymous_id: str | None,
    user_id: str | None,
    session_id: str | None,
    properties: Mapping[str, Json],
    timestamp: datetime | None,
    sent_at: datetime | None,
    received_at: datetime,
    traits: Mapping[str, str] | None,
    previous_id: str | None = None,
) -> IngestedEvent:
    """Return an event whose fields were checked, with what follows from them.

    That is when it happened, a message id where it has none, and its properties
    within their limits.

    Raises:
        InvalidInputError: The properties or traits hold text that can't be stored.
    """
    if find_unstorable_text(properties) is not None:
        raise invalid_event({"properties": UNSTORABLE_RULE})
    if traits and find_unstorable_text(traits) is not None:
        raise invalid_event({"traits": UNSTORABLE_RULE})
    return IngestedEvent(
        message_id or str(uuid7(received_at)),
        type,
        anonymous_id,
        user_id,
        session_id,
        sanitise_properties(properties),
        timestamp,
        sent_at,
        received_at,
        occurrence_of(timestamp=timestamp, sent_at=sent_at, received_at=received_at),
        previous_id,
        traits,
    )


def invalid_event(details: Mapping[str, str]) -> InvalidInputError:
    """Return what refuses an event for these problems, by field."""
    field, problem = next(iter(details.items()))
    return InvalidInputError(
        f"The event is invalid: {field} {problem}", details=details
    )


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time, in UTC; one without an offset is taken as UTC.

    Raises:
        ValueError: It is none, or lies outside of the calendar.
    """
    if not _RFC_3339.fullmatch(text):
        raise ValueError("not an RFC 3339 time")
    time = datetime.fromisoformat(text.upper())
    if time.tzinfo is None:
        return time.replace(tzinfo=UTC)
    if time.tzinfo is UTC:
        return time
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside of the calendar") from None


def _read_time(value: object) -> object:
    return parse_time(value) if isinstance(value, str) else value


_Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_ID_LENGTH, pattern=r"^[^\x00]*$"),
]
_EventType = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]
_Time = Annotated[datetime, BeforeValidator(_read_time)]


class _NativeFields(BaseModel):
    model_config = ConfigDict(strict=True)

    event: _EventType
    message_id: _Id | None = Field(None, alias="messageId")
    anonymous_id: _Id | None = Field(None, alias="anonymousId")
    user_id: _Id | None = Field(None, alias="userId")
    session_id: _Id | None = Field(None, alias="sessionId")
    timestamp: _Time | None = None
    sent_at: _Time | None = Field(None, alias="sentAt")
    properties: dict[str, Any] | None = None
