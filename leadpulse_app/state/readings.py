"""Readings that boards make together: one query for all that are to show the same.

A reading is shared among the boards of one project that ask for the same thing, and
holds nothing that depends on the person: each board has checked its own session before
it asks, and whoever asks first reads for all.

It can't go stale. A board joins a reading only if that began after the change that
woke the board, and so sees it; and after whatever the board shows already. A change
that comes later wakes the board again. A reading is joined while it is under way and
for `JOINING_SECONDS` from its beginning, and from then on nothing holds it but the
boards that show it. So a slow database is asked one thing once at a time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

Content = TypeVar("Content")

JOINING_SECONDS = 0.25
"""How long after its beginning a reading that has ended may be joined; what it adds, at
most, to the age of what a board shows."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading that is under way or has just ended."""

    began: float
    """When, on the monotonic clock; whatever was committed before is in it."""
    content: asyncio.Task[Any]


class Readings:
    """The readings that boards of this process can join, the newest of each kind."""

    def __init__(self) -> None:
        """Start without any."""
        self._newest: dict[Hashable, Reading] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def join(
        self,
        key: Hashable,
        read: Callable[[], Awaitable[Content]],
        *,
        after: float,
    ) -> Reading:
        """Return a reading that began after a moment; begin it if there is none.

        Args:
            key: What is read, and for which project.
            read: Reads it; called in a task of its own, so that nobody who leaves
                ends it for the others.
            after: The moment on the monotonic clock.
        """
        found = self._newest.get(key)
        if found is not None and found.began > after:
            return found
        reading = Reading(
            time.monotonic(), asyncio.create_task(_run(read()), name="shared-reading")
        )
        self._newest[key] = reading
        reading.content.add_done_callback(lambda _: self._end(key, reading))
        return reading

    def _end(self, key: Hashable, reading: Reading) -> None:
        left = reading.began + JOINING_SECONDS - time.monotonic()
        task = reading.content
        if left <= 0 or task.cancelled() or task.exception() is not None:
            self._let_go(key, reading)
        else:
            asyncio.get_running_loop().call_later(left, self._let_go, key, reading)

    def _let_go(self, key: Hashable, reading: Reading) -> None:
        if self._newest.get(key) is reading:
            del self._newest[key]


async def _run(read: Awaitable[Content]) -> Content:
    return await read
