"""Leads: the list, one, its ledger, the judgement of it, and all as CSV."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, Field

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.api.export import HEADER_LINE, CsvDownload, csv_lines
from leadpulse_app.database import run_scoped, transaction
from leadpulse_app.domain.errors import UnavailableError
from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.domain.intelligence import NextAction, Risk
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Reason
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.history import list_history
from leadpulse_app.services.identity import list_identities, unmerge
from leadpulse_app.services.leads import (
    MAXIMUM_PAGE,
    MAXIMUM_QUERY_LENGTH,
    MAXIMUM_SKIP,
    LeadSort,
    get_lead,
    list_leads,
    normalise_search,
    stream_leads,
)
from leadpulse_app.services.live import publish_changes

router = APIRouter(prefix="/api/leads", tags=["Leads"])

MAXIMUM_EXPORTS = 4
"""Each holds a connection until its reader has it all; pages need the others."""

MAXIMUM_EXPORTS_PER_PROJECT = 2
"""So that no project keeps the others from exporting."""

_exports: Counter[UUID] = Counter()
"""The exports that run in this process, by project."""

LimitQuery = Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)]
CursorQuery = Annotated[
    str | None, Query(max_length=500, description="`nextCursor` of the page before.")
]
StageQuery = Annotated[Stage | None, Query(description="Only leads in this stage.")]
SearchQuery = Annotated[
    Annotated[str, AfterValidator(normalise_search)] | None,
    Query(
        max_length=MAXIMUM_QUERY_LENGTH,
        description="Only leads whose name, email, company or id contains this.",
    ),
]
EventsLast24h = Annotated[int, Field(serialization_alias="eventsLast24h")]
SortQuery = Annotated[LeadSort, Query(description="What comes first.")]


class LeadBody(Body):
    """A lead, judged at the moment of the answer."""

    id: UUID
    anonymous_id: str | None
    name: str | None
    email: str | None
    company: str | None
    current_score: Annotated[int, Field(validation_alias="score")]
    lead_stage: Annotated[Stage, Field(validation_alias="stage")]
    velocity: int
    risk: Risk
    next_action: NextAction
    events_last_24h: EventsLast24h
    last_event_at: datetime | None
    created_at: datetime


class LeadPageBody(Body):
    """A page of leads."""

    leads: tuple[LeadBody, ...]
    total: Annotated[int, Field(description="How many leads the filters leave.")]
    limit: int
    skip: int
    next_cursor: str | None


class IntelligenceBody(Body):
    """What a lead's recent behaviour says."""

    lead_id: Annotated[UUID, Field(validation_alias="id")]
    current_score: Annotated[int, Field(validation_alias="score")]
    stage: Stage
    velocity: Annotated[int, Field(description="3 for each event of the last 24 h.")]
    risk: Risk
    next_action: NextAction
    events_last_24h: EventsLast24h
    last_event_at: datetime | None


class HistoryEntryBody(Body):
    """A line of a lead's ledger."""

    sequence: int
    event_id: Annotated[str, Field(description="The message id of the event.")]
    event_type: str
    rule_id: UUID | None
    rule_name: str | None
    ruleset_version: int
    points: Annotated[int, Field(description="What the rule gives.")]
    delta: Annotated[int, Field(description="What the score took.")]
    old_score: int
    new_score: int
    reason: Reason
    occurred_at: datetime
    recorded_at: datetime


class HistoryPageBody(Body):
    """Lines of a ledger, newest first."""

    entries: tuple[HistoryEntryBody, ...]
    next_cursor: str | None


class AliasBody(Body):
    """A name that resolves to a lead."""

    kind: AliasKind
    value: str
    lead_id: Annotated[
        UUID, Field(description="The lead that it was first of, perhaps merged since.")
    ]
    since: datetime


class MergeBody(Body):
    """Two leads that turned out to be one person."""

    id: UUID
    lead_id: Annotated[UUID, Field(description="The lead that an event was of.")]
    other_id: Annotated[UUID, Field(description="The lead that it named too.")]
    merged_at: datetime
    event: Annotated[
        str | None, Field(description="The message id of the event that named both.")
    ]


