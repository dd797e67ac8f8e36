"""What a lead did, session by session."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.services.timeline import MAXIMUM_SESSIONS, Session, list_timeline

router = APIRouter(prefix="/api/leads", tags=["Leads"])


class TimelineEventBody(Body):
    """Something that a lead did."""

    message_id: str
    type: str
    occurred_at: datetime
    points: Annotated[
        int | None,
        Field(description="What it gave when first scored; null until then."),
    ]
    old_score: int | None
    new_score: int | None
    is_capped: Annotated[bool, Field(description="Whether a cap made it give less.")]
    held: Annotated[
        str | None, Field(description="Why it is in quarantine, where it is.")
    ]
    page: str | None
    properties: Mapping[str, object]


class TimelineSessionBody(Body):
    """What a lead did in one go."""

    session_id: Annotated[
        str | None,
        Field(description="Its sender's name for it; null where none was sent."),
    ]
    started_at: datetime
    ended_at: datetime
    duration_seconds: float
    points: Annotated[int, Field(description="What its events gave when first scored.")]
    first_page: str | None
    last_page: str | None
    events: Annotated[tuple[TimelineEventBody, ...], Field(description="Newest first.")]

    @classmethod
    def of(cls, session: Session) -> "TimelineSessionBody":
        """Return a session as it is answered."""
        return cls(
            session_id=session.session_id,
            started_at=session.started_at,
            ended_at=session.ended_at,
            duration_seconds=session.duration.total_seconds(),
            points=session.points,
            first_page=session.first_page,
            last_page=session.last_page,
            events=tuple(map(TimelineEventBody.model_validate, session.events)),
        )


class TimelineBody(Body):
    """Sessions, newest first."""

    sessions: tuple[TimelineSessionBody, ...]
    next_cursor: str | None


@router.get("/{lead_id}/timeline")
async def show_timeline(
    session: SessionDep,
    actor: ActorDep,
    lead_id: UUID,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM_SESSIONS)] = 20,
    cursor: Annotated[
        str | None, Query(max_length=2_000, description="Where the last page ended.")
    ] = None,
) -> Success[TimelineBody]:
    """List what a lead did, grouped by session, newest first.

    Events without a session are grouped where less than 30 minutes lie between them.
    """
    page = await list_timeline(session, actor, lead_id, limit=limit, cursor=cursor)
    return Success(
        data=TimelineBody(
            sessions=tuple(map(TimelineSessionBody.of, page.sessions)),
            next_cursor=page.next_cursor,
        )
    )
