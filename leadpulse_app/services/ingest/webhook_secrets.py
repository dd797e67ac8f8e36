"""What a project's inbound webhooks are signed with, remembered for a few seconds.

A secret that is set, rotated or removed is in force after `REMEMBERED_SECONDS`.
"""

import asyncio
import logging
from collections import OrderedDict
from uuid import UUID

import psycopg

from leadpulse_app.domain.errors import UnavailableError
from leadpulse_app.services.ingest.connection import Line, scope_command

REMEMBERED_SECONDS = 5.0

MAX_REMEMBERED = 10_000
"""Projects whose answer is remembered; the oldest are forgotten first."""

LOOK_UP_TIMEOUT_SECONDS = 2.0
"""With the wait for the look-ups before it."""

_SECRET = b"SELECT webhook_secret FROM project WHERE id = $1"

logger = logging.getLogger(__name__)


class WebhookSecrets:
    """The secrets as this process knows them. Belongs to one event loop."""

    def __init__(self) -> None:
        self._line = Line()
        self._turn = asyncio.Lock()
        self._remembered: OrderedDict[UUID, tuple[str | None, float]] = OrderedDict()

    async def secret_of(self, project_id: UUID) -> str | None:
        """Return a project's secret; None where its webhooks need no signature.

        Raises:
            UnavailableError: Postgres is away.
        """
        if not self._knows(project_id):
            try:
                async with asyncio.timeout(LOOK_UP_TIMEOUT_SECONDS), self._turn:
                    if not self._knows(project_id):  # another may have looked it up
                        await self._look_up(project_id)
            except (psycopg.Error, TimeoutError) as error:
                logger.warning("A webhook's secret could not be looked up: %r", error)
                raise UnavailableError("The database is away", retry_after=1) from None
        secret, _ = self._remembered[project_id]
        return secret

    async def stop(self) -> None:
        """Finish the look-up that is under way and let go of Postgres."""
        async with self._turn:
            await self._line.close()

    def _knows(self, project_id: UUID) -> bool:
        _, expires_at = self._remembered.get(project_id, (None, 0.0))
        return asyncio.get_running_loop().time() < expires_at

    async def _look_up(self, project_id: UUID) -> None:
        expires_at = asyncio.get_running_loop().time() + REMEMBERED_SECONDS
        _, ((secret,),) = await self._line.round_trip(
            scope_command([project_id]), (_SECRET, [str(project_id).encode()])
        )
        self._remembered[project_id] = secret.decode() or None, expires_at
        self._remembered.move_to_end(project_id)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
