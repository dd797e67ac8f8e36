"""Group commit: events that arrive together are written in one transaction.

An event is acknowledged after the commit that made it durable, and never before. Of
events with the same project and message id one is stored; the others are duplicates.
All processes take locks in one order (aliases by key, then new leads, then events by
key), so no two of them wait for each other.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias, cast
from uuid import UUID

import orjson
import psycopg

from leadpulse_app.domain.errors import (
    InvalidInputError,
    LeadPulseError,
    UnavailableError,
)
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.services.ingest.connection import Line, scope_command
from leadpulse_app.services.ingest.hint import HintCaller

MAX_WAITING = 10_000
"""Events in the queue of a process that lets another request in: about 100 MB where
each is as large as it may."""

MAX_BATCH = 500
"""Events in a transaction: larger ones gain nothing and keep more people waiting."""

GATHER_SECONDS = 0.002
"""What a busy process waits at most for half of its senders, so that one half's events
are written while the other half is answered and sends again."""

BUSY_BATCH = 4
"""Events in a batch from which on a process is busy: a larger one costs less for each,
and its senders are about to send again."""

LARGE_BATCH = 64
"""Events that nobody waits for more of: what a transaction costs, they share."""

MAX_KNOWN_LEADS = 100_000
"""Aliases whose lead a process remembers, about 60 MB of them."""

MAX_KNOWN_PROJECTS = 10_000
"""Projects of which a process remembers leads."""

WRITE_TIMEOUT_SECONDS = 10.0
"""Longer than a checkpoint holds up a commit."""

STOP_TIMEOUT_SECONDS = 4.0
"""For what was accepted; less than the whole process has to end in."""

# A row is looked up by its key in a scalar subquery, and its project is compared behind
# IS TRUE, where no index sees it; the policy's condition is what they see. With both,
# Postgres takes the project alone for as good as a key, and reads all rows of it.

_ALIASES = b"""
INSERT INTO lead_alias (project_id, kind, value, lead_id)
SELECT project_id, kind, value, lead_id
FROM json_to_recordset($1) AS proposed (
    ordinal integer, project_id uuid, kind text, value text, lead_id uuid,
    message_ids json
)
WHERE EXISTS (
    SELECT FROM json_array_elements_text(message_ids) AS sent (message_id)
    WHERE (
        SELECT before.message_id
        FROM event AS before
        WHERE (before.project_id = proposed.project_id) IS TRUE
            AND before.message_id = sent.message_id
    ) IS NULL
)
ORDER BY ordinal
ON CONFLICT (project_id, kind, value) DO NOTHING
"""  # a name that comes with duplicates alone makes no lead

_LEADS = b"""
WITH resolved AS MATERIALIZED (
    SELECT proposed.*, (
        SELECT owner.lead_id
        FROM lead_alias AS owner
        WHERE (owner.project_id = proposed.project_id) IS TRUE
            AND owner.kind = proposed.kind AND owner.value = proposed.value
    ) AS owner_id
    FROM json_to_recordset($1) AS proposed (
        ordinal integer, project_id uuid, kind text, value text, lead_id uuid,
        anonymous_id text, user_id text, received_at timestamptz
    )
), won AS (
    INSERT INTO lead (project_id, id, anonymous_id, user_id, created_at)
    SELECT project_id, lead_id, anonymous_id, user_id, received_at
    FROM resolved
    WHERE owner_id = lead_id
    ORDER BY ordinal
)
SELECT ordinal, owner_id, identity_version
FROM resolved
JOIN project ON project.id = resolved.project_id
WHERE owner_id IS NOT NULL
"""  # a statement of its own, since one snapshot would not see a concurrent winner

_STORED = b"""
WITH sent AS (
    SELECT *
    FROM json_to_recordset($1) AS event (
        project_id uuid, kind text, value text, lead_id uuid,
        version bigint, message_id text, type text, anonymous_id text, user_id text,
        session_id text, previous_id text, properties jsonb, traits jsonb,
        timestamp timestamptz, sent_at timestamptz, received_at timestamptz,
        occurred_at timestamptz, quarantine text
    )
), stored AS (
    INSERT INTO event (
        project_id, lead_id, message_id, type, anonymous_id, user_id, session_id,
        previous_id, properties, traits, timestamp, sent_at, received_at, occurred_at
    )
    SELECT
        project_id, whose.lead_id, message_id, type, anonymous_id, user_id, session_id,
        previous_id, properties, traits, timestamp, sent_at, received_at, occurred_at
    FROM sent
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN (project_id, version) IN (SELECT id, identity_version FROM project)
            THEN sent.lead_id
            ELSE (
                SELECT owner.lead_id
                FROM lead_alias AS owner
                WHERE (owner.project_id = sent.project_id) IS TRUE
                    AND owner.kind = sent.kind AND owner.value = sent.value
            )
        END AS lead_id
    ) AS whose
    WHERE sent.lead_id IS NOT NULL  -- else it is a duplicate where it has no alias
        OR whose.lead_id IS NOT NULL
    ON CONFLICT (project_id, message_id) DO NOTHING
    RETURNING project_id, id, lead_id, message_id
)"""
"""Stores events under the lead that was sent, where no alias of the project was given
to another lead since it was found out, and else under whoever has the alias now.
They are stored, and locked, in the order they were sent in: a sort would change nothing
but the cost."""

# Of the projects that the transaction is scoped to.
_TOLD = b"""
SELECT project.id, identity_version, json_agg(message_id)
FROM project
LEFT JOIN stored ON stored.project_id = project.id
GROUP BY project.id
"""

_EVENTS = (
    _STORED
    + b""", to_score AS (
    INSERT INTO pending (project_id, lead_id, event_id)
    SELECT project_id, lead_id, id FROM stored
)"""
    + _TOLD
)

_EVENTS_SOME_HELD = (
    _STORED
    + b""", judged AS (
    SELECT project_id, stored.lead_id, id, quarantine
    FROM stored JOIN sent USING (project_id, message_id)
), held AS (
    INSERT INTO quarantined_event (project_id, lead_id, event_id, reason)
    SELECT * FROM judged WHERE quarantine IS NOT NULL
), to_score AS (
    INSERT INTO pending (project_id, lead_id, event_id)
    SELECT project_id, lead_id, id FROM judged WHERE quarantine IS NULL
)"""
    + _TOLD
)

_DATA_ERRORS = (psycopg.DataError, psycopg.IntegrityError, orjson.JSONEncodeError)

logger = logging.getLogger(__name__)


class IngestStatus(StrEnum):
    """What became of an event that was accepted."""

    QUEUED = "queued"
    """It is stored and will be scored."""
    DUPLICATE = "duplicate"
    """Its message id was stored before."""


_EventKey: TypeAlias = tuple[bytes, str]
"""Project and message id; sorts as in Postgres, where it is a lock's order."""

