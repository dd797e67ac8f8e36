"""What an admin of a project sets right: failed scoring, and scores that differ."""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from leadpulse_app.api.access import ActorDep, CallerDep, GroupCommitDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.api.leads import CursorQuery, LeadBody, LimitQuery
from leadpulse_app.database import run_scoped, transaction
from leadpulse_app.domain.cursor import decode_cursor, encode_cursor
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.services.failed_jobs import (
    discard_failed_job,
    list_failed_jobs,
    retry_all_failed_jobs,
    retry_failed_job,
)
from leadpulse_app.services.leads import get_lead
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.project_check import Progress, check_project
from leadpulse_app.services.rebuilding import (
    LEAD_POSITION,
    Unrebuilt,
    rebuild_lead,
    rebuild_leads,
)

router = APIRouter(prefix="/api/admin", tags=["Admin"])

REBUILD_SECONDS = 10.0
"""How long one call rebuilds; what is left is told by its cursor."""


class FailedJobBody(Body):
    """A lead whose scoring failed; it goes by the id of the lead."""

    id: Annotated[UUID, Field(validation_alias="lead_id")]
    lead: Annotated[str, Field(validation_alias="lead_label")]
    error: str
    attempts: int
    failed_at: datetime
    retry_at: Annotated[
        datetime | None,
        Field(description="When it is tried again by itself; null when it is due."),
    ]
    needs_person: Annotated[
        bool, Field(description="Whether nothing happens until a retry or a discard.")
    ]
    events: Annotated[int, Field(description="How many of its events wait.")]


class FailedJobPageBody(Body):
    """Leads whose scoring failed, the newest lead first."""

    jobs: tuple[FailedJobBody, ...]
    next_cursor: str | None


class RetriedBody(Body):
    """How many leads are tried again."""

    retried: int


class DiscardedBody(Body):
    """How many events are kept and not scored."""

    discarded: int


class DifferingBody(Body):
    """A lead that is not as its events say; without a lead, the whole project."""

    lead_id: UUID | None
    messages: tuple[str, ...]


class SystemHealthBody(Body):
    """What a recomputation of every score found."""

    healthy: bool
    leads: Annotated[int, Field(description="How many were checked.")]
    differing: Annotated[int, Field(description="How many differ.")]
    differences: Annotated[
        tuple[DifferingBody, ...], Field(description="The first 100 of them.")
    ]


class UnrebuiltBody(Body):
    """A lead that could not be rebuilt."""

    lead_id: UUID
    error: str


class RebuiltBody(Body):
    """How far a rebuild came."""

    leads: Annotated[int, Field(description="How many this call rebuilt.")]
    unrebuilt: tuple[UnrebuiltBody, ...]
    next_cursor: Annotated[
        str | None, Field(description="Call again with it; null when all is done.")
    ]


@router.get("/failed-jobs")
async def show_failed_jobs(
    session: SessionDep,
    actor: ActorDep,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> Success[FailedJobPageBody]:
    """List the leads whose scoring failed, with why and what waits."""
    actor.require_admin()
    page = await list_failed_jobs(session, actor, limit=limit, cursor=cursor)
    return Success(data=FailedJobPageBody.model_validate(page))


@router.post("/failed-jobs/retry")
async def retry_all(
    actor: CallerDep, group_commit: GroupCommitDep
) -> Success[RetriedBody]:
    """Score all failed leads of the project again at once."""
    retried = await run_scoped(
        actor.project_id, lambda connection: retry_all_failed_jobs(connection, actor)
    )
    await _announce(actor.project_id, group_commit)
    return Success(data=RetriedBody(retried=retried))


@router.post("/failed-jobs/{lead_id}/retry")
async def retry(
    actor: CallerDep, group_commit: GroupCommitDep, lead_id: UUID
) -> Success[RetriedBody]:
    """Score a failed lead again at once."""
    await run_scoped(
        actor.project_id,
        lambda connection: retry_failed_job(connection, actor, lead_id=lead_id),
    )
    await _announce(actor.project_id, group_commit)
    return Success(data=RetriedBody(retried=1))


@router.delete("/failed-jobs/{lead_id}")
async def discard(actor: CallerDep, lead_id: UUID) -> Success[DiscardedBody]:
    """Hold a failed lead's waiting events back: kept, not scored, releasable."""
    discarded = await run_scoped(
        actor.project_id,
        lambda connection: discard_failed_job(connection, actor, lead_id=lead_id),
    )
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=DiscardedBody(discarded=discarded))


@router.get("/system-health")
async def show_system_health(actor: CallerDep) -> Success[SystemHealthBody]:
    """Recompute every score of the project from its events, and compare.

    It takes as long as it takes to read all events; one at a time runs for a project.
    """
    found = await asyncio.to_thread(check_project, actor, Progress())
    return Success(
        data=SystemHealthBody(
            healthy=not found.differing,
            leads=found.leads,
            differing=found.differing,
            differences=tuple(map(DifferingBody.model_validate, found.listed)),
        )
    )


@router.post("/rebuild/{lead_id}")
async def rebuild(actor: CallerDep, lead_id: UUID) -> Success[LeadBody]:
    """Bring a lead to what its events make it, each under its ruleset version.

    The answer is the lead that it counts for. A lead that is right stays as it is.
    """
    root_id = await run_scoped(
        actor.project_id,
        lambda connection: rebuild_lead(connection, actor, lead_id=lead_id),
    )
    await asyncio.to_thread(publish_changes, [actor.project_id])
    async with transaction(actor.project_id) as session:
        lead = await get_lead(session, actor, root_id, now=datetime.now(UTC))
    return Success(data=LeadBody.model_validate(lead))


@router.post("/rebuild-project/{project_id}")
async def rebuild_project(
    actor: CallerDep,
    project_id: UUID,
    cursor: Annotated[
        str | None, Query(max_length=100, description="`nextCursor` of the last call.")
    ] = None,
) -> Success[RebuiltBody]:
    """Bring the project's leads to what their events make them, for ten seconds.

    Call again with the cursor until there is none. Doing it twice changes nothing.
    """
    if project_id != actor.project_id:
        raise NotFoundError("There is no such project")
    after = None if cursor is None else decode_cursor(cursor, LEAD_POSITION)
    leads = 0
    unrebuilt: list[Unrebuilt] = []
    deadline = time.monotonic() + REBUILD_SECONDS
    while True:
        step = await run_scoped(
            project_id, partial(rebuild_leads, actor=actor, after=after)
        )
        leads += step.leads
        unrebuilt.extend(step.unrebuilt)
        after = step.last_id
        if after is None or time.monotonic() > deadline:
            break
    await asyncio.to_thread(publish_changes, [project_id])
    return Success(
        data=RebuiltBody(
            leads=leads,
            unrebuilt=tuple(map(UnrebuiltBody.model_validate, unrebuilt)),
            next_cursor=None if after is None else encode_cursor(after, LEAD_POSITION),
        )
    )


async def _announce(project_id: UUID, group_commit: GroupCommitDep) -> None:
    group_commit.wake_scorer()
    await asyncio.to_thread(publish_changes, [project_id])
