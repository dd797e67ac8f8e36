"""Reads the events of PostHog's clients.

They name a person by one `distinct_id`, be it known or made up, and write what they
add to an event's properties themselves with a `$` in front.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from leadpulse_app.domain.clients.fields import (
    Fields,
    read_fields,
    read_id,
    read_moment,
    read_object,
    read_type,
)
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import (
    IDENTIFY,
    IngestedEvent,
    complete_event,
    invalid_event,
)
from leadpulse_app.domain.properties import Json
from leadpulse_app.domain.traits import read_traits

COMPANY_GROUP_TYPES = frozenset({"company", "organization", "organisation", "account"})
"""Types of group that are a lead's company; a project or a team is not."""

_OWN_FIELDS = frozenset(
    {"token", "distinct_id", "$anon_distinct_id", "$set", "$set_once", "$session_id"}
)
"""Properties that an event of ours holds in a field of its own."""

_PAGE_PROPERTIES = {
    "url": "$current_url",
    "path": "$pathname",
    "referrer": "$referrer",
}


class Parcel(NamedTuple):
    """What a request holds."""

    events: Sequence[Json]
    places: Sequence[Fields]
    """The objects that may carry the write key, outermost first."""
    sent_at: datetime | None


def open_parcel(payload: object, *, sent_at: str | None) -> Parcel:
    """Return the events of a body: one, a list of them, or a `batch`.

    Args:
        payload: The body as parsed.
        sent_at: What the address says of when it was sent.

    Raises:
        InvalidInputError: It holds no events.
    """
    if isinstance(payload, list):
        fields: Fields = {}
        events = payload
    elif isinstance(payload, dict):
        fields = payload
        events = payload.get("batch", [payload])
    if not isinstance(payload, list | dict) or not isinstance(events, list):
        raise InvalidInputError("The body holds no event and no batch of events")
    first = events[0] if events and isinstance(events[0], dict) else {}
    properties = first.get("properties")
    return Parcel(
        events,
        [fields, first, properties if isinstance(properties, dict) else {}],
        _read_sending(fields.get("sent_at") or sent_at),
    )


def read_event(
    event: object, *, sent_at: datetime | None, received_at: datetime
) -> IngestedEvent:
    """Return an event as ours.

    Args:
        event: As parsed.
        sent_at: When the batch that it came in was sent.
        received_at: When it arrived, in UTC.

    Raises:
        InvalidInputError: A field is missing or can't be accepted.
    """
    fields = read_fields(event)
    sent = read_object(fields, "properties")
    type_ = read_type(fields, "event")
    person = {
        **read_object(fields, "$set_once"),
        **read_object(sent, "$set_once"),
        **read_object(fields, "$set"),
        **read_object(sent, "$set"),
    }
    own = read_id(fields, "distinct_id") or read_id(sent, "distinct_id")
    if own is None:
        raise invalid_event({"distinct_id": "is required"})
    anonymous_id, user_id = (own, None) if _is_anonymous(own, sent) else (None, own)
    previous_id = None
    traits = read_traits(person) if person else None
    properties = _theirs_first(sent)
    match type_:
        case "$pageview":
            type_ = "page_view"
            properties = {**_page(sent), **properties}
        case "$screen":
            type_ = "screen_view"
            properties = {**_screen(sent), **properties}
        case "$identify":
            type_ = IDENTIFY
            anonymous_id = read_id(sent, "$anon_distinct_id")
            user_id = own
            properties = person
        case "$set" | "$set_once":
            type_ = IDENTIFY
            properties = person
        case "$create_alias":
            type_ = "alias"
            # Either id may be the visitor's: the clients differ in which they put
            # where. So each is tried as both, as a previous id is anyway.
            anonymous_id = user_id = read_id(sent, "alias")
            previous_id = own
            if user_id is None:
                raise invalid_event({"alias": "is required"})
        case "$groupidentify":
            type_ = "group"
            kind, group_id = read_id(sent, "$group_type"), read_id(sent, "$group_key")
            if own == f"${kind}_{group_id}":
                raise InvalidInputError("The event describes a group and no person")
            group = read_object(sent, "$group_set")
            properties = {**group, **properties}
            if kind in COMPANY_GROUP_TYPES:
                company = read_traits({"company": group.get("name") or group_id})
                traits = {**(traits or {}), **(company or {})} or None
    sent_at = _read_sending(fields.get("sent_at")) or sent_at
    return complete_event(
        type=type_,
        message_id=read_id(fields, "uuid"),
        anonymous_id=anonymous_id,
        user_id=user_id,
        session_id=read_id(sent, "$session_id"),
        properties=properties,
        timestamp=read_moment(fields.get("timestamp"))
        or _read_age(fields.get("offset"), sent_at or received_at),
        sent_at=sent_at,
        received_at=received_at,
        previous_id=previous_id,
        traits=traits,
    )


def event_user_agent(event: object) -> str | None:
    """Return the visitor's user agent, where an event tells it."""
    properties = event.get("properties") if isinstance(event, dict) else None
    if not isinstance(properties, dict):
        return None
    agent = properties.get("$raw_user_agent") or properties.get("$user_agent")
    return agent if isinstance(agent, str) else None


def _is_anonymous(distinct_id: str, properties: Fields) -> bool:
    """Tell a visitor from a known person; servers send known ones alone."""
    return (
        properties.get("$is_identified") is False
        or properties.get("$device_id") == distinct_id
        or (
            properties.get("$process_person_profile") is False
            and "$is_identified" not in properties
        )
    )


def _theirs_first(properties: Fields) -> Fields:
    """Return the properties, the ones that the client added last.

    There may be more than are kept, and then it is these that matter least.
    """
    theirs: dict[str, object] = {}
    added: dict[str, object] = {}
    for name, value in properties.items():
        if name not in _OWN_FIELDS:
            (added if name.startswith("$") else theirs)[name] = value
    return theirs | added


def _page(properties: Fields) -> Fields:
    return {
        name: properties[theirs]
        for name, theirs in _PAGE_PROPERTIES.items()
        if properties.get(theirs) is not None
    }


def _screen(properties: Fields) -> Fields:
    name = properties.get("$screen_name")
    return {} if name is None else {"name": name}


def _read_sending(value: object) -> datetime | None:
    """Return a time that is written as RFC 3339 or in milliseconds."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value[:16])
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return read_moment(value)


def _read_age(value: object, sent_at: datetime) -> datetime | None:
    """Return when an event happened that was this many milliseconds old when sent."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return sent_at - timedelta(milliseconds=value)
    except (ValueError, OverflowError):
        return None
