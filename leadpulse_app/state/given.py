"""Reads what any client can send, as it was meant: nothing else gets through."""

from collections.abc import Mapping
from uuid import UUID

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.event import MAX_ID_LENGTH
from leadpulse_app.domain.lead_filter import MAXIMUM_QUERY_LENGTH

_UUID_LENGTH = 36


def read_text(given: object, name: str, limit: int | None = None) -> str:
    """Return a text of a form or an answer, cut at a limit; empty where it is none."""
    value = given.get(name) if isinstance(given, Mapping) else None
    return value[:limit] if isinstance(value, str) else ""


def read_number(given: object, name: str) -> int:
    """Return a number of an answer, below 10^9; 0 where it is none."""
    value = given.get(name) if isinstance(given, Mapping) else None
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


def read_uuid(given: object) -> UUID | None:
    """Return an id, or None where it can't be one."""
    if not isinstance(given, str) or len(given) != _UUID_LENGTH:
        return None
    try:
        return UUID(given)
    except ValueError:
        return None


def require_uuid(given: object, name: str) -> UUID:
    """Return an id.

    Args:
        given: What was sent.
        name: What it is the id of, as "lead".

    Raises:
        NotFoundError: It can't be one, so there is no such thing.
    """
    found = read_uuid(given)
    if found is None:
        raise NotFoundError(f"There is no such {name}")
    return found


def read_query(given: object) -> str:
    """Return what is searched for, without what can't be typed; empty for nothing."""
    text = given if isinstance(given, str) else ""
    return "".join(filter(str.isprintable, text))[:MAXIMUM_QUERY_LENGTH].strip()


def read_message_id(given: object) -> str:
    """Return a message id; empty where it can't be one."""
    if not isinstance(given, str) or len(given) > MAX_ID_LENGTH or "\0" in given:
        return ""
    return given.encode(errors="ignore").decode()
