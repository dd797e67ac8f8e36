"""Tells the scorer about committed events without ingest waiting for it."""

import asyncio
import logging
from collections.abc import Callable

PAUSE_SECONDS = 0.1
"""Between two hints, so that a busy scorer is given larger batches, which cost less.
Boards change four times a second at most; the first hint goes at once."""

logger = logging.getLogger(__name__)


class HintCaller:
    """Calls something slow off the event loop, one call at a time.

    After each `request` a call begins that had not begun before it.
    """

    def __init__(self, enqueue_hint: Callable[[], None]) -> None:
        """Keep what to call; it may block, and its failure is logged."""
        self._enqueue_hint = enqueue_hint
        self._wanted = False
        self._calling: asyncio.Task[None] | None = None

    def request(self) -> None:
        """Ask for a call; returns at once."""
        self._wanted = True
        if self._calling is None:
            self._calling = asyncio.create_task(self._call())

    async def stop(self) -> None:
        """Wait until everything that was asked for is done."""
        if self._calling is not None:
            await self._calling

    async def _call(self) -> None:
        try:
            while self._wanted:
                self._wanted = False
                try:
                    await asyncio.to_thread(self._enqueue_hint)
                except Exception:
                    logger.exception("The hint to the scorer failed; a sweep will do")
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._calling = None
