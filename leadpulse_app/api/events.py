"""Events: the stream of them, files of them, and the release of those held back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints, model_validator
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from leadpulse_app.api.access import ActorDep, CallerDep, GroupCommitDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.api.transport import MAXIMUM_UPLOAD_BYTES, UPLOAD_PATH
from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import (
    InvalidInputError,
    TooLargeError,
    UnavailableError,
)
from leadpulse_app.domain.event import MAX_ID_LENGTH, MAX_TYPE_LENGTH
from leadpulse_app.services.events import list_events
from leadpulse_app.services.leads import MAXIMUM_PAGE
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.quarantine import release_events
from leadpulse_app.services.uploads import store_upload

router = APIRouter(prefix="/api/events", tags=["Events"])

MAXIMUM_UPLOADS = 4
"""Of the files that a process reads at once: each may take 100 MB of memory."""

SENDER_PATIENCE_SECONDS = 20.0
"""How long the sender of a file may pause before it is given up."""

_BYTES_IN_MEMORY = 1024 * 1024
"""Of a file that is being received; the rest of it waits on disk."""

_uploads: Counter[UUID] = Counter()
"""The files that this process reads, by project."""


_STORABLE = r"^[^\x00]*$"

_MessageId = Annotated[
    str, StringConstraints(max_length=MAX_ID_LENGTH, pattern=_STORABLE)
]


class EventBody(Body):
    """An event as it was sent, and what it gave."""

    id: Annotated[
        str, Field(validation_alias="message_id", description="The sender's messageId.")
    ]
    type: str
    lead_id: UUID
    lead_label: Annotated[str, Field(description="The best name of the lead.")]
    anonymous_id: str | None
    user_id: str | None
    session_id: str | None
    properties: dict[str, Any]
    timestamp: datetime | None
    sent_at: datetime | None
    received_at: datetime
    occurred_at: datetime
    scored: bool
    delta: Annotated[int | None, Field(description="What the score took at first.")]
    bot: Annotated[
        str | None,
        Field(description="What sent it, where it is held back and not scored."),
    ]


class EventPageBody(Body):
    """A page of events."""

    events: tuple[EventBody, ...]
    next_cursor: str | None


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
    duplicates: Annotated[int, Field(description="Events that were there before.")]
    rejected: int
    errors: Annotated[
        tuple[UploadErrorBody, ...],
        Field(description="For the first hundred of the rejected rows."),
    ]


class ReleaseBody(Body):
    """Which events to release: some of them, those of a lead, or all."""

    event_ids: Annotated[
        tuple[_MessageId, ...] | None,
        Field(max_length=MAXIMUM_PAGE),
    ] = None
    lead_id: UUID | None = None
    of_project: Annotated[
        bool, Field(alias="all", description="All of the project.")
    ] = False

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        given = (self.event_ids is not None, self.lead_id is not None, self.of_project)
        if sum(given) != 1:
            raise InvalidInputError("Name either eventIds, or a leadId, or all: true")
        return self


class ReleasedBody(Body):
    """How many events are scored now."""

    released: int


@router.get("")
async def show_events(
    session: SessionDep,
    actor: ActorDep,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)] = 100,
    cursor: Annotated[
        str | None,
        Query(max_length=2_000, description="`nextCursor` of the page before."),
    ] = None,
    event_type: Annotated[
        str | None,
        Query(
            alias="type",
            max_length=MAX_TYPE_LENGTH,
            pattern=_STORABLE,
            description="Only events of this type, those that happened last first. "
            "With `leadId` or `bot`, a page may be short, or empty, and still have a "
            "`nextCursor`.",
        ),
    ] = None,
    lead_id: Annotated[
        UUID | None,
        Query(
            alias="leadId",
            description="Only events of this lead, those that happened last first.",
        ),
    ] = None,
    bot: Annotated[bool, Query(description="Only events that are held back.")] = False,
) -> Success[EventPageBody]:
    """List events, those that arrived last first."""
    page = await list_events(
        session,
        actor,
        limit=limit,
        cursor=cursor,
        event_type=event_type,
        lead_id=lead_id,
        only_held=bot,
    )
    return Success(data=EventPageBody.model_validate(page))


_FILE = {"type": "string", "format": "binary"}


@router.post(
    UPLOAD_PATH.removeprefix(router.prefix),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": _FILE},
                    }
                },
                "text/csv": {"schema": _FILE},
                "application/json": {"schema": {}},
            },
        }
    },
)
async def upload_events(
    request: Request, actor: CallerDep, group_commit: GroupCommitDep
) -> Success[UploadBody]:
    """Take a file of events: CSV with a header line, or JSON, of 10 MB at most.

    A row that can't be taken is told with its line, and the rest goes in. A row
    without a messageId gets one of its content, so that a file may come again.
    """
    async with _received_file(request) as file:
        with _place_for(actor.project_id):
            result = await store_upload(
                group_commit, actor.project_id, file, received_at=datetime.now(UTC)
            )
    return Success(data=UploadBody.model_validate(result))


@router.post("/release")
async def release(
    actor: CallerDep, group_commit: GroupCommitDep, which: ReleaseBody
) -> Success[ReleasedBody]:
    """Let events be scored that are held back since a crawler sent them."""
    async with transaction(actor.project_id) as session:
        released = await release_events(
            session, actor, message_ids=which.event_ids, lead_id=which.lead_id
        )
    group_commit.wake_scorer()
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=ReleasedBody(released=released))


@contextmanager
def _place_for(project_id: UUID) -> Iterator[None]:
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
async def _received_file(request: Request) -> AsyncIterator[IO[bytes]]:
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
