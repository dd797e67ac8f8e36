"""Events: the stream of them, files of them, and the release of those held back."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints, model_validator

from leadpulse_app.api.access import ActorDep, CallerDep, GroupCommitDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.api.transport import EVENT_UPLOAD_PATH
from leadpulse_app.api.upload import UploadBody, file_body, place_for, received_file
from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import MAX_ID_LENGTH, MAX_TYPE_LENGTH
from leadpulse_app.services.events import list_events
from leadpulse_app.services.leads import MAXIMUM_PAGE
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.quarantine import release_events
from leadpulse_app.services.uploads import store_upload

router = APIRouter(prefix="/api/events", tags=["Events"])

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
            description="Only events of this lead, those that happened last first; "
            "with `bot`, those that arrived last.",
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


@router.post(
    EVENT_UPLOAD_PATH.removeprefix(router.prefix),
    openapi_extra=file_body("text/csv", "application/json"),
)
async def upload_events(
    request: Request, actor: CallerDep, group_commit: GroupCommitDep
) -> Success[UploadBody]:
    """Take a file of events: CSV with a header line, or JSON, of 10 MB at most.

    A row that can't be taken is told with its line, and the rest goes in. A row
    without a messageId gets one of its content, so that a file may come again.
    """
    async with received_file(request) as file:
        with place_for(actor.project_id):
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
