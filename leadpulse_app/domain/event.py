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

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)

_FIELD_RULES = {
    "event": "has to be 1 to 64 letters, digits or underscores",
    "timestamp": "has to be an RFC 3339 time like 2026-01-31T09:30:00Z",
    "properties": "has to be an object",
}
_FIELD_RULES["sentAt"] = _FIELD_RULES["timestamp"]
_ID_RULE = "has to be a string of 1 to 256 characters, none of them NUL"


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
    payload: Mapping[str, Any], *, received_at: datetime
) -> IngestedEvent:
    """Return the event that a native JSON object describes.

    A missing message id is made here. Unknown fields are ignored.

    Args:
        payload: The object as parsed.
        received_at: When it arrived, in UTC.

    Raises:
        InvalidInputError: A field is missing or can't be accepted; the details
            name it.
    """
    try:
        fields = _NativeFields.model_validate(payload)
    except ValidationError as error:
        raise _invalid(
            {
                str(problem["loc"][0]): (
                    "is required"
                    if problem["type"] == "missing"
                    else _FIELD_RULES.get(str(problem["loc"][0]), _ID_RULE)
                )
                for problem in error.errors(include_url=False, include_input=False)
            }
        ) from None
    if fields.anonymous_id is None and fields.user_id is None:
        raise _invalid({"anonymousId": "is required where there is no userId"})
    properties = fields.properties or {}
    if find_unstorable_text(properties) is not None:
        raise _invalid({"properties": "may not contain NUL or unpaired surrogates"})
    return IngestedEvent(
        message_id=fields.message_id or str(uuid7(received_at)),
        type=fields.event,
        anonymous_id=fields.anonymous_id,
        user_id=fields.user_id,
        session_id=fields.session_id,
        properties=sanitise_properties(properties),
        timestamp=fields.timestamp,
        sent_at=fields.sent_at,
        received_at=received_at,
        occurred_at=occurrence_of(
            timestamp=fields.timestamp, sent_at=fields.sent_at, received_at=received_at
        ),
        traits=read_traits(properties) if fields.event == IDENTIFY else None,
    )


def _invalid(details: Mapping[str, str]) -> InvalidInputError:
    field, problem = next(iter(details.items()))
    return InvalidInputError(
        f"The event is invalid: {field} {problem}", details=details
    )


def _read_time(value: object) -> object:
    """Read an RFC 3339 time; one without an offset is taken as UTC."""
    if not isinstance(value, str):
        return value
    if not _RFC_3339.fullmatch(value):
        raise ValueError("not an RFC 3339 time")
    time = datetime.fromisoformat(value.upper())
    if time.tzinfo is None:
        return time.replace(tzinfo=UTC)
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside of the calendar") from None


_Id = Annotated[
    str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]*$")
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
