"""The list of leads, all of it as CSV, and who leads it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.download import Download
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.api.export import HEADER_LINE, csv_lines
from leadpulse_app.api.leads import CursorQuery, LeadBody, LimitQuery
from leadpulse_app.database import transaction
from leadpulse_app.domain.annotation import MAXIMUM_TAG_LENGTH
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import MAX_TYPE_LENGTH
from leadpulse_app.domain.intelligence import Risk
from leadpulse_app.domain.lead_filter import (
    MAXIMUM_QUERY_LENGTH,
    MAXIMUM_SCORE,
    MAXIMUM_SEEN_WITHIN_DAYS,
    LeadFilter,
    LeadSort,
)
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import (
    MAXIMUM_SKIP,
    count_by_stage,
    list_leads,
    stream_leads,
)

router = APIRouter(tags=["Leads"])

MAXIMUM_LEADERS = 100
NOBODY = "none"
"""What `owner` is for leads that nobody looks after."""

_PARAMETERS = {
    "query": "q",
    "minimum_score": "minScore",
    "maximum_score": "maxScore",
    "seen_within_days": "seenWithinDays",
    "owner_id": "owner",
    "event_type": "event",
}
"""What the fields of a filter are called here, where it is not the same."""

ScoreQuery = Annotated[
    int | None,
    Query(ge=0, le=MAXIMUM_SCORE, description="A score, this one included."),
]
SortQuery = Annotated[LeadSort, Query(description="What comes first.")]
LeadersQuery = Annotated[int, Query(ge=1, le=MAXIMUM_LEADERS)]


def _read_filter(
    stage: Annotated[Stage | None, Query(description="Only leads in it.")] = None,
    q: Annotated[
        str,
        Query(
            max_length=MAXIMUM_QUERY_LENGTH,
            description=(
                "Words. Each begins a word of the lead's name, email, company or ids, "
                "whatever their case and accents."
            ),
        ),
    ] = "",
    minimum_score: Annotated[ScoreQuery, Query(alias="minScore")] = None,
    maximum_score: Annotated[ScoreQuery, Query(alias="maxScore")] = None,
    seen_within_days: Annotated[
        int | None,
        Query(
            alias="seenWithinDays",
            ge=1,
            le=MAXIMUM_SEEN_WITHIN_DAYS,
            description="Only leads that did something within as many days.",
        ),
    ] = None,
    risk: Annotated[Risk | None, Query(description="Only leads at this risk.")] = None,
    owner: Annotated[
        str | None,
        Query(
            max_length=40,
            description=f"The id of the member who owns them, or `{NOBODY}`.",
        ),
    ] = None,
    tag: Annotated[str | None, Query(max_length=MAXIMUM_TAG_LENGTH)] = None,
    event: Annotated[
        str | None,
        Query(max_length=MAX_TYPE_LENGTH, description="Only leads that did this."),
    ] = None,
) -> LeadFilter:
    try:
        return LeadFilter(
            query=q,
            stage=stage,
            minimum_score=minimum_score,
            maximum_score=maximum_score,
            seen_within_days=seen_within_days,
            risk=risk,
            owner_id=_owner_id(owner),
            unowned=owner == NOBODY,
            tag=tag,
            event_type=event,
        )
    except InvalidInputError as error:
        details = error.details or {}
        raise InvalidInputError(
            error.message,
            details={_PARAMETERS.get(name, name): details[name] for name in details},
        ) from None


def _owner_id(owner: str | None) -> UUID | None:
    if owner is None or owner == NOBODY:
        return None
    try:
        return UUID(owner)
    except ValueError:
        message = f"The owner has to be the id of a member, or {NOBODY}"
        raise InvalidInputError(message, details={"owner_id": message}) from None


WantedDep = Annotated[LeadFilter, Depends(_read_filter)]


class LeadPageBody(Body):
    """A page of leads."""

    leads: tuple[LeadBody, ...]
    total: Annotated[int, Field(description="How many leads the filters leave.")]
    total_is_exact: Annotated[
        bool, Field(description="False where there may be more than `total`.")
    ]
    limit: int
    skip: int
    next_cursor: str | None


class LeaderboardBody(Body):
    """The leads with the highest scores, the highest first."""

    leads: tuple[LeadBody, ...]


class StageLeadersBody(LeaderboardBody):
    """The leads with the highest scores of a stage."""

    stage: Stage
    count: Annotated[int, Field(description="How many leads the stage has in all.")]


class StagesBody(Body):
    """The leaders of each stage, the hottest stage first."""

    stages: tuple[StageLeadersBody, ...]


@router.get("/api/leads")
async def show_leads(
    session: SessionDep,
    actor: ActorDep,
    wanted: WantedDep,
    limit: LimitQuery = 100,
    skip: Annotated[int, Query(ge=0, le=MAXIMUM_SKIP)] = 0,
    cursor: CursorQuery = None,
    sort: SortQuery = LeadSort.SCORE,
) -> Success[LeadPageBody]:
    """List leads, the highest score first; page by `cursor`, or by `skip`."""
    page = await list_leads(
        session,
        actor,
        now=datetime.now(UTC),
        limit=limit,
        skip=skip,
        cursor=cursor,
        wanted=wanted,
        sort=sort,
    )
    return Success(
        data=LeadPageBody(
            leads=tuple(map(LeadBody.model_validate, page.leads)),
            total=page.total,
            total_is_exact=page.total_is_exact,
            limit=limit,
            skip=skip,
            next_cursor=page.next_cursor,
        )
    )


@router.get(
    "/api/leads/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_leads(
    actor: ActorDep, wanted: WantedDep, sort: SortQuery = LeadSort.SCORE
) -> Download:
    """Stream all the leads that the filters leave as CSV, from one snapshot."""
    return Download(
        _exported(actor, wanted, sort),
        project_id=actor.project_id,
        filename="leads.csv",
        media_type="text/csv",
    )


@router.get("/api/leads/leaderboard")
@router.get("/api/leaderboard")
async def show_leaderboard(
    session: SessionDep, actor: ActorDep, limit: LeadersQuery = 10
) -> Success[LeaderboardBody]:
    """Show the leads with the highest scores."""
    page = await list_leads(session, actor, now=datetime.now(UTC), limit=limit)
    return Success(
        data=LeaderboardBody(leads=tuple(map(LeadBody.model_validate, page.leads)))
    )


@router.get("/api/leaderboard/by-stage")
async def show_leaders_by_stage(
    session: SessionDep, actor: ActorDep, limit: LeadersQuery = 10
) -> Success[StagesBody]:
    """Show the leads with the highest scores of each stage."""
    now = datetime.now(UTC)
    stages = []
    for stage, count in reversed((await count_by_stage(session, actor)).items()):
        page = await list_leads(
            session, actor, now=now, limit=limit, wanted=LeadFilter(stage=stage)
        )
        leads = tuple(map(LeadBody.model_validate, page.leads))
        stages.append(StageLeadersBody(stage=stage, count=count, leads=leads))
    return Success(data=StagesBody(stages=tuple(stages)))


async def _exported(
    actor: Actor, wanted: LeadFilter, sort: LeadSort
) -> AsyncGenerator[str, None]:
    async with transaction(actor.project_id) as session:
        yield HEADER_LINE
        async for chunk in stream_leads(
            session, actor, now=datetime.now(UTC), wanted=wanted, sort=sort
        ):
            yield csv_lines(chunk)
