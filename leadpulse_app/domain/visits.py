"""Groups what a lead did into sessions, as its timeline shows them.

Neighbours in time are of one session where both name it. Where one names none, as
what a backend sends, they are so within half an hour of each other.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

SESSION_GAP = timedelta(minutes=30)
"""The pause that ends a session that nobody named; analytics tools commonly take it."""

MAXIMUM_PATH_LENGTH = 200
"""Characters of a page's path as it is shown; the properties hold all of it."""


class Happening(Protocol):
    """What a session is made of."""

    @property
    def session_id(self) -> str | None:
        """The session by its sender's name; nothing where it has none."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""


Event = TypeVar("Event", bound=Happening)


def group_by_session(newest_first: Iterable[Event]) -> Iterator[tuple[Event, ...]]:
    """Yield the events of one session after the other, in the order they came in.

    Args:
        newest_first: Events of one lead, the newest first.
    """
    group: list[Event] = []
    named: str | None = None
    for event in newest_first:
        if group and not _continues(group[-1], named, event):
            yield tuple(group)
            group, named = [], None
        group.append(event)
        named = named or event.session_id
    if group:
        yield tuple(group)


def _continues(later: Happening, named: str | None, earlier: Happening) -> bool:
    if named and earlier.session_id:
        return named == earlier.session_id
    return later.occurred_at - earlier.occurred_at <= SESSION_GAP


def page_of(properties: Mapping[str, object]) -> str | None:
    """Return the path of the page that an event happened on, where it tells one."""
    path, url = properties.get("path"), properties.get("url")
    if not isinstance(path, str) or not path:
        path = _path_of(url) if isinstance(url, str) else None
    return path[:MAXIMUM_PATH_LENGTH] if path else None


def _path_of(url: str) -> str | None:
    try:
        return urlsplit(url).path or None
    except ValueError:
        return None