class IdentitiesBody(Body):
    """What a lead is known by, and what was merged into it."""

    lead_id: UUID
    aliases: Annotated[
        tuple[AliasBody, ...], Field(description="The newest 200, oldest first.")
    ]
    aliases_total: int
    merges: Annotated[
        tuple[MergeBody, ...], Field(description="The newest 200, oldest first.")
    ]
    merges_total: int


class UnmergeBody(Body):
    """Which merge to take back."""

    merge_id: UUID


@router.get("")
async def show_leads(
    session: SessionDep,
    actor: ActorDep,
    limit: LimitQuery = 100,
    skip: Annotated[int, Query(ge=0, le=MAXIMUM_SKIP)] = 0,
    cursor: CursorQuery = None,
    stage: StageQuery = None,
    q: SearchQuery = None,
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
        stage=stage,
        query=q,
        sort=sort,
    )
    return Success(
        data=LeadPageBody(
            leads=tuple(LeadBody.model_validate(lead) for lead in page.leads),
            total=page.total,
            limit=limit,
            skip=skip,
            next_cursor=page.next_cursor,
        )
    )


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_leads(
    actor: ActorDep,
    stage: StageQuery = None,
    q: SearchQuery = None,
    sort: SortQuery = LeadSort.SCORE,
) -> CsvDownload:
    """Stream all the leads that the filters leave as CSV, from one snapshot."""
    if (
        _exports.total() >= MAXIMUM_EXPORTS
        or _exports[actor.project_id] >= MAXIMUM_EXPORTS_PER_PROJECT
    ):
        raise UnavailableError("Too many exports run at once", retry_after=10)
    return CsvDownload(
        _exported(actor, stage=stage, query=q, sort=sort), filename="leads.csv"
    )


@router.get("/{lead_id}")
async def show_lead(
    session: SessionDep, actor: ActorDep, lead_id: UUID
) -> Success[LeadBody]:
    """Show one lead."""
    lead = await get_lead(session, actor, lead_id, now=datetime.now(UTC))
    return Success(data=LeadBody.model_validate(lead))


@router.get("/{lead_id}/history")
async def show_history(
    session: SessionDep,
    actor: ActorDep,
    lead_id: UUID,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Success[HistoryPageBody]:
    """List a lead's ledger, newest first: every change of its score and why."""
    page = await list_history(session, actor, lead_id, limit=limit, cursor=cursor)
    return Success(data=HistoryPageBody.model_validate(page))


@router.get("/{lead_id}/identities")
async def show_identities(
    session: SessionDep, actor: ActorDep, lead_id: UUID
) -> Success[IdentitiesBody]:
    """List the names that resolve to a lead, and the merges that made it."""
    found = await list_identities(session, actor, lead_id)
    return Success(data=IdentitiesBody.model_validate(found))


@router.post("/{lead_id}/unmerge")
async def unmerge_lead(
    actor: ActorDep, lead_id: UUID, body: UnmergeBody
) -> Success[LeadBody]:
    """Take a merge back: both leads are worth their own events again, for good.

    The answer is the lead that is one by itself again.
    """
    split_off = await run_scoped(
        actor.project_id,
        lambda connection: unmerge(
            connection, actor, lead_id=lead_id, merge_id=body.merge_id
        ),
    )
    await asyncio.to_thread(publish_changes, [actor.project_id])
    async with transaction(actor.project_id) as session:
        lead = await get_lead(session, actor, split_off, now=datetime.now(UTC))
    return Success(data=LeadBody.model_validate(lead))


@router.get("/{lead_id}/intelligence")
async def show_intelligence(
    session: SessionDep, actor: ActorDep, lead_id: UUID
) -> Success[IntelligenceBody]:
    """Judge a lead: velocity, risk and the next action."""
    lead = await get_lead(session, actor, lead_id, now=datetime.now(UTC))
    return Success(data=IntelligenceBody.model_validate(lead))


async def _exported(
    actor: Actor, *, stage: Stage | None, query: str | None, sort: LeadSort
) -> AsyncGenerator[str, None]:
    _exports[actor.project_id] += 1
    try:
        async with transaction(actor.project_id) as session:
            yield HEADER_LINE
            async for chunk in stream_leads(
                session, actor, stage=stage, query=query, sort=sort
            ):
                yield csv_lines(chunk)
    finally:
        _exports[actor.project_id] -= 1
        if not _exports[actor.project_id]:
            del _exports[actor.project_id]
