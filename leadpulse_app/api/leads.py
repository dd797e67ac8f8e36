"""One lead: what it is, its ledger, the judgement of it, its names and merges."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BeforeValidator, Field

from leadpulse_app.api.access import ActorDep, CallerDep, GroupCommitDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.database import run_scoped, transaction
from leadpulse_app.domain.adjustment import AdjustedPoints, Adjustment, Note
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import parse_time
from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.domain.intelligence import NextAction, Risk
from leadpulse_app.domain.outlook import NOTHING_AHEAD, Outlook
from leadpulse_app.domain.ruleset import Period, RuleKind
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Reason
from leadpulse_app.services.adjusting import adjust_score
from leadpulse_app.services.explanation import Explanation, RuleShare, explain_score
from leadpulse_app.services.history import list_history
from leadpulse_app.services.identity import list_identities, unmerge
from leadpulse_app.services.leads import MAXIMUM_PAGE, get_lead
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.outlook import read_outlook

router = APIRouter(prefix="/api/leads", tags=["Leads"])

LimitQuery = Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)]
CursorQuery = Annotated[
    str | None, Query(max_length=500, description="`nextCursor` of the page before.")
]


def _read_moment(value: object) -> datetime:
    try:
        return parse_time(str(value))
    except ValueError:
        message = "at has to be an RFC 3339 time like 2026-01-31T09:30:00Z"
        raise InvalidInputError(message, details={"at": message}) from None


AtQuery = Annotated[
    Annotated[datetime, BeforeValidator(_read_moment)] | None,
    Query(description="A moment from the first entry on; without it, now."),
]
EventsLast24h = Annotated[int, Field(serialization_alias="eventsLast24h")]


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
    owner_id: UUID | None
    owner_name: str | None
    tags: tuple[str, ...]


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
    rule_name: Annotated[
        str | None,
        Field(description="Of an adjustment, who made it and the note."),
    ]
    ruleset_version: int
    points: Annotated[
        int,
        Field(
            description=(
                "What the rule, or the person, gives; of a lapse, what is to be taken "
                "back; of a correction, what one of these was at last."
            )
        ),
    ]
    delta: Annotated[int, Field(description="What the score took.")]
    old_score: int
    new_score: int
    reason: Reason
    occurred_at: datetime
    recorded_at: datetime
    note: Annotated[str | None, Field(description="Why an adjustment was made.")]
    adjusted_by: Annotated[str | None, Field(description="Who made an adjustment.")]


class HistoryPageBody(Body):
    """Lines of a ledger, newest first."""

    entries: tuple[HistoryEntryBody, ...]
    next_cursor: str | None


class CapBody(Body):
    """How often a rule gives points to a lead, or how many, within a period."""

    times: int | None
    points: int | None
    per: Period


class ShareBody(Body):
    """What a part of a score comes from."""

    times: Annotated[int, Field(description="How many events, or adjustments.")]
    points: Annotated[int, Field(description="What these were to give.")]
    delta: Annotated[
        int, Field(description="What they come to, with limits, lapses, corrections.")
    ]
    expired: Annotated[int, Field(description="How much of `delta` lapsed.")]
    corrected: Annotated[
        int,
        Field(description="How much of `delta` late events, merges and such changed."),
    ]
    capped: Annotated[int, Field(description="How many gave less because of a cap.")]
    clamped: Annotated[
        int, Field(description="How many met the end of the scale, 0 or 10,000.")
    ]


class RuleShareBody(ShareBody):
    """What a rule gave."""

    rule_id: UUID
    rule_name: str | None
    kind: RuleKind | None
    cap: CapBody | None
    expires_after_days: int | None

    @classmethod
    def of(cls, share: RuleShare) -> "RuleShareBody":
        """Return what a rule gave, with the limits that the rule had then."""
        rule = share.rule
        return cls(
            **ShareBody.model_validate(share).model_dump(),
            rule_id=share.rule_id,
            rule_name=share.rule_name,
            kind=rule.kind if rule else None,
            cap=CapBody.model_validate(rule.cap) if rule and rule.cap else None,
            expires_after_days=rule.expires_after_days if rule else None,
        )


class CorrectionBody(Body):
    """What the entries of one kind that corrected others come to."""

    reason: Reason
    entries: int
    delta: int


class LapseBody(Body):
    """That points lapse."""

    at: datetime
    points: Annotated[
        int | None,
        Field(
            description=(
                "By how much the score changes then; null where a lead has too many "
                "entries to work it out at once."
            )
        ),
    ]


class StageChangeBody(Body):
    """That lapsing points put a lead in another stage."""

    stage: Stage
    at: datetime


class ExplanationBody(Body):
    """A lead's score at a moment, and why it is that."""

    lead_id: Annotated[
        UUID, Field(description="What the lead is part of, where it was merged away.")
    ]
    at: datetime
    score: int
    stage: Stage
    ruleset_version: Annotated[
        int | None, Field(description="The newest that the score counts by.")
    ]
    sequence: Annotated[int, Field(description="How many entries the ledger had.")]
    rules: Annotated[
        tuple[RuleShareBody, ...],
        Field(
            description=(
                "What each rule gave, the most first. The `delta` of these and of "
                "`adjustments` add up to the score."
            )
        ),
    ]
    adjustments: Annotated[ShareBody, Field(description="What people gave and took.")]
    corrections: Annotated[
        tuple[CorrectionBody, ...],
        Field(description="What of all this was corrected later; part of the above."),
    ]
    entries: Annotated[
        tuple[HistoryEntryBody, ...],
        Field(description="The newest entries up to then, newest first."),
    ]
    next_cursor: str | None
    next_expiry: Annotated[
        LapseBody | None,
        Field(description="When points lapse next; null where `at` was given."),
    ]
    next_stage: Annotated[
        StageChangeBody | None,
        Field(
            description=(
                "Which stage the lead then comes to, and when, without further events; "
                "null where `at` was given."
            )
        ),
    ]


