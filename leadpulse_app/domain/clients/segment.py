"""Reads the calls of Segment's clients and of those that speak as they do.

Segment, RudderStack and Jitsu send the same six calls: `track`, `page`, `screen`,
`identify`, `alias` and `group`. A call says what kind it is, or its route does.
"""

from datetime import datetime

from leadpulse_app.domain.clients.fields import (
    Fields,
    read_fields,
    read_id,
    read_moment,
    read_object,
    read_type,
)
from leadpulse_app.domain.errors import UnknownTypeError
from leadpulse_app.domain.event import (
    IDENTIFY,
    IngestedEvent,
    complete_event,
    invalid_event,
)
from leadpulse_app.domain.traits import read_traits

_PAGE_FIELDS = ("path", "url", "title", "referrer")


def read_call(
    call: object,
    *,
    kind: str | None = None,
    sent_at: datetime | None,
    received_at: datetime,
) -> IngestedEvent:
    """Return the event that a call describes.

    Args:
        call: As parsed.
        kind: What the route says it is; None where the call says so itself.
        sent_at: When the batch that it came in was sent.
        received_at: When it arrived, in UTC.

    Raises:
        UnknownTypeError: It is none of the six calls.
        InvalidInputError: A field is missing or can't be accepted.
    """
    fields = read_fields(call)
    context = read_object(fields, "context")
    known = read_object(context, "traits")
    user_id = read_id(fields, "userId")
    previous_id = None
    traits = read_traits(known) if known else None
    match kind or fields.get("type"):
        case "track":
            type_ = read_type(fields, "event")
            properties = read_object(fields, "properties")
        case "page":
            type_ = "page_view"
            page = read_object(context, "page")
            properties = {
                **_only(page, _PAGE_FIELDS),
                **_only(fields, ("name", "category")),
                **read_object(fields, "properties"),
            }
        case "screen":
            type_ = "screen_view"
            properties = {
                **_only(fields, ("name", "category")),
                **read_object(fields, "properties"),
            }
        case "identify":
            type_ = IDENTIFY
            properties = {**known, **read_object(fields, "traits")}
            traits = read_traits(properties)
        case "group":
            type_ = "group"
            group = read_object(fields, "traits")
            properties = {**_only(fields, ("groupId",)), **group}
            traits = _with_company(traits, group, read_id(fields, "groupId"))
        case "alias":
            type_ = "alias"
            properties = read_object(fields, "properties")
            user_id = user_id or read_id(fields, "to")
            previous_id = read_id(fields, "previousId") or read_id(fields, "from")
            if previous_id is None:
                raise invalid_event({"previousId": "is required"})
        case None:
            raise invalid_event({"type": "is required"})
        case _:
            raise UnknownTypeError(
                "The event's type has to be track, page, screen, identify, alias or "
                "group",
            )
    anonymous_id = read_id(fields, "anonymousId")
    if user_id is None and anonymous_id is None and "email" not in (traits or ()):
        raise invalid_event({"userId": "is required where there is no anonymousId"})
    return complete_event(
        type=type_,
        message_id=read_id(fields, "messageId"),
        anonymous_id=anonymous_id,
        user_id=user_id,
        session_id=read_id(context, "sessionId"),
        properties=properties,
        timestamp=read_moment(
            fields.get("timestamp") or fields.get("originalTimestamp")
        ),
        sent_at=read_moment(fields.get("sentAt")) or sent_at,
        received_at=received_at,
        previous_id=previous_id,
        traits=traits,
    )


def call_user_agent(call: object) -> str | None:
    """Return the visitor's user agent, where a call tells it."""
    context = call.get("context") if isinstance(call, dict) else None
    agent = context.get("userAgent") if isinstance(context, dict) else None
    return agent if isinstance(agent, str) else None


def _only(source: Fields, names: tuple[str, ...]) -> Fields:
    return {name: source[name] for name in names if source.get(name) is not None}


def _with_company(
    traits: dict[str, str] | None, group: Fields, group_id: str | None
) -> dict[str, str]:
    """Return a person's traits with the company that a group is."""
    company = read_traits({"company": group.get("name") or group_id})
    if company is None:
        raise invalid_event({"groupId": "is required where the group has no name"})
    return {**(traits or {}), **company}
