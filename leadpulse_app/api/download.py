"""Files that are read out of the database while they are sent."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from uuid import UUID

from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from leadpulse_app.domain.errors import UnavailableError

MAXIMUM_DOWNLOADS = 4
"""Each holds a connection until its reader has it all; pages need the others."""

MAXIMUM_DOWNLOADS_PER_PROJECT = 2
"""So that no project keeps the others from theirs."""

READER_PATIENCE_SECONDS = 20.0
"""How long a reader may take nothing before its download is given up."""

_running: Counter[UUID] = Counter()
"""The downloads of this process, by project."""


class Download(StreamingResponse):
    """A file of a project, whose source is closed when its reader leaves halfway.

    While there is no place for one more, it answers that it is unavailable.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[str, None],
        *,
        project_id: UUID,
        filename: str,
        media_type: str,
    ) -> None:
        self._pieces = pieces
        self._project_id = project_id
        disposition = f'attachment; filename="{filename}"'
        super().__init__(
            pieces, headers={"Content-Disposition": disposition}, media_type=media_type
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place, and send the file."""
        with _place_for(self._project_id):
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        """Send the file; what it is read from is let go in any case."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(READER_PATIENCE_SECONDS):
                await send(message)

        async with aclosing(self._pieces):
            await super().stream_response(send_in_time)


@contextmanager
def _place_for(project_id: UUID) -> Iterator[None]:
    if (
        _running.total() >= MAXIMUM_DOWNLOADS
        or _running[project_id] >= MAXIMUM_DOWNLOADS_PER_PROJECT
    ):
        raise UnavailableError("Too many exports run at once", retry_after=10)
    _running[project_id] += 1
    try:
        yield
    finally:
        _running[project_id] -= 1
        if not _running[project_id]:
            del _running[project_id]
