"""The rules a project scores by: immutable versions, of which one is in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.ruleset import (
    DEFAULT_POINTS,
    MAXIMUM_POINTS,
    MINIMUM_POINTS,
    Rule,
)
from leadpulse_app.models import Project, RulesetVersion, User
from leadpulse_app.services.actors import Actor

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class ActiveRuleset:
    """The version that the next event is scored by, and who published it."""

    version: int
    rules: tuple[Rule, ...]
    published_at: datetime
    published_by_name: str | None


def default_rules(*, now: datetime) -> tuple[Rule, ...]:
    """Return the rules a new project begins with, under ids of their own."""
    return tuple(
        Rule(
            id=uuid7(now),
            name=event_type.replace("_", " ").capitalize(),
            event_type=event_type,
            points=points,
        )
        for event_type, points in DEFAULT_POINTS.items()
    )


async def active_ruleset(session: AsyncSession, actor: Actor) -> ActiveRuleset:
    """Return the ruleset in force in the actor's project."""
    found = await session.execute(
        select(
            col(RulesetVersion.version),
            col(RulesetVersion.rules),
            col(RulesetVersion.published_at),
            col(User.name),
        )
        .join(
            Project,
            (col(Project.id) == RulesetVersion.project_id)
            & (col(Project.ruleset_version) == col(RulesetVersion.version)),
        )
        .outerjoin(User, col(User.id) == RulesetVersion.published_by)
        .where(col(RulesetVersion.project_id) == actor.project_id)
    )
    version, rules, published_at, published_by_name = found.one()
    return ActiveRuleset(version, _parse(rules), published_at, published_by_name)


async def publish_points(
    session: AsyncSession, actor: Actor, *, points: Mapping[UUID, int], now: datetime
) -> int:
    """Give rules other points, in force from the commit on.

    Those who publish at once take turns, each on top of the one before.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        points: New points by rule id, -10,000..10,000; other rules keep theirs.
        now: The time of publication.

    Returns:
        The version in force: a new one, or the current one if nothing differs.

    Raises:
        ForbiddenError: The actor is no admin.
        InvalidInputError: A rule is unknown or its points are out of bounds; the
            details name each by its id.
    """
    actor.require_admin()
    # Ingest's foreign keys take FOR KEY SHARE on this row; this lock lets them pass.
    await session.execute(
        select(col(Project.id))
        .where(col(Project.id) == actor.project_id)
        .with_for_update(key_share=True)
    )
    active = await active_ruleset(session, actor)
    _refuse_invalid(active.rules, points)
    rules = tuple(
        rule.model_copy(update={"points": points.get(rule.id, rule.points)})
        for rule in active.rules
    )
    if rules == active.rules:
        return active.version
    version = active.version + 1
    await add_ruleset_version(
        session,
        actor.project_id,
        version=version,
        rules=rules,
        published_by=actor.user_id,
        now=now,
    )
    await session.execute(
        update(Project)
        .where(col(Project.id) == actor.project_id)
        .values(ruleset_version=version)
    )
    return version


async def add_ruleset_version(
    session: AsyncSession,
    project_id: UUID,
    *,
    version: int,
    rules: Iterable[Rule],
    published_by: UUID,
    now: datetime,
) -> None:
    """Write a version down; it takes force once the project points at it."""
    session.add(
        RulesetVersion(
            project_id=project_id,
            version=version,
            rules=[rule.model_dump(mode="json") for rule in rules],
            published_by=published_by,
            published_at=now,
        )
    )
    await session.flush()


async def rule_names(
    session: AsyncSession, actor: Actor, versions: Iterable[int]
) -> dict[tuple[int, UUID], str]:
    """Return what the rules were called, by version and rule id."""
    found = await session.execute(
        select(col(RulesetVersion.version), col(RulesetVersion.rules)).where(
            col(RulesetVersion.project_id) == actor.project_id,
            col(RulesetVersion.version).in_(sorted(set(versions))),
        )
    )
    return {
        (version, rule.id): rule.name
        for version, rules in found
        for rule in _parse(rules)
    }


def _parse(rules: Iterable[Mapping[str, object]]) -> tuple[Rule, ...]:
    return tuple(Rule.model_validate(rule) for rule in rules)


def _refuse_invalid(rules: Iterable[Rule], points: Mapping[UUID, int]) -> None:
    names = {rule.id: rule.name for rule in rules}
    details: dict[str, str] = {}
    for rule_id, value in points.items():
        if rule_id not in names:
            details[str(rule_id)] = "There is no such rule in this project"
        elif not MINIMUM_POINTS <= value <= MAXIMUM_POINTS:
            details[str(rule_id)] = (
                f"The points of “{names[rule_id]}” have to be within "
                f"{MINIMUM_POINTS:,} and {MAXIMUM_POINTS:,}"
            )
    if details:
        raise InvalidInputError(next(iter(details.values())), details=details)