_AliasKey: TypeAlias = tuple[bytes, str, str]
"""Project, kind and value."""

_KnownLead: TypeAlias = tuple[UUID, int]
"""A lead, and the version of its project's identities at which an alias was its."""


_Answer: TypeAlias = IngestStatus | LeadPulseError


class _Request:
    """Events of one sender, who waits until each of them has an answer."""

    __slots__ = ("_given", "_missing", "answers")

    def __init__(self, size: int) -> None:
        self._given: list[_Answer | None] = [None] * size
        self._missing = size
        self.answers: asyncio.Future[Sequence[_Answer]] = (
            asyncio.get_running_loop().create_future()
        )

    def has_answer(self, position: int) -> bool:
        return self._given[position] is not None

    def answer(self, position: int, answer: _Answer) -> None:
        self._given[position] = answer
        self._missing -= 1
        if not self._missing and not self.answers.done():  # done: the client went away
            self.answers.set_result(cast("Sequence[_Answer]", self._given))


class _Waiting:
    """An event that waits for its commit."""

    __slots__ = (
        "_position",
        "_request",
        "alias_key",
        "event",
        "event_key",
        "project_id",
    )

    def __init__(
        self, request: _Request, position: int, project_id: UUID, event: IngestedEvent
    ) -> None:
        alias = event.alias
        project = project_id.bytes
        self._request = request
        self._position = position
        self.project_id = project_id
        self.event = event
        self.event_key: _EventKey = (project, event.message_id)
        self.alias_key: _AliasKey = (project, alias.kind.value, alias.value)

    @property
    def has_answer(self) -> bool:
        return self._request.has_answer(self._position)

    def resolve(self, answer: _Answer) -> None:
        self._request.answer(self._position, answer)


