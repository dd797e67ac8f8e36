"""What the overview shows, as numbers."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import Field

from leadpulse_app.api.access import ActorDep, SessionDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.domain.period import Range, period_of
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import MAXIMUM_PAGE
from leadpulse_app.services.mutations import list_mutations
from leadpulse_app.services.overview import (
    Distribution,
    Figures,
    Mover,
    Movers,
    read_distribution,
    read_figures,
    read_movers,
)

router = APIRouter(prefix="/api/analytics", tags=["Analytics"])


class FigureBody(Body):
    """A count over the range, beside the one before it."""

    value: int
    previous: int
    change: Annotated[
        int | None,
        Field(description="In percent; unknown where there was nothing before."),
    ]
    points: Annotated[
        tuple[int, ...], Field(description="Along the range, the oldest first.")
    ]


class MedianBody(Body):
    """How long half of the leads took at most, in seconds."""

    value: float | None
    previous: float | None
    change: Annotated[int | None, Field(description="In percent.")]
    points: tuple[float | None, ...]


class StageBody(Body):
    """How many leads are in a stage."""

    stage: Stage
    leads: int
    begins_at_score: int
    reached: Annotated[
        int, Field(description="Leads that are in this stage or in a hotter one.")
    ]


class BinBody(Body):
    """How many leads have a score of a bin."""

    floor: Annotated[
        int,
        Field(description="The lowest score in it; the last bin is open at the top."),
    ]
    leads: int


class SeriesBody(Body):
    """How many events of a type there were in each bar."""

    type: Annotated[
        str | None, Field(description="Null for all types that are not told apart.")
    ]
    counts: tuple[int, ...]


class MoverBody(Body):
    """A lead that moved."""

    id: UUID
    label: str
    company: str | None
    score: int
    stage: Stage


class HeatingBody(MoverBody):
    """A lead that gains points."""

    points: Annotated[int, Field(description="By events of the last 24 hours.")]


class QualifiedBody(MoverBody):
    """A lead that became qualified."""

    qualified_at: datetime


class CoolingBody(MoverBody):
    """A lead that fell into a lower stage, or is hot or qualified and silent."""

    dropped_from: Stage | None
    at: Annotated[datetime, Field(description="When it fell, or was seen last.")]


class DashboardBody(Body):
    """A project over a range up to now."""

    range: Range
    since: datetime
    until: datetime
    previous_since: datetime
    previous_until: datetime
    new_leads: FigureBody
    qualified: Annotated[
        FigureBody, Field(description="Leads that became qualified, each once.")
    ]
    events: FigureBody
    median_seconds_to_qualify: MedianBody
    stages: tuple[StageBody, ...]
    score_bins: tuple[BinBody, ...]
    bars: Annotated[
        tuple[datetime, ...],
        Field(description="When the bars begin: hours, or days of the project."),
    ]
    events_by_type: tuple[SeriesBody, ...]
    heating_up: tuple[HeatingBody, ...]
    newly_qualified: tuple[QualifiedBody, ...]
    going_cold: tuple[CoolingBody, ...]


class MutationBody(Body):
    """What an event did to a score when it was first scored."""

    message_id: str
    event_type: str
    lead_id: UUID
    lead_label: str
    rule_id: UUID | None
    ruleset_version: int
    points: Annotated[int, Field(description="What the rule gives.")]
    delta: Annotated[int, Field(description="What the score took.")]
    reason: Reason
    old_score: int
    new_score: int
    recorded_at: datetime


class MutationPageBody(Body):
    """A page of the ledger."""

    mutations: tuple[MutationBody, ...]
    next_cursor: str | None


@router.get("/dashboard")
async def show_dashboard(
    session: SessionDep,
    actor: ActorDep,
    wanted: Annotated[
        Range,
        Query(
            alias="range",
            description="Up to now; compared with the one of the same length before.",
        ),
    ] = Range.WEEK,
) -> Success[DashboardBody]:
    """Say how many leads and events there were, where leads stand, and who moved."""
    now = datetime.now(UTC)
    period = period_of(wanted, now=now, zone=_zone(actor))
    return Success(
        data=_dashboard(
            await read_figures(session, actor, period=period),
            await read_distribution(session, actor),
            await read_movers(session, actor, now=now),
        )
    )


@router.get("/score-mutations")
async def show_score_mutations(
    session: SessionDep,
    actor: ActorDep,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)] = 100,
    cursor: Annotated[
        str | None, Query(description="The `nextCursor` of the page before.")
    ] = None,
) -> Success[MutationPageBody]:
    """List what events did to scores, the newest event first.

    Lapsed points and corrections are in the history of their lead.
    """
    page = await list_mutations(session, actor, limit=limit, cursor=cursor)
    return Success(data=MutationPageBody.model_validate(page))


def _zone(actor: Actor) -> ZoneInfo:
    return ZoneInfo(actor.time_zone)


def _dashboard(
    figures: Figures, distribution: Distribution, movers: Movers
) -> DashboardBody:
    period, taken = figures.period, figures.median_time
    return DashboardBody(
        range=period.range,
        since=period.begins_at,
        until=period.ends_at,
        previous_since=period.previous_begins_at,
        previous_until=period.previous_ends_at,
        new_leads=FigureBody.model_validate(figures.new_leads),
        qualified=FigureBody.model_validate(figures.qualified),
        events=FigureBody.model_validate(figures.events),
        median_seconds_to_qualify=MedianBody(
            value=_seconds(taken.value),
            previous=_seconds(taken.previous),
            change=taken.change,
            points=tuple(map(_seconds, taken.points)),
        ),
        stages=tuple(
            StageBody(
                stage=stage,
                leads=distribution.stages[stage],
                begins_at_score=score,
                reached=distribution.reached(stage),
            )
            for stage, score in distribution.thresholds.ascending()
        ),
        score_bins=tuple(map(BinBody.model_validate, distribution.bins)),
        bars=period.bars,
        events_by_type=tuple(map(SeriesBody.model_validate, figures.by_type)),
        heating_up=tuple(
            HeatingBody(**_mover(each.lead), points=each.points)
            for each in movers.heating
        ),
        newly_qualified=tuple(
            QualifiedBody(**_mover(each.lead), qualified_at=each.qualified_at)
            for each in movers.qualified
        ),
        going_cold=tuple(
            CoolingBody(**_mover(each.lead), dropped_from=each.dropped_from, at=each.at)
            for each in movers.cooling
        ),
    )


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()


def _mover(lead: Mover) -> dict[str, Any]:
    return MoverBody.model_validate(lead).model_dump()
