"""The preview of the draft: what it would make of the leads that there are."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.previews import (
    PreviewState,
    PreviewStatus,
    cancel_preview,
    get_preview,
    start_preview,
)

router = APIRouter(prefix="/api/rulesets/preview", tags=["Rules"])


class StageCountBody(Body):
    """How many leads are in a stage."""

    stage: Stage
    old: int
    new: int


class PreviewedLeadBody(Body):
    """A lead whose score or stage changes."""

    id: UUID
    name: Annotated[str, Field(description="What it is called; empty if it is gone.")]
    old_score: int
    new_score: int


class MoveBody(Body):
    """The leads that go from one stage to another."""

    old_stage: Stage
    new_stage: Stage
    leads: int
    most_changed: tuple[PreviewedLeadBody, ...]


class BarBody(Body):
    """How many leads have a score from `start` up to, but not, `end`."""

    start: int
    end: Annotated[int | None, Field(description="Null where it has no end.")]
    old: int
    new: int


class ThresholdsBody(Body):
    """The lowest scores of the stages above cold."""

    warm: int
    hot: int
    qualified: int


RuleId = Annotated[
    UUID | None, Field(description="Null for points that people gave or took.")
]


class RulePointsBody(Body):
    """What a rule gives all leads together."""

    rule_id: RuleId
    name: str
    old: int
    new: int


class RuleShareBody(Body):
    """What a rule gives one lead: how many times, and how many points in all."""

    rule_id: RuleId
    name: str
    old_times: int
    old_points: int
    new_times: int
    new_points: int


class ExplainedLeadBody(PreviewedLeadBody):
    """A lead whose score changes, and why."""

    old_stage: Stage
    new_stage: Stage
    rules: tuple[RuleShareBody, ...]


class WhatIfBody(Body):
    """Leads as they are, and as the draft makes them."""

    as_of: datetime
    leads: int
    events: int
    changed: Annotated[int, Field(description="Leads whose score changes.")]
    stages: tuple[StageCountBody, ...]
    moves: Annotated[
        tuple[MoveBody, ...],
        Field(description="Leads that change stage, ten at most named for each way."),
    ]
    old_thresholds: ThresholdsBody
    new_thresholds: ThresholdsBody
    bars: Annotated[
        tuple[BarBody, ...], Field(description="The distribution of scores.")
    ]
    rules: tuple[RulePointsBody, ...]
    most_changed: Annotated[
        tuple[ExplainedLeadBody, ...],
        Field(description="Twenty leads at most, the largest change first."),
    ]


class PreviewBody(Body):
    """A preview, as far as it has come."""

    id: UUID
    status: PreviewStatus
    leads: Annotated[int, Field(description="How many it has come past.")]
    all_leads: int
    started_at: datetime
    finished_at: datetime | None
    error: Annotated[str | None, Field(description="Why there is no result.")]
    stale: Annotated[
        bool,
        Field(description="Whether the draft or what is in force has changed since."),
    ]
    result: WhatIfBody | None


@router.post("", status_code=202)
async def preview_draft(session: SessionDep, actor: ActorDep) -> Success[PreviewBody]:
    """Start to work out what the draft would make of the leads that there are.

    A worker does it, from one snapshot of all that was recorded. A preview that is
    under way is called off. Refused with 409 where there is no draft.
    """
    started = await start_preview(session, actor, now=datetime.now(UTC))
    return Success(data=_body(started))


@router.get("")
async def show_preview(
    session: SessionDep, actor: ActorDep
) -> Success[PreviewBody | None]:
    """Show the newest preview, how far it has come and its result; null without one."""
    newest = await get_preview(session, actor)
    return Success(data=None if newest is None else _body(newest))


@router.delete("")
async def drop_preview(session: SessionDep, actor: ActorDep) -> Success[None]:
    """Call off the preview that is under way, if there is one."""
    await cancel_preview(session, actor, now=datetime.now(UTC))
    return Success(data=None)


def _body(preview: PreviewState) -> PreviewBody:
    return PreviewBody(
        id=preview.id,
        status=preview.status,
        leads=preview.leads,
        all_leads=preview.all_leads,
        started_at=preview.started_at,
        finished_at=preview.finished_at,
        error=preview.error,
        stale=preview.is_stale,
        result=_result(preview),
    )


def _result(preview: PreviewState) -> WhatIfBody | None:
    if preview.result is None:
        return None
    told = preview.result.model_dump()
    named = [
        *told["most_changed"],
        *(lead for move in told["moves"] for lead in move["most_changed"]),
    ]
    for lead in named:
        lead["name"] = preview.lead_names.get(lead["id"], "")
    return WhatIfBody.model_validate(told)
