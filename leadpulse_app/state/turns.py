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


class Turn:
    """A board's turn, which it can give away while it waits and ask for again."""

    def __init__(self, turns: "Turns", *, at_once: bool) -> None:
        self._turns = turns
        self._at_once = at_once
        self._is_mine = False
        self._overtime: asyncio.TimerHandle | None = None
        self._started = 0.0

    async def come(self, *, again: bool = False) -> None:
        """Wait for the turn; whoever comes again is the next.

        Args:
            again: The board has given its turn away before.
        """
        if self._at_once:
            return
        await self._turns.wait(first=again)
        self._is_mine = True
        self._started = time.thread_time()
        self._overtime = asyncio.get_running_loop().call_later(
            PATIENCE_SECONDS, self._pass_on
        )

    def give_away(self) -> None:
        """Let the next board come, after a rest."""
        if self._is_mine and self._overtime is not None:
            self._is_mine = False
            self._overtime.cancel()
            worked = min(time.thread_time() - self._started, PATIENCE_SECONDS)
            asyncio.get_running_loop().call_later(REST * worked, self._turns.pass_on)

    def _pass_on(self) -> None:
        if self._is_mine:
            self._is_mine = False
            self._turns.pass_on()


class Turns:
    """The order in which boards of this process come to read and show."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False

    @asynccontextmanager
    async def take(self, *, at_once: bool) -> AsyncIterator[Turn]:
        """Wait for a turn and have it for the length of the block.

        Args:
            at_once: Wait for nobody: a person has just asked for this.
        """
        turn = Turn(self, at_once=at_once)
        await turn.come()
        try:
            yield turn
        finally:
            turn.give_away()

    async def wait(self, *, first: bool) -> None:
        """Return when it is one's turn.

        Args:
            first: Come before all who wait.
        """
        if not self._is_taken:
            self._is_taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.pass_on()
            raise

    def pass_on(self) -> None:
        """Let the next one come, or whoever asks next."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._is_taken = False
