"""Receives files: within a limit, in time, and a few at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any
from uuid import UUID

from fastapi import Request
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from leadpulse_app.api.envelope import Body
from leadpulse_app.api.transport import MAXIMUM_UPLOAD_BYTES
from leadpulse_app.domain.errors import (
    InvalidInputError,
    TooLargeError,
    UnavailableError,
)

MAXIMUM_UPLOADS = 4
"""Of the files that a process reads at once: each may take 100 MB of memory."""

SENDER_PATIENCE_SECONDS = 20.0
"""How long the sender of a file may pause before it is given up."""

_BYTES_IN_MEMORY = 1024 * 1024
"""Of a file that is being received; the rest of it waits on disk."""

_uploads: Counter[UUID] = Counter()
"""The files that this process reads, by project."""


class UploadErrorBody(Body):
    """Why a row was not taken."""

    line: Annotated[
        int, Field(description="Of the file; in a JSON array, the number of the event.")
    ]
    code: str
    message: str


class UploadBody(Body):
    """What became of a file."""

    accepted: int
    duplicates: Annotated[int, Field(description="Rows that were there before.")]
    rejected: int
    errors: Annotated[
        tuple[UploadErrorBody, ...],
        Field(description="For the first hundred of the rejected rows."),
    ]


_FILE = {"type": "string", "format": "binary"}


def file_body(*media_types: str) -> dict[str, Any]:
    """Describe the body of a route that takes a file, as a form's or by itself."""
    alone: Mapping[str, object] = {
        kind: {"schema": {} if kind == "application/json" else _FILE}
        for kind in media_types
    }
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": _FILE},
    }
    content = {"multipart/form-data": {"schema": form}, **alone}
    return {"requestBody": {"required": True, "content": content}}


@contextmanager
def place_for(project_id: UUID) -> Iterator[None]:
    """Take a place while a file is read.

    Raises:
        UnavailableError: There is none, or the project reads a file already.
    """
    if _uploads[project_id]:
        raise UnavailableError("Another file is being read; wait for it", retry_after=5)
    if _uploads.total() >= MAXIMUM_UPLOADS:
        raise UnavailableError("Too many files are being read", retry_after=10)
    _uploads[project_id] += 1
    try:
        yield
    finally:
        del _uploads[project_id]


@asynccontextmanager
async def received_file(request: Request) -> AsyncIterator[IO[bytes]]:
    """Receive the file of a request, as the part `file` of a form or as the body.

    Raises:
        InvalidInputError: There is no file, or it broke off.
        TooLargeError: It is over the limit.
    """
    patient = Request(request.scope, _patient(request.receive))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            async with patient.form(max_files=1, max_fields=10) as form:
                part = form.get("file")
                if not isinstance(part, UploadFile):
                    raise InvalidInputError("The form has no file called file")
                _require_size(part.size or 0)
                yield part.file
        else:
            with SpooledTemporaryFile(_BYTES_IN_MEMORY) as file:
                async for chunk in patient.stream():
                    file.write(chunk)
                _require_size(file.tell())
                file.seek(0)
                yield file
    except ClientDisconnect:
        raise InvalidInputError("The file broke off") from None


def _require_size(size: int) -> None:
    if size > MAXIMUM_UPLOAD_BYTES:
        raise TooLargeError("The file is over 10 MB")


def _patient(receive: Receive) -> Receive:
    async def receive_in_time() -> Message:
        try:
            async with asyncio.timeout(SENDER_PATIENCE_SECONDS):
                return await receive()
        except TimeoutError:
            raise HTTPException(408) from None

    return receive_in_time
