"""Readings that every board of a project shows alike, kept for a little while.

The longer a reading took, the longer it is kept: a small project's figures follow
each change, a large one's are not worked out anew four times a second.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

Reading = TypeVar("Reading")

LONGEST_SECONDS = 10.0
"""How old what is shown may become while things change."""

TIMES_KEPT = 20
"""How many times longer than it took a reading is kept: 5 % of the time go into it."""

_KEPT_AT_MOST = 1_000
"""Readings in this process; past it, it starts afresh."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[Reading]):
    """A reading, and how long it is kept, on the monotonic clock."""

    value: Reading
    began: float
    """When it began; whatever was committed before is in it."""
    until: float

    @property
    def seconds_left(self) -> float:
        """How long it is kept yet."""
        return max(self.until - time.monotonic(), 0.0)


class KeptReadings(Generic[Reading]):
    """The readings of one kind, by project and by what else tells them apart."""

    def __init__(self) -> None:
        """Start without any."""
        self._under_way: dict[tuple[UUID, str], asyncio.Task[Kept[Reading]]] = {}
        self._kept: dict[tuple[UUID, str], Kept[Reading]] = {}

    async def get(
        self, project_id: UUID, variant: str, read: Callable[[], Awaitable[Reading]]
    ) -> Kept[Reading]:
        """Return what is kept, or else read it; those who ask meanwhile share that.

        Args:
            project_id: Whose reading it is; another project never sees it.
            variant: What else it depends on, such as the range.
            read: Reads it, in a transaction of its own.
        """
        key = (project_id, variant)
        kept = self._kept.get(key)
        if kept is not None and kept.seconds_left > 0:
            return kept
        reading = self._under_way.get(key)
        if reading is None:
            reading = asyncio.ensure_future(self._read(key, read))
            self._under_way[key] = reading
            reading.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(reading)

    async def _read(
        self, key: tuple[UUID, str], read: Callable[[], Awaitable[Reading]]
    ) -> Kept[Reading]:
        started = time.monotonic()
        value = await read()
        taken = time.monotonic() - started
        rest = min(TIMES_KEPT * taken, LONGEST_SECONDS)
        kept = Kept(value, started, started + taken + rest)
        if len(self._kept) >= _KEPT_AT_MOST:
            self._kept.clear()
        self._kept[key] = kept
        return kept
