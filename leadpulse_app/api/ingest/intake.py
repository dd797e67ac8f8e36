"""What every ingest route does alike: let a sender in, store its events, keep the rest.

Whether a sender may send is settled before its events are looked at.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from leadpulse_app.api.ingest.request import Request, find_key
from leadpulse_app.domain.address import TrustedProxies
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
from leadpulse_app.services.ingest.key_uses import KeyUses
from leadpulse_app.services.ingest.limits import IngestLimits
from leadpulse_app.services.ingest.rejections import Rejection, Rejections
from leadpulse_app.services.ingest.webhook_secrets import WebhookSecrets
from leadpulse_app.settings import Settings

MAX_EVENT_BYTES = 32 * 1024
"""Of one event, as compact JSON where it came among others."""

_TURN_BYTES = 128 * 1024
"""Of the events that are read before others have their turn on the event loop."""

_LEAST_BYTES = 640
"""What an event counts as besides its own: it is some work however small it is."""


class Outcome(NamedTuple):
    """What became of the events of a request."""

    queued: int
    duplicates: int
    rejected: Sequence[Mapping[str, object]]
    """Which were not accepted, and why."""


class Intake:
    """The services behind the routes of one process."""

    def __init__(self, *, enqueue_hint: Callable[[], None], settings: Settings) -> None:
        """Prepare; nothing is opened before `start`.

        Args:
            enqueue_hint: Wakes the scorer; called in a thread, it may block.
            settings: The limits, and the proxies that are trusted.
        """
        self._write_keys = WriteKeys()
        self._key_uses = KeyUses()
        self._limits = IngestLimits.from_settings(settings)
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._rejections = Rejections()
        self._webhook_secrets = WebhookSecrets()
        self.group_commit = GroupCommit(enqueue_hint=enqueue_hint)

    def start(self) -> None:
        """Begin to take events on the running event loop."""
        self.group_commit.start()

    async def stop(self) -> None:
        """Store and answer what was accepted, and take no more."""
        await self._write_keys.stop()
        await self._key_uses.stop()
        await self.group_commit.stop()
        await self._limits.stop()
        await self._rejections.stop()
        await self._webhook_secrets.stop()

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
        if key is None or project_id is None:
            raise UnauthenticatedError("The write key is missing, unknown or revoked")
        await self._limits.admit(key, self._page_address(request), max(1, events))
        self._key_uses.note(key, request.received_at)
        return project_id

    async def webhook_secret_of(self, project_id: UUID) -> str | None:
        """Return what webhooks are signed with; raises as `WebhookSecrets` does."""
        return await self._webhook_secrets.secret_of(project_id)

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
        turn = 0
        for position, item in enumerate(sent):
            turn += _LEAST_BYTES
            try:
                turn += _checked_size(item)
                events.append(read(item))
                positions.append(position)
            except (InvalidInputError, TooLargeError) as error:
                refusals[position] = error
            if turn > _TURN_BYTES:
                turn = 0
                await asyncio.sleep(0)
        queued = 0
        answers = await self.group_commit.submit_many(project_id, events)
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
                {"index": at, "code": rejection_code(error), "message": error.message}
                for at, error in sorted(refusals.items())
            ],
        )

    async def keep_rejected(
        self, project_id: UUID, rejected: Sequence[tuple[Json, LeadPulseError]]
    ) -> None:
        """Return once events that can't be accepted are kept, each with why."""
        await self._rejections.record(
            project_id,
            [
                Rejection(
                    rejection_code(error), error.message, _name(event), _shown(event)
                )
                for event, error in rejected
            ],
        )

    def _page_address(self, request: Request) -> str | None:
        """Return the address that a page sends from; None where it is no page."""
        if b"origin" not in request.headers:
            return None
        peer = request.scope.get("client")
        forwarded = b",".join(
            value
            for name, value in request.scope["headers"]
            if name == b"x-forwarded-for"
        )
        return self._proxies.sender_of(peer and peer[0], forwarded.decode("latin-1"))


def quarantined(event: IngestedEvent, user_agent: str | None) -> IngestedEvent:
    """Return an event, set apart where the agent of its visitor is a crawler."""
    crawler = crawler_name(user_agent) if user_agent else None
    return event if crawler is None else event._replace(quarantine=crawler)


def _checked_size(event: Json) -> int:
    try:
        size = len(orjson.dumps(event))
    except orjson.JSONEncodeError:
        raise InvalidInputError(
            "The event is nested too deep, or has half of a surrogate pair in it"
        ) from None
    if size > MAX_EVENT_BYTES:
        raise TooLargeError(f"The event is over {MAX_EVENT_BYTES} bytes")
    return size


def rejection_code(error: LeadPulseError) -> str:
    """Return why an event was rejected, as it is answered and counted."""
    return "invalid_event" if error.code == InvalidInputError.code else error.code


def _name(event: Json) -> str | None:
    if not isinstance(event, Mapping):
        return None
    name = event.get("event") or event.get("event_type") or event.get("type")
    return name if isinstance(name, str) else None


def _shown(event: Json) -> bytes:
    try:
        return orjson.dumps(event)
    except orjson.JSONEncodeError:
        return b"(can't be shown)"
