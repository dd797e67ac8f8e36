"""Lets boards show what they read one after the other, so that others are served too.

They share an event loop with ingest. Two hundred boards that are woken by one change
and come all at once would hold it for half a second; in turns, whatever else waits
comes in between.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE_SECONDS = 0.05
"""How long the next board waits for one that has its turn. It may wait for Postgres
or for its tab; then nobody is kept by it."""

REST = 1.0
"""How long nobody has a turn after one, in times of what the loop's thread worked
meanwhile: the more the machine has to do, the slower boards follow."""


class Turns:
    """The order in which boards of this process come to read and show."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False

    @asynccontextmanager
    async def take(self, *, at_once: bool) -> AsyncIterator[None]:
        """Wait for a turn and have it for the length of the block.

        Args:
            at_once: Wait for nobody: a person has just asked for this.
        """
        if at_once:
            yield
            return
        await self._wait()
        loop = asyncio.get_running_loop()
        is_over = False

        def pass_on_once() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                self._pass_on()

        overtime = loop.call_later(PATIENCE_SECONDS, pass_on_once)
        started = time.thread_time()
        try:
            yield
        finally:
            overtime.cancel()
            worked = min(time.thread_time() - started, PATIENCE_SECONDS)
            loop.call_later(REST * worked, pass_on_once)

    async def _wait(self) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._is_taken = False
