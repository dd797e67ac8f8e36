"""Reads the fields that all other clients share, as kindly as can be.

Whoever uses a client can't mend it. So an empty field counts as absent, a number may
be an id, and no time is too odd; but nothing is made up about whose an event is.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import (
    ID_RULE,
    MAX_ID_LENGTH,
    MAX_TYPE_LENGTH,
    invalid_event,
    parse_time,
)
from leadpulse_app.domain.properties import INTEGER_RANGE

Fields = Mapping[str, Any]
"""A JSON object as parsed."""

_ID = re.compile(f"[^\x00\ud800-\udfff]{{1,{MAX_ID_LENGTH}}}")

_TYPE = re.compile(
    rf"(?!\$(?:fields|adjust)\Z)[A-Za-z0-9_ .:\-$]{{1,{MAX_TYPE_LENGTH}}}"
)  # but for the types that the fold keeps for itself

_TYPE_RULE = "has to be 1 to 64 letters, digits, spaces or any of _ . : - $"


def read_fields(value: object) -> Fields:
    """Return an event as an object.

    Raises:
        InvalidInputError: It is something else.
    """
    if not isinstance(value, dict):
        raise InvalidInputError("The event is not a JSON object")
    return value


def read_object(fields: Fields, name: str) -> Fields:
    """Return the object of a name; an empty one where there is nothing.

    PHP writes an empty object as an empty list.

    Raises:
        InvalidInputError: It is something else.
    """
    value = fields.get(name)
    if not value:
        return {}
    if not isinstance(value, dict):
        raise invalid_event({name: "has to be an object"})
    return value


def read_id(fields: Fields, name: str) -> str | None:
    """Return the id of a name; None where there is none, or an empty one.

    Ids that are whole numbers count as written.

    Raises:
        InvalidInputError: It is something else, or can't be kept.
    """
    value = fields.get(name)
    if value is None or value == "":
        return None
    if type(value) is int and value in INTEGER_RANGE:
        return str(value)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise invalid_event({name: ID_RULE})
    return value


def read_type(fields: Fields, name: str) -> str:
    """Return the type of event that stands under a name.

    Raises:
        InvalidInputError: It is not a name of 1 to 64 of the characters that others'
            event names may have, or it is reserved.
    """
    value = fields.get(name)
    if value is None:
        raise invalid_event({name: "is required"})
    if not isinstance(value, str) or not _TYPE.fullmatch(value):
        raise invalid_event({name: _TYPE_RULE})
    return value


def read_moment(value: object) -> datetime | None:
    """Return a moment in UTC; None where it can't be read.

    An event whose time can't be read counts as happening when it was received: that
    is most often true enough, and to lose it never is.
    """
    if not isinstance(value, str):
        return None
    try:
        return parse_time(value)
    except ValueError:
        return None
