"""Readings that boards make together: one query for all that are to show the same.

A reading is shared among the boards of one project that ask for the same thing, and
holds nothing that depends on the person: each board has checked its own session before
it asks, and whoever asks first reads for all.

It can't go stale. A board joins a reading only if that began after the change that
woke the board, and so sees it; and after whatever the board shows already. A change
that comes later wakes the board again. A reading is joined while it is under way and
for `JOINING_SECONDS` after it ended; then nothing holds it but the boards that show it.
Once it is as old as that, whoever joins it begins the next one for those to come, so a
slow database keeps no board waiting and is asked one thing by one reading at a time.

What costs much and changes little, as counts of a million leads, lasts longer: boards
join it though they were woken since, and read once more when its time is over.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

Content = TypeVar("Content")

JOINING_SECONDS = 0.25
"""How long a reading that ended may be joined, and how old it is when the next begins:
with the time that a reading takes, what sharing adds to the age of what is shown."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading that is under way or has just ended."""

    began: float
    """When, on the monotonic clock; whatever was committed before is in it."""
    content: asyncio.Task[Any]


class Readings:
    """The readings that boards of this process can join, of each kind the newest."""

    def __init__(self) -> None:
        """Start without any."""
        self._under_way: dict[Hashable, Reading] = {}
        self._ended: dict[Hashable, Reading] = {}

    def __len__(self) -> int:
        return len(self._under_way.keys() | self._ended.keys())

    def join(
        self,
        key: Hashable,
        read: Callable[[], Awaitable[Content]],
        *,
        after: float,
        lasts: float = JOINING_SECONDS,
    ) -> Reading:
        """Return a reading that began after a moment; begin it if there is none.

        Args:
            key: What is read, and for which project.
            read: Reads it; called in a task of its own, so that nobody who leaves
                ends it for the others.
            after: The moment on the monotonic clock.
            lasts: For how many seconds after it ended it may be joined, and after it
                began is not begun anew for those to come.
        """
        ended, under_way = self._ended.get(key), self._under_way.get(key)
        if ended is not None and ended.began > after:
            if under_way is None and time.monotonic() > ended.began + lasts:
                self._begin(key, read, lasts)
            return ended
        if under_way is not None and under_way.began > after:
            return under_way
        return self._begin(key, read, lasts)

    def _begin(
        self, key: Hashable, read: Callable[[], Awaitable[Content]], lasts: float
    ) -> Reading:
        reading = self._under_way[key] = Reading(
            time.monotonic(), asyncio.create_task(_run(read()), name="shared-reading")
        )
        reading.content.add_done_callback(lambda _: self._end(key, reading, lasts))
        return reading

    def _end(self, key: Hashable, reading: Reading, lasts: float) -> None:
        if self._under_way.get(key) is reading:
            del self._under_way[key]
        task, newest = reading.content, self._ended.get(key)
        if task.cancelled() or task.exception() is not None:
            return
        if newest is None or newest.began < reading.began:
            self._ended[key] = reading
            asyncio.get_running_loop().call_later(lasts, self._let_go, key, reading)

    def _let_go(self, key: Hashable, reading: Reading) -> None:
        if self._ended.get(key) is reading:
            del self._ended[key]


async def _run(read: Awaitable[Content]) -> Content:
    return await read
