"""How a lead's score went over time, and what its rules gave when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.gains import Gains, gains_of
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.ruleset import Rule
from leadpulse_app.domain.score_course import (
    CourseLine,
    CoursePoint,
    course_of,
    sample_course,
)
from leadpulse_app.domain.stage import Thresholds
from leadpulse_app.models import Event, Lead, Project, RulesetVersion, ScoreEntry
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.history import RuleOfVersion, find_rules
from leadpulse_app.services.leads import find_root

MAXIMUM_LINES = 5_000
"""The newest lines of a ledger that are read; what is older is left out."""


@dataclass(frozen=True, slots=True)
class ScoreCourse:
    """How a score went over time."""

    points: tuple[CoursePoint, ...]
    """In order; of a long course those that show its peaks and lows."""
    highest: CoursePoint | None
    """The first at which the score was highest; nothing while nothing was scored."""
    thresholds: Thresholds
    """Where stages begin by the version in force."""
    gains: Gains
    rule_names: Mapping[UUID, str]
    """What the rules of the gains were called when they gave something last."""
    is_whole: bool
    """Whether it begins with the first line of the ledger."""


async def read_score_course(
    session: AsyncSession,
    actor: Actor,
    lead_id: UUID,
    *,
    now: datetime,
    zone: tzinfo,
) -> ScoreCourse:
    """Return how a lead's score went, in at most 200 points, and what gave it.

    One that was merged away is told as the lead that it is part of.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        lead_id: Whose score.
        now: The moment of asking.
        zone: The time zone in which weeks and months begin.

    Raises:
        NotFoundError: The project has no such lead.
    """
    root_id = await find_root(session, actor, lead_id)
    lines = await _lines(session, actor, root_id)
    rules = await find_rules(session, actor, _lapsed(lines))
    course = course_of([_dated(line, rules) for line in lines])
    gains = gains_of(lines, now=now, zone=zone)
    named = await find_rules(
        session,
        actor,
        {
            (each.ruleset_version, each.rule_id)
            for each in gains.rules
            if each.rule_id is not None
        },
    )
    return ScoreCourse(
        points=sample_course(course),
        highest=max(course, key=lambda point: point.score, default=None),
        thresholds=await _thresholds(session, actor),
        gains=gains,
        rule_names={rule_id: rule.name for (_, rule_id), rule in named.items()},
        is_whole=not lines or lines[0].sequence == 1,
    )


async def read_course_state(
    session: AsyncSession, actor: Actor, root_id: UUID
) -> tuple[int, int]:
    """Return what the course of a root follows from: while it is, so is the course.

    That is how many lines its ledger has, and the version of the rules in force.

    Raises:
        NotFoundError: The project has no such lead.
    """
    found = await session.execute(
        select(col(Lead.sequence), col(Project.ruleset_version))
        .join(Project, col(Project.id) == col(Lead.project_id))
        .where(col(Lead.project_id) == actor.project_id, col(Lead.id) == root_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFoundError("There is no such lead")
    return row.sequence, row.ruleset_version


async def _lines(
    session: AsyncSession, actor: Actor, root_id: UUID
) -> tuple[CourseLine, ...]:
    found = await session.execute(
        select(
            col(ScoreEntry.sequence),
            col(ScoreEntry.event_id),
            col(Event.type),
            col(ScoreEntry.rule_id),
            col(ScoreEntry.ruleset_version),
            col(ScoreEntry.delta),
            col(ScoreEntry.new_score),
            col(ScoreEntry.reason),
            col(Event.occurred_at),
            col(ScoreEntry.recorded_at),
        )
        .join(
            Event,
            and_(
                col(Event.project_id) == col(ScoreEntry.project_id),
                col(Event.id) == col(ScoreEntry.event_id),
            ),
        )
        .where(
            col(ScoreEntry.project_id) == actor.project_id,
            col(ScoreEntry.lead_id) == root_id,
        )
        .order_by(col(ScoreEntry.sequence).desc())
        .limit(MAXIMUM_LINES)
    )
    lines = [
        CourseLine(*row[:7], Reason(row.reason), row.occurred_at, row.recorded_at)
        for row in found
    ]
    return tuple(reversed(lines))


def _lapsed(lines: tuple[CourseLine, ...]) -> set[RuleOfVersion]:
    return {
        (line.ruleset_version, line.rule_id)
        for line in lines
        if line.reason is Reason.EXPIRED and line.rule_id is not None
    }


def _dated(line: CourseLine, rules: Mapping[RuleOfVersion, Rule]) -> CourseLine:
    """Return a lapse at the moment that the points lapsed, and all else as it is."""
    if line.reason is not Reason.EXPIRED:
        return line
    rule = rules.get((line.ruleset_version, line.rule_id)) if line.rule_id else None
    lapsed_at = line.recorded_at
    if rule is not None and rule.expires_after_days is not None:
        due_at = line.happened_at + timedelta(days=rule.expires_after_days)
        lapsed_at = min(due_at, line.recorded_at)
    return replace(line, happened_at=lapsed_at)


async def _thresholds(session: AsyncSession, actor: Actor) -> Thresholds:
    settings = await session.scalar(
        select(col(RulesetVersion.settings))
        .join(
            Project,
            and_(
                col(Project.id) == col(RulesetVersion.project_id),
                col(Project.ruleset_version) == col(RulesetVersion.version),
            ),
        )
        .where(col(RulesetVersion.project_id) == actor.project_id)
    )
    return Thresholds.model_validate((settings or {}).get("thresholds", {}))
