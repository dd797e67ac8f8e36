"""Previews of the draft: asked for by people, worked out by a worker, read by people.

A project has at most one that is not finished yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import ConflictError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.what_if import WhatIf
from leadpulse_app.models import (
    Lead,
    PendingPreview,
    Preview,
    Project,
    RulesetDraft,
)
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rulesets.turns import take_turn

PREVIEWS_KEPT = 10
"""Of one project; older ones are forgotten."""

CALLED_OFF = "It was called off"
REPLACED = "Another preview was asked for"


class PreviewStatus(StrEnum):
    """How far a preview has come."""

    WAITING = "waiting"
    """No worker has begun it."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PreviewState:
    """A preview of a draft, as far as it has come."""

    id: UUID
    status: PreviewStatus
    leads: int
    """How many it has come past."""
    all_leads: int
    """How many there are; 0 while nobody has counted."""
    started_at: datetime
    finished_at: datetime | None
    error: str | None
    """Why there is no result."""
    is_stale: bool
    """Whether the draft is another one by now, or gone, or other rules are in force."""
    result: WhatIf | None
    lead_names: Mapping[UUID, str]
    """What the leads in the result are called; those that are gone have no name."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """All that a preview depends on, apart from the history."""

    rules: list[dict[str, Any]]
    settings: dict[str, Any]
    active_version: int


async def start_preview(
    session: AsyncSession, actor: Actor, *, now: datetime
) -> PreviewState:
    """Let a worker preview the draft as it stands.

    One that is under way is called off.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        now: The time at which it is asked for.

    Raises:
        ForbiddenError: The actor is no admin.
        ConflictError: There is no draft.
    """
    await take_turn(session, actor)
    project_id = actor.project_id
    draft = await _read_draft(session, project_id)
    if draft is None:
        raise ConflictError("There is no draft to preview")
    await _call_off(session, project_id, now=now, reason=REPLACED)
    preview_id = uuid7(now)
    await session.execute(
        insert(Preview).values(
            project_id=project_id,
            id=preview_id,
            rules=draft.rules,
            settings=draft.settings,
            base_version=draft.active_version,
            started_by=actor.user_id,
            started_at=now,
        )
    )
    await session.execute(
        insert(PendingPreview).values(project_id=project_id, id=preview_id)
    )
    newest = (
        select(col(Preview.id))
        .where(col(Preview.project_id) == project_id)
        .order_by(col(Preview.id).desc())
        .limit(PREVIEWS_KEPT)
    )
    await session.execute(
        delete(Preview).where(
            col(Preview.project_id) == project_id, col(Preview.id).not_in(newest)
        )
    )
    started = await get_preview(session, actor)
    if started is None:
        raise LookupError("the preview that was started can't be read")
    return started


async def get_preview(session: AsyncSession, actor: Actor) -> PreviewState | None:
    """Return the newest preview of the actor's project, if there is one."""
    found = await session.execute(
        select(Preview)
        .where(col(Preview.project_id) == actor.project_id)
        .order_by(col(Preview.id).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    newest = found.scalar_one_or_none()
    return None if newest is None else await _state(session, actor, newest)


async def cancel_preview(session: AsyncSession, actor: Actor, *, now: datetime) -> None:
    """Call off the preview that is under way, if there is one.

    Whoever works on it notices within a second or so.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    await take_turn(session, actor)
    await _call_off(session, actor.project_id, now=now, reason=CALLED_OFF)


async def _call_off(
    session: AsyncSession, project_id: UUID, *, now: datetime, reason: str
) -> None:
    await session.execute(
        update(Preview)
        .where(
            col(Preview.project_id) == project_id, col(Preview.finished_at).is_(None)
        )
        .values(finished_at=now, error=reason, result=null())
    )
    # A worker that has claimed it holds this row, and forgets it itself.
    waiting = (
        select(col(PendingPreview.id))
        .where(col(PendingPreview.project_id) == project_id)
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        delete(PendingPreview).where(
            col(PendingPreview.project_id) == project_id,
            col(PendingPreview.id).in_(waiting),
        )
    )


async def _state(session: AsyncSession, actor: Actor, preview: Preview) -> PreviewState:
    is_finished = preview.finished_at is not None
    result = (
        WhatIf.model_validate(preview.result)
        if is_finished and preview.result is not None
        else None
    )
    return PreviewState(
        id=preview.id,
        status=_status(preview),
        leads=preview.leads,
        all_leads=preview.all_leads,
        started_at=preview.started_at,
        finished_at=preview.finished_at,
        error=preview.error,
        is_stale=await _read_draft(session, preview.project_id)
        != _Draft(preview.rules, preview.settings, preview.base_version),
        result=result,
        lead_names=await _lead_names(session, actor, result.lead_ids())
        if result
        else {},
    )


def _status(preview: Preview) -> PreviewStatus:
    if preview.finished_at is None:
        return (
            PreviewStatus.WAITING if preview.result is None else PreviewStatus.RUNNING
        )
    if preview.error is None:
        return PreviewStatus.DONE
    called_off = preview.error in (CALLED_OFF, REPLACED)
    return PreviewStatus.CANCELLED if called_off else PreviewStatus.FAILED


async def _read_draft(session: AsyncSession, project_id: UUID) -> _Draft | None:
    found = await session.execute(
        select(
            col(RulesetDraft.rules),
            col(RulesetDraft.settings),
            col(Project.ruleset_version),
            col(Project.time_zone),
        )
        .join(Project, col(Project.id) == RulesetDraft.project_id)
        .where(col(RulesetDraft.project_id) == project_id)
    )
    row = found.one_or_none()
    if row is None:
        return None
    rules, settings, active_version, time_zone = row
    return _Draft(rules, {"time_zone": time_zone, **settings}, active_version)


async def _lead_names(
    session: AsyncSession, actor: Actor, lead_ids: Iterable[UUID]
) -> Mapping[UUID, str]:
    found = await session.execute(
        select(
            col(Lead.id),
            func.coalesce(
                col(Lead.name),
                col(Lead.email),
                col(Lead.user_id),
                col(Lead.anonymous_id),
                cast(col(Lead.id), Text),
            ),
        ).where(
            col(Lead.project_id) == actor.project_id, col(Lead.id).in_(list(lead_ids))
        )
    )
    return dict(found.all())
