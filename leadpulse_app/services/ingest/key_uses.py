"""Notes when write keys were last used, for people to see which ones they may revoke.

No event waits for it: what was used is written by itself, together, and at most once a
minute for each key. A crash forgets the last minute. A use that can't be written, as
another transaction has its key locked, is let go; the key's next use is written from a
minute later on. So nobody waits for anybody.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson
import psycopg

from leadpulse_app.services.ingest.connection import Line
from leadpulse_app.services.ingest.hint import HintCaller
from leadpulse_app.services.live import publish_changes

REST_SECONDS = 60.0
"""Between two notes of the same key by this process."""

GATHER_SECONDS = 1.0
"""How long what is used waits for what else is."""

MAX_KEYS = 10_000
"""Keys that wait to be noted; more are not."""

WRITE_TIMEOUT_SECONDS = 2.0

_NOTE = b"""
WITH used AS (
    SELECT key, at FROM json_to_recordset($1) AS used (key text, at timestamptz)
), free AS (
    SELECT api_key.key, used.at
    FROM api_key JOIN used USING (key)
    WHERE api_key.last_used_at IS NULL
        OR api_key.last_used_at < used.at - interval '30 seconds'
    FOR NO KEY UPDATE OF api_key SKIP LOCKED
)
UPDATE api_key SET last_used_at = free.at
FROM free WHERE api_key.key = free.key
RETURNING api_key.project_id
"""  # several processes note the same key, each of them once a minute

logger = logging.getLogger(__name__)


class KeyUses:
    """The uses of one process. Belongs to one event loop."""

    def __init__(self) -> None:
        """Prepare; nothing is opened before the first use."""
        self._line = Line()
        self._used: dict[str, datetime] = {}
        self._rests: dict[str, float] = {}
        """Until when on the loop's clock a key is not written again."""
        self._noting: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._changed: set[UUID] = set()
        self._announcements = HintCaller(self._announce)

    def note(self, key: str, used_at: datetime) -> None:
        """Remember that a key let something in; returns at once."""
        if key not in self._used and len(self._used) >= MAX_KEYS:
            return
        self._used[key] = used_at
        if self._noting is None and not self._stopping.is_set():
            self._noting = asyncio.create_task(self._note_all())

    async def stop(self) -> None:
        """Write what was used, and let go of Postgres."""
        self._stopping.set()
        if self._noting is not None:
            await self._noting
        await self._line.close()
        await self._announcements.stop()

    async def _note_all(self) -> None:
        try:
            while self._used:
                await self._gather()
                due = self._take_due()
                if due:
                    await self._write(due)
        finally:
            self._noting = None

    async def _gather(self) -> None:
        try:
            async with asyncio.timeout(GATHER_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            pass

    def _take_due(self) -> Mapping[str, datetime]:
        """Return what is to be written now; on stopping, all of it."""
        now = asyncio.get_running_loop().time()
        self._rests = {key: until for key, until in self._rests.items() if until > now}
        due = {
            key: used_at
            for key, used_at in self._used.items()
            if self._stopping.is_set() or key not in self._rests
        }
        for key in due:
            del self._used[key]
            self._rests[key] = now + REST_SECONDS
        return due

    async def _write(self, due: Mapping[str, datetime]) -> None:
        rows = [{"key": key, "at": used_at} for key, used_at in sorted(due.items())]
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_SECONDS):
                (noted,) = await self._line.round_trip((_NOTE, [orjson.dumps(rows)]))
        except (psycopg.Error, TimeoutError) as error:
            logger.info("Uses of write keys were not noted: %r", error)
        except Exception:  # as nobody awaits this task, it would be lost otherwise
            logger.exception("Uses of write keys were not noted")
        else:
            if noted:
                self._changed |= {UUID(bytes=project) for (project,) in noted}
                self._announcements.request()

    def _announce(self) -> None:
        changed = []
        while self._changed:
            changed.append(self._changed.pop())
        publish_changes(changed)
