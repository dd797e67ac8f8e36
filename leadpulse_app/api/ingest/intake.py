"""What every ingest route does alike: let a sender in, store its events, keep the rest.

Whether a sender may send is settled before its events are looked at.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from leadpulse_app.api.ingest.request import Request, find_key
from leadpulse_app.domain.errors import (
    InvalidInputError,
    LeadPulseError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.properties import Json
from leadpulse_app.services.ingest import GroupCommit, IngestStatus, WriteKeys
from leadpulse_app.services.ingest.crawlers import crawler_name

MAX_EVENT_BYTES = 32 * 1024
"""Of one event, as compact JSON where it came among others."""

_EVENTS_AT_ONCE = 100
"""Events that are read before others have their turn on the event loop."""

_NAME_LENGTH = 64


class Outcome(NamedTuple):
    """What became of the events of a request."""

    queued: int
    duplicates: int
    rejected: Sequence[Mapping[str, object]]
    """Which were not accepted, and why."""


class Intake:
    """The services behind the routes of one process."""

    def __init__(self, *, write_keys: WriteKeys, group_commit: GroupCommit) -> None:
        self._write_keys = write_keys
        self._group_commit = group_commit

    async def admit(
        self, request: Request, places: Iterable[Mapping[str, Any]], *, events: int
    ) -> UUID:
        """Return the project that a request sends events to.

        Args:
            request: The request.
            places: The objects of its body that may carry the write key.
            events: How many it sends.

        Raises:
            UnauthenticatedError: It has no key, or one that lets nothing in.
            TooManyRequestsError: Its sender is over a limit.
            UnavailableError: The key can't be looked up now.
        """
        key = find_key(request, places)
        project_id = None if key is None else await self._write_keys.project_of(key)
        if project_id is None:
            raise UnauthenticatedError("The write key is missing, unknown or revoked")
        return project_id

    async def store(self, project_id: UUID, event: IngestedEvent) -> IngestStatus:
        """Return once an event is durable; raises as `GroupCommit.submit` does."""
        return await self._group_commit.submit(project_id, event)

    async def store_all(
        self,
        project_id: UUID,
        sent: Sequence[Json],
        read: Callable[[Json], IngestedEvent],
    ) -> Outcome:
        """Return once all events that can be are durable, and the others are kept.

        Args:
            project_id: Where they belong.
            sent: The events as parsed.
            read: Returns one of them as ours, or raises InvalidInputError.

        Raises:
            UnavailableError: Some could not be stored now. All have to be sent again.
        """
        events: list[IngestedEvent] = []
        positions: list[int] = []
        refusals: dict[int, LeadPulseError] = {}
        for position, item in enumerate(sent):
            try:
                _check_size(item)
                events.append(read(item))
                positions.append(position)
            except (InvalidInputError, TooLargeError) as error:
                refusals[position] = error
            if position % _EVENTS_AT_ONCE == _EVENTS_AT_ONCE - 1:
                await asyncio.sleep(0)
        queued = 0
        answers = await self._group_commit.submit_many(project_id, events)
        for position, status in zip(positions, answers, strict=True):
            if isinstance(status, UnavailableError):
                raise status
            if isinstance(status, LeadPulseError):
                refusals[position] = status
            elif status is IngestStatus.QUEUED:
                queued += 1
        if refusals:
            await self.keep_rejected(
                project_id, [(sent[at], error) for at, error in refusals.items()]
            )
        return Outcome(
            queued=queued,
            duplicates=len(sent) - queued - len(refusals),
            rejected=[
                {"index": at, "code": _code(error), "message": error.message}
                for at, error in sorted(refusals.items())
            ],
        )

    async def keep_rejected(
        self, project_id: UUID, rejected: Sequence[tuple[Json, LeadPulseError]]
    ) -> None:
        """Keep events that can't be accepted, each with why."""


def quarantined(event: IngestedEvent, user_agent: str | None) -> IngestedEvent:
    """Return an event, set apart where the agent of its visitor is a crawler."""
    crawler = crawler_name(user_agent) if user_agent else None
    return event if crawler is None else event._replace(quarantine=crawler)


def _check_size(event: Json) -> None:
    try:
        size = len(orjson.dumps(event))
    except orjson.JSONEncodeError:
        raise InvalidInputError("The event is nested too deep") from None
    if size > MAX_EVENT_BYTES:
        raise TooLargeError(f"The event is over {MAX_EVENT_BYTES} bytes")


def _code(error: LeadPulseError) -> str:
    return "invalid_event" if error.code == InvalidInputError.code else error.code