class GroupCommit:
    """Stores events for the requests of one process. Belongs to one event loop."""

    def __init__(self, *, enqueue_hint: Callable[[], None]) -> None:
        """Prepare; nothing is opened before `start`.

        Args:
            enqueue_hint: Called after commits, in a thread; wakes the scorer.
        """
        self._hints = HintCaller(enqueue_hint)
        self._queue: deque[_Waiting] = deque()
        self._enough = 1
        self._filled = asyncio.Event()
        self._stopping = False
        self._known_leads: OrderedDict[_AliasKey, _KnownLead] = OrderedDict()
        self._versions: dict[bytes, int] = {}
        self._committer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to commit. Postgres may still be away."""
        self._committer = asyncio.create_task(self._commit_queue())

    async def submit(self, project_id: UUID, event: IngestedEvent) -> IngestStatus:
        """Return once the event is durable.

        Raises:
            InvalidInputError: Postgres refuses this event.
            UnavailableError: The queue is full, Postgres is away, or the process
                stops. The event may have been stored nevertheless.
        """
        (answer,) = await self.submit_many(project_id, [event])
        if isinstance(answer, LeadPulseError):
            raise answer
        return answer

    async def submit_many(
        self, project_id: UUID, events: Sequence[IngestedEvent]
    ) -> Sequence[IngestStatus | LeadPulseError]:
        """Return once each event is durable, or can't be stored.

        Of events with the same message id the first is stored. Where there are more
        than a transaction takes, one part may be stored and another not.

        Returns:
            What became of each event, in their order: its status, or one of the
            errors that `submit` raises.

        Raises:
            UnavailableError: The queue is full or the process stops; none was taken.
        """
        if self._stopping:
            raise UnavailableError("The server is stopping", retry_after=1)
        if len(self._queue) >= MAX_WAITING:
            raise UnavailableError("Too many events are waiting", retry_after=1)
        if not events:
            return []
        request = _Request(len(events))
        self._queue.extend(
            _Waiting(request, position, project_id, event)
            for position, event in enumerate(events)
        )
        if len(self._queue) >= self._enough:
            self._filled.set()
        return await request.answers

    def wake_scorer(self) -> None:
        """Tell the scorer of work that was committed elsewhere; returns at once."""
        self._hints.request()

    async def stop(self) -> None:
        """Commit and answer what was accepted, take no more, and let go of Postgres."""
        self._stopping = True
        self._filled.set()
        if self._committer is not None:
            _, late = await asyncio.wait(
                [self._committer], timeout=STOP_TIMEOUT_SECONDS
            )
            for committer in late:
                committer.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        _refuse(self._queue)
        await self._hints.stop()

    async def _commit_queue(self) -> None:
        line = Line()
        try:
            while batch := await self._next_batch():
                try:
                    await self._commit(line, batch)
                except Exception:  # a defect, and later events are not to blame
                    logger.exception("%d events could not be stored", len(batch))
                finally:
                    _refuse(batch)  # whoever was not answered by now
                if len(batch) >= BUSY_BATCH:
                    sending = len(batch) + len(self._queue)
                    await self._gather(min((sending + 1) // 2, LARGE_BATCH))
        finally:
            await line.close()

    async def _gather(self, enough: int) -> None:
        """Wait until this many events are in the queue, but not for long."""
        if len(self._queue) >= enough or self._stopping:
            return
        self._enough = enough
        self._filled.clear()
        loop = asyncio.get_running_loop()
        patience = loop.call_later(GATHER_SECONDS, self._filled.set)
        await self._filled.wait()
        patience.cancel()
        self._enough = 1

    async def _next_batch(self) -> list[_Waiting]:
        while not self._queue and not self._stopping:
            self._filled.clear()
            await self._filled.wait()
        size = min(len(self._queue), MAX_BATCH)
        return [self._queue.popleft() for _ in range(size)]

    async def _commit(self, line: Line, batch: Sequence[_Waiting]) -> None:
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_SECONDS):
                stored = await self._write(line, batch)
        except _DATA_ERRORS as error:
            await self._commit_apart(line, batch, error)
        except (psycopg.Error, TimeoutError) as error:
            logger.warning(
                "%d events could not be stored: %s", len(batch), _reason(error)
            )
        else:
            self._hints.request()
            for waiting in batch:
                if waiting.event_key in stored:
                    stored.remove(waiting.event_key)
                    waiting.resolve(IngestStatus.QUEUED)
                else:
                    waiting.resolve(IngestStatus.DUPLICATE)

    async def _commit_apart(
        self, line: Line, batch: Sequence[_Waiting], error: Exception
    ) -> None:
        """Try again in halves, so that only the events to blame are refused.

        A remembered lead may be to blame too: it is found out anew.
        """
        remembered = [
            self._known_leads.pop(waiting.alias_key, None) for waiting in batch
        ]
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._commit(line, batch[:middle])
            await self._commit(line, batch[middle:])
        elif any(remembered):
            await self._commit(line, batch)
        else:
            logger.error("Postgres refuses an event: %s", _reason(error))
            batch[0].resolve(InvalidInputError("The event can't be stored"))

    async def _write(self, line: Line, batch: Sequence[_Waiting]) -> set[_EventKey]:
        """Write the first event of each key; return the keys that were new."""
        events: dict[_EventKey, _Waiting] = {}
        for waiting in batch:
            events.setdefault(waiting.event_key, waiting)
        unknown: dict[_AliasKey, list[_Waiting]] = {}
        some_held = False
        rows = []
        for key in sorted(events):
            waiting = events[key]
            known = self._known_lead(waiting.alias_key)
            if known is None:
                unknown.setdefault(waiting.alias_key, []).append(waiting)
            some_held = some_held or waiting.event.quarantine is not None
            rows.append(_event_row(waiting, known))
        alias_keys = sorted(unknown)
        leads = [_lead_row(n, unknown[key]) for n, key in enumerate(alias_keys)]
        proposals = [orjson.dumps(leads)]
        _, *resolved, told = await line.round_trip(
            scope_command({waiting.project_id for waiting in batch}),
            *([(_ALIASES, proposals), (_LEADS, proposals)] if unknown else ()),
            (_EVENTS_SOME_HELD if some_held else _EVENTS, [orjson.dumps(rows)]),
        )
        for position, owner, version in resolved[-1] if resolved else ():
            alias_key = alias_keys[int.from_bytes(position)]
            self._remember(alias_key, (UUID(bytes=owner), int.from_bytes(version)))
        stored: set[_EventKey] = set()
        for project, version, message_ids in told:
            if len(self._versions) >= MAX_KNOWN_PROJECTS:
                self._versions.clear()
            self._versions[project] = int.from_bytes(version)
            stored.update((project, sent) for sent in orjson.loads(message_ids))
        return stored

    def _known_lead(self, key: _AliasKey) -> _KnownLead | None:
        known = self._known_leads.get(key)
        if known is None or known[1] != self._versions.get(key[0]):
            return None
        self._known_leads.move_to_end(key)
        return known

    def _remember(self, key: _AliasKey, known: _KnownLead) -> None:
        self._known_leads[key] = known
        if len(self._known_leads) > MAX_KNOWN_LEADS:
            self._known_leads.popitem(last=False)


def _lead_row(ordinal: int, named: Sequence[_Waiting]) -> Mapping[str, object]:
    waiting = min(named, key=lambda one: one.event.received_at)
    _, kind, value = waiting.alias_key
    return {
        "ordinal": ordinal,
        "project_id": waiting.project_id,
        "kind": kind,
        "value": value,
        "lead_id": uuid7(waiting.event.received_at),
        "anonymous_id": waiting.event.anonymous_id,
        "user_id": waiting.event.user_id,
        "received_at": waiting.event.received_at,
        "message_ids": [same.event.message_id for same in named],
    }


def _event_row(waiting: _Waiting, known: _KnownLead | None) -> Mapping[str, object]:
    """Return what is there of an event; Postgres reads each name it is sent."""
    event = waiting.event
    _, kind, value = waiting.alias_key
    row: dict[str, object] = {
        "project_id": waiting.project_id,
        "kind": kind,
        "value": value,
        "message_id": event.message_id,
        "type": event.type,
        "properties": event.properties,
        "received_at": event.received_at,
        "occurred_at": event.occurred_at,
    }
    if known is not None:
        row["lead_id"], row["version"] = known
    if event.anonymous_id is not None:
        row["anonymous_id"] = event.anonymous_id
    if event.user_id is not None:
        row["user_id"] = event.user_id
    if event.session_id is not None:
        row["session_id"] = event.session_id
    if event.timestamp is not None:
        row["timestamp"] = event.timestamp
    if event.sent_at is not None:
        row["sent_at"] = event.sent_at
    if event.previous_id is not None:
        row["previous_id"] = event.previous_id
    if event.traits is not None:
        row["traits"] = event.traits
    if event.quarantine is not None:
        row["quarantine"] = event.quarantine
    return row


def _reason(error: Exception) -> str:
    """Return what went wrong; the rest of what Postgres says may quote an event."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return said or repr(error)


def _refuse(batch: Iterable[_Waiting]) -> None:
    for waiting in batch:
        if not waiting.has_answer:
            waiting.resolve(
                UnavailableError("The event could not be stored yet", retry_after=1)
            )
