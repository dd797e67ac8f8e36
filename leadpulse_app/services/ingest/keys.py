"""Which project a write key lets events into, remembered for a few seconds.

A key that is revoked lets nothing in after `REMEMBERED_SECONDS`. A flood of made-up
keys costs Postgres one query at a time, and a bounded amount of memory.
"""

import asyncio
import logging
import re
from collections.abc import Iterable, Mapping, Set
from uuid import UUID

import psycopg

from leadpulse_app.domain.errors import UnavailableError
from leadpulse_app.services.ingest.connection import Line, scope_command

REMEMBERED_SECONDS = 5.0

MAX_REMEMBERED = 10_000
"""Keys, known and unknown ones together; the oldest answers are forgotten first."""

MAX_ASKED = 1_000
"""Keys that wait for Postgres at the same time."""

LOOK_UP_TIMEOUT_SECONDS = 2.0

_SHAPE = re.compile(r"pk_[0-9a-f]{48}")

_OWNERS = b"""
SELECT key, project_id FROM api_key WHERE key = ANY($1) AND revoked_at IS NULL
"""

_ACTIVE = b"SELECT id FROM project WHERE id = ANY($1) AND active"

logger = logging.getLogger(__name__)


class WriteKeys:
    """The write keys as this process knows them. Belongs to one event loop."""

    def __init__(self) -> None:
        self._line = Line()
        self._remembered: dict[str, tuple[UUID | None, float]] = {}
        self._question = _Question()
        self._answering: asyncio.Task[None] | None = None
        self._stopping = False

    async def project_of(self, key: str) -> UUID | None:
        """Return the project that a key writes to.

        Returns:
            None where the key is unknown or revoked, or its project is not active.

        Raises:
            UnavailableError: Postgres is away, too many keys wait for it, or the
                process stops.
        """
        loop = asyncio.get_running_loop()
        project_id, expires_at = self._remembered.get(key, (None, 0.0))
        if loop.time() < expires_at:
            return project_id
        if not _SHAPE.fullmatch(key):
            return None
        if self._stopping:
            raise UnavailableError("The server is stopping", retry_after=1)
        question = self._question
        if len(question.keys) >= MAX_ASKED:
            raise UnavailableError("Too many write keys to look up", retry_after=1)
        question.keys.add(key)
        if self._answering is None:
            self._answering = loop.create_task(self._answer_questions())
        projects = await asyncio.shield(question.answer)
        if projects is None:
            raise UnavailableError("The database is away", retry_after=1)
        return projects.get(key)

    async def stop(self) -> None:
        """Finish the look-ups that are under way and let go of Postgres."""
        self._stopping = True
        if self._answering is not None:
            await self._answering
        await self._line.close()

    async def _answer_questions(self) -> None:
        try:
            while self._question.keys:
                question, self._question = self._question, _Question()
                question.answer.set_result(await self._answer(question.keys))
        finally:
            self._answering = None

    async def _answer(self, keys: Set[str]) -> Mapping[str, UUID] | None:
        expires_at = asyncio.get_running_loop().time() + REMEMBERED_SECONDS
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT_SECONDS):
                projects = await self._look_up(keys)
        except (psycopg.Error, TimeoutError) as error:
            logger.warning("Write keys could not be looked up: %r", error)
            return None
        except Exception:
            logger.exception("Write keys could not be looked up")
            return None
        for key in keys:
            self._remembered.pop(key, None)  # what is new goes to the end
            self._remembered[key] = projects.get(key), expires_at
        while len(self._remembered) > MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        return projects

    async def _look_up(self, keys: Set[str]) -> Mapping[str, UUID]:
        (owners,) = await self._line.round_trip((_OWNERS, [_array(keys)]))
        projects = {key.decode(): UUID(bytes=project) for key, project in owners}
        project_ids = set(projects.values())
        _, active = await self._line.round_trip(
            scope_command(project_ids), (_ACTIVE, [_array(map(str, project_ids))])
        )
        active_ids = {UUID(bytes=project) for (project,) in active}
        return {key: owner for key, owner in projects.items() if owner in active_ids}


def _array(texts: Iterable[str]) -> bytes:
    """Return an array of what has no need of quotes, as keys and ids have not."""
    return f"{{{','.join(texts)}}}".encode()


class _Question:
    """Write keys that are looked up together."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.answer: asyncio.Future[Mapping[str, UUID] | None] = (
            asyncio.get_running_loop().create_future()
        )