class AdjustmentBody(Body):
    """Points that a person gives a lead, or takes."""

    points: AdjustedPoints
    note: Annotated[Note, Field(description="Why; the ledger shows it.")]
    adjustment_id: Annotated[
        UUID | None,
        Field(description="Your own id for it: sending the same again does nothing."),
    ] = None


class AdjustedBody(Body):
    """An adjustment that is stored, and scored soon."""

    adjustment_id: UUID
    lead_id: UUID
    points: int
    note: str
    is_new: Annotated[bool, Field(description="Whether it was not there before.")]


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


@router.get("/{lead_id}/explain")
async def show_explanation(
    actor: CallerDep,
    lead_id: UUID,
    at: AtQuery = None,
    limit: LimitQuery = 20,
    cursor: CursorQuery = None,
) -> Success[ExplanationBody]:
    """Explain a lead's score by rule: now, or as the board said it at a moment."""
    now = datetime.now(UTC)
    async with transaction(actor.project_id) as session:
        explained = await explain_score(
            session, actor, lead_id, now=now, at=at, limit=limit, cursor=cursor
        )
    ahead = NOTHING_AHEAD
    if explained.lapses_at is not None:
        ahead = await run_scoped(
            actor.project_id,
            lambda connection: read_outlook(
                connection, actor, explained.lead_id, now=now
            ),
        )
    return Success(data=_explanation_body(explained, ahead))


@router.post("/{lead_id}/adjust", status_code=status.HTTP_202_ACCEPTED)
async def adjust_lead(
    actor: CallerDep, lead_id: UUID, body: AdjustmentBody, group_commit: GroupCommitDep
) -> Success[AdjustedBody]:
    """Give a lead points, or take some, with a note that says why.

    The ledger shows both as soon as it is scored.
    """
    adjusted = await run_scoped(
        actor.project_id,
        lambda connection: adjust_score(
            connection,
            actor,
            lead_id,
            Adjustment(points=body.points, note=body.note),
            now=datetime.now(UTC),
            adjustment_id=body.adjustment_id,
        ),
    )
    group_commit.wake_scorer()
    return Success(data=AdjustedBody.model_validate(adjusted))


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


def _explanation_body(explained: Explanation, ahead: Outlook) -> ExplanationBody:
    return ExplanationBody(
        lead_id=explained.lead_id,
        at=explained.at,
        score=explained.score,
        stage=explained.stage,
        ruleset_version=explained.ruleset_version,
        sequence=explained.sequence,
        rules=tuple(map(RuleShareBody.of, explained.rules)),
        adjustments=ShareBody.model_validate(explained.adjustments),
        corrections=tuple(map(CorrectionBody.model_validate, explained.corrections)),
        entries=tuple(map(HistoryEntryBody.model_validate, explained.history.entries)),
        next_cursor=explained.history.next_cursor,
        next_expiry=ahead.next_expiry and LapseBody.model_validate(ahead.next_expiry),
        next_stage=ahead.next_stage
        and StageChangeBody.model_validate(ahead.next_stage),
    )
