"""The versions of a project's rules: numbered from 1 without a gap, never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.cursor import check_limit, decode_cursor, encode_cursor
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.ruleset import (
    DEFAULT_POINTS,
    SETTINGS,
    Rule,
    Rules,
    Ruleset,
    RulesetContent,
)
from leadpulse_app.domain.ruleset_diff import RulesetDiff, diff_rulesets
from leadpulse_app.models import Project, RulesetVersion, User
from leadpulse_app.services.actors import Actor

FIRST_VERSION = 1

MAXIMUM_VERSIONS = 100
"""On one page of the history; each may hold 200 rules."""

_VERSION_NUMBER: TypeAdapter[int] = TypeAdapter(
    Annotated[int, Field(ge=1, le=2**31 - 1)]
)


@dataclass(frozen=True, slots=True)
class ActiveRuleset:
    """The version that the next event is scored by, and who published it."""

    version: int
    content: RulesetContent
    time_zone: str
    """In which its days and weeks begin."""
    published_at: datetime
    published_by_name: str | None

    @property
    def rules(self) -> Rules:
        """Its rules, in their order."""
        return self.content.rules


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version, and how it differs from the one before."""

    version: int
    content: RulesetContent
    time_zone: str
    """In which its days and weeks begin."""
    published_at: datetime
    published_by_name: str | None
    restored_version: int | None
    """The older version that it brought back."""
    active: bool
    """Whether it is in force."""
    changes: RulesetDiff

    @property
    def rules(self) -> Rules:
        """Its rules, in their order."""
        return self.content.rules


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Some versions, newest first."""

    versions: tuple[PublishedVersion, ...]
    next_cursor: str | None


def default_rules(*, now: datetime) -> Rules:
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
            col(RulesetVersion.settings),
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
    version, rules, settings, published_at, published_by_name = found.one()
    return ActiveRuleset(
        version,
        read_content(rules, settings),
        _read_time_zone(settings),
        published_at,
        published_by_name,
    )


async def list_versions(
    session: AsyncSession, actor: Actor, *, limit: int = 20, cursor: str | None = None
) -> VersionPage:
    """Return versions of the actor's project, newest first.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many at most, 1..100.
        cursor: Where the last page ended.

    Raises:
        InvalidInputError: The limit is out of range or the cursor is not ours.
    """
    check_limit(limit, MAXIMUM_VERSIONS)
    before = None if cursor is None else decode_cursor(cursor, _VERSION_NUMBER)
    newest = None if before is None else before - 1
    found = await _read_versions(session, actor, newest=newest, limit=limit + 1)
    versions = found[:limit]
    return VersionPage(
        versions,
        encode_cursor(versions[-1].version, _VERSION_NUMBER)
        if len(found) > limit
        else None,
    )


async def get_version(
    session: AsyncSession, actor: Actor, version: int
) -> PublishedVersion:
    """Return one version of the actor's project.

    Raises:
        NotFoundError: There is no such version.
    """
    found = await _read_versions(session, actor, newest=version, limit=1)
    if not found or found[0].version != version:
        raise NotFoundError("There is no such version")
    return found[0]


async def add_ruleset_version(
    session: AsyncSession,
    project_id: UUID,
    *,
    version: int,
    content: RulesetContent,
    time_zone: str,
    published_by: UUID,
    now: datetime,
    restored_version: int | None = None,
) -> None:
    """Write a version down; it takes force once the project points at it.

    The time zone in which its days and weeks begin is the project's at that moment.
    """
    session.add(
        RulesetVersion(
            project_id=project_id,
            version=version,
            rules=store_rules(content.rules),
            settings=store_settings(content) | {"time_zone": time_zone},
            published_by=published_by,
            published_at=now,
            restored_version=restored_version,
        )
    )
    await session.flush()


def read_rules(stored: Iterable[Mapping[str, object]]) -> Rules:
    """Return rules as `store_rules` left them."""
    return tuple(Rule.model_validate(rule) for rule in stored)


def read_content(
    rules: Iterable[Mapping[str, object]], settings: Mapping[str, Any]
) -> RulesetContent:
    """Return a ruleset as `store_rules` and `store_settings` left it."""
    return RulesetContent.model_validate({"rules": rules, **settings})


def read_ruleset(content: RulesetContent, *, version: int, time_zone: str) -> Ruleset:
    """Return what a ruleset would be as a version, to fold by it."""
    said = {name: getattr(content, name) for name in ("rules", *SETTINGS)}
    return Ruleset(version=version, time_zone=time_zone, **said)


def store_rules(rules: Rules) -> list[dict[str, Any]]:
    """Return rules as a table keeps them."""
    return [rule.model_dump(mode="json") for rule in rules]


def store_settings(content: RulesetContent) -> dict[str, Any]:
    """Return what a ruleset says beside its rules, as a table keeps it."""
    return content.model_dump(mode="json", include=set(SETTINGS))


def _read_time_zone(settings: Mapping[str, Any]) -> str:
    stored: str = settings.get("time_zone", Ruleset.model_fields["time_zone"].default)
    return stored


async def _read_versions(
    session: AsyncSession, actor: Actor, *, newest: int | None, limit: int
) -> tuple[PublishedVersion, ...]:
    """Return versions from a number down, each compared with the one below."""
    wanted = (
        select(
            col(RulesetVersion.version),
            col(RulesetVersion.rules),
            col(RulesetVersion.settings),
            col(RulesetVersion.published_at),
            col(User.name),
            col(RulesetVersion.restored_version),
            (col(RulesetVersion.version) == col(Project.ruleset_version)).label(
                "active"
            ),
        )
        .join(Project, col(Project.id) == RulesetVersion.project_id)
        .outerjoin(User, col(User.id) == RulesetVersion.published_by)
        .where(col(RulesetVersion.project_id) == actor.project_id)
        .order_by(col(RulesetVersion.version).desc())
        .limit(limit + 1)
    )
    if newest is not None:
        wanted = wanted.where(col(RulesetVersion.version) <= newest)
    rows = (await session.execute(wanted)).all()
    contents = [read_content(row.rules, row.settings) for row in rows]
    olders = [*contents[1:], RulesetContent(rules=())]
    return tuple(
        PublishedVersion(
            version=row.version,
            content=content,
            time_zone=_read_time_zone(row.settings),
            published_at=row.published_at,
            published_by_name=row.name,
            restored_version=row.restored_version,
            active=row.active,
            changes=diff_rulesets(older, content),
        )
        for row, content, older in zip(rows, contents, olders, strict=True)
    )[:limit]
