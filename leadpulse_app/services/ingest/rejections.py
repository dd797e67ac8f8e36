"""Keeps what could not be accepted, with the reason: the newest of it, and its number.

It is kept before it is answered. What comes while some is written is written together,
in one transaction, which also forgets what is beyond the bound; so a flood stays small.
Where nothing can be kept, ingest goes on.
"""

import asyncio
import contextlib
import logging
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

import orjson
import psycopg

from leadpulse_app.domain.ids import uuid7
from leadpulse_app.services.ingest.connection import Line, scope_command
from leadpulse_app.services.ingest.hint import HintCaller
from leadpulse_app.services.live import publish_changes

MAX_KEPT = 1_000
"""Rejections of a project; the newest are kept."""

MAX_PAYLOAD_BYTES = 2 * 1024
"""Of what was sent: enough to recognise it by."""

MAX_WAITING = 5_000
"""Rejections that wait for Postgres, 10 MB; more are not kept."""

WRITE_TIMEOUT_SECONDS = 2.0
"""What a sender waits at most for its rejections to be kept."""

_MAX_TEXT_LENGTH = 500
"""Of a reason, and of an event type that nobody checked."""

_LOCK_CLASS = 1_347_768_663
"""Tells these advisory locks from others."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_TURNS = b"""
SELECT pg_advisory_xact_lock($1::integer, project::integer)
FROM json_array_elements_text($2) AS project
"""  # processes write a project's one after another, and in one order of projects

_COUNTS = b"""
INSERT INTO rejection_count (project_id, day, code, events)
SELECT project_id, day, code, events
FROM json_to_recordset($1) AS counted (
    project_id uuid, day date, code text, events bigint
)
ON CONFLICT (project_id, day, code)
DO UPDATE SET events = rejection_count.events + excluded.events
"""

_REJECTIONS = b"""
INSERT INTO rejected_event (
    project_id, id, received_at, code, message, event_type, payload
)
SELECT project_id, id, received_at, code, message, event_type, payload
FROM json_to_recordset($1) AS rejection (
    project_id uuid, id uuid, received_at timestamptz, code text, message text,
    event_type text, payload text
)
"""

_TRIM = b"""
DELETE FROM rejected_event AS old
USING json_array_elements_text($1) AS written (project_id)
WHERE old.project_id = written.project_id::uuid AND old.id <= (
    SELECT id FROM rejected_event
    WHERE project_id = written.project_id::uuid
    ORDER BY id DESC OFFSET $2::integer LIMIT 1
)
"""

logger = logging.getLogger(__name__)


class Rejection(NamedTuple):
    """Something that was sent and could not be accepted."""

    code: str
    """The reason, as it is answered."""
    message: str
    """The reason, for a person."""
    event_type: str | None
    payload: bytes
    """What was sent, or its start."""


class Rejections:
    """The rejections of one process. Belongs to one event loop."""

    def __init__(self) -> None:
        """Prepare; nothing is opened before the first."""
        self._line = Line()
        self._round = _Round()
        self._writing: asyncio.Task[None] | None = None
        self._is_away = False
        self._changed: set[UUID] = set()
        self._announcements = HintCaller(self._announce)

    async def record(self, project_id: UUID, rejections: Sequence[Rejection]) -> None:
        """Return once the rejections are kept, or can't be.

        Args:
            project_id: Whose senders sent them.
            rejections: In order; of a payload only the start is kept, with what
                Postgres can't store replaced.
        """
        if not rejections:
            return
        self._round.add(project_id, rejections, datetime.now(UTC))
        written = self._round.written
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_rounds())
        await asyncio.shield(written)

    async def stop(self) -> None:
        """Write what was given, and let go of Postgres."""
        if self._writing is not None:
            await self._writing
        await self._line.close()
        await self._announcements.stop()

    async def _write_rounds(self) -> None:
        try:
            while self._round.counts:
                finished, self._round = self._round, _Round()
                try:
                    async with asyncio.timeout(WRITE_TIMEOUT_SECONDS):
                        await self._write(finished)
                except (psycopg.Error, TimeoutError) as error:
                    if not self._is_away:
                        logger.warning("Rejected events are not kept: %r", error)
                    self._is_away = True
                except Exception:
                    logger.exception("Rejected events could not be kept")
                else:
                    self._is_away = False
                finally:
                    finished.written.set_result(None)
        finally:
            self._writing = None

    async def _write(self, finished: "_Round") -> None:
        project_ids = {project_id for project_id, _, _ in finished.counts}
        turns = sorted(project_id.int % 2**31 for project_id in project_ids)
        commands = (
            scope_command(project_ids),
            (_TURNS, [b"%d" % _LOCK_CLASS, orjson.dumps(turns)]),
            (_REJECTIONS, [orjson.dumps(finished.rows())]),
            (_COUNTS, [orjson.dumps(finished.count_rows())]),
            (_TRIM, [orjson.dumps(list(project_ids)), b"%d" % MAX_KEPT]),
        )
        try:
            await self._line.round_trip(*commands)
        except psycopg.OperationalError:  # the connection alone may have been lost
            with contextlib.suppress(psycopg.errors.UniqueViolation):  # it was written
                await self._line.round_trip(*commands)
        self._changed |= project_ids
        self._announcements.request()

    def _announce(self) -> None:
        changed = []
        while self._changed:
            changed.append(self._changed.pop())
        publish_changes(changed)


class _Round:
    """Rejections that are written together."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[UUID, date, str]] = Counter()
        self.written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._newest: defaultdict[UUID, deque[Mapping[str, object]]] = defaultdict(
            lambda: deque(maxlen=MAX_KEPT)
        )
        self._room = MAX_WAITING

    def add(
        self, project_id: UUID, rejections: Sequence[Rejection], now: datetime
    ) -> None:
        """Count all of them and keep the rows there is room for."""
        for rejection in rejections:
            self.counts[project_id, now.date(), rejection.code] += 1
        newest = rejections[-min(self._room, MAX_KEPT) :] if self._room > 0 else ()
        kept = self._newest[project_id]
        self._room += len(kept)
        kept.extend(
            {
                "project_id": project_id,
                "id": uuid7(now),
                "received_at": now,
                "code": rejection.code,
                "message": _storable(rejection.message),
                "event_type": rejection.event_type and _storable(rejection.event_type),
                "payload": _start_of(rejection.payload),
            }
            for rejection in newest
        )
        self._room -= len(kept)

    def rows(self) -> list[Mapping[str, object]]:
        """Return the newest rejections of each project."""
        return [row for newest in self._newest.values() for row in newest]

    def count_rows(self) -> list[Mapping[str, object]]:
        """Return how many there were, by project, day and reason."""
        return [
            {"project_id": project_id, "day": day, "code": code, "events": events}
            for (project_id, day, code), events in self.counts.items()
        ]


def _storable(text: str) -> str:
    text = text[:_MAX_TEXT_LENGTH].replace("\0", _REPLACEMENT)
    return text.encode(errors="replace").decode()


def _start_of(payload: bytes) -> str:
    text = payload[:MAX_PAYLOAD_BYTES].decode(errors="replace")
    whole = text.replace("\0", _REPLACEMENT).encode()
    return whole[:MAX_PAYLOAD_BYTES].decode(errors="ignore")
