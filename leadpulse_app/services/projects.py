"""The projects of a person: which there are, a new one, and the one they work in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.database import set_scope
from leadpulse_app.domain.errors import ConflictError, NotFoundError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.project import (
    read_domain,
    read_project_name,
    read_time_zone,
)
from leadpulse_app.domain.ruleset import RulesetContent
from leadpulse_app.models import Membership, Project, Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.keys import WriteKey, create_write_key
from leadpulse_app.services.rulesets import (
    FIRST_VERSION,
    add_ruleset_version,
    default_rules,
)

MAXIMUM_PROJECTS = 50
"""Of one person: each of them is listed wherever one is chosen."""


@dataclass(frozen=True, slots=True)
class MemberProject:
    """A project, and what the person is in it."""

    id: UUID
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project that was just made."""

    id: UUID
    name: str
    created_at: datetime
    write_key: WriteKey


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """What a project's admins say of it."""

    name: str
    domain: str | None
    time_zone: str


async def list_projects(
    session: AsyncSession, actor: Actor
) -> tuple[MemberProject, ...]:
    """Return the projects that the actor is a member of, the oldest membership first.

    The transaction is scoped to the actor's project again afterwards.
    """
    memberships = (
        await session.execute(
            select(col(Membership.project_id), col(Membership.role))
            .where(col(Membership.user_id) == actor.user_id)
            .order_by(col(Membership.created_at), col(Membership.project_id))
            .limit(MAXIMUM_PROJECTS)
        )
    ).all()
    await set_scope(session, *(project_id for project_id, _ in memberships))
    found = await session.execute(
        select(col(Project.id), col(Project.name), col(Project.created_at)).where(
            col(Project.id).in_([project_id for project_id, _ in memberships])
        )
    )
    known = {row.id: row for row in found}
    await set_scope(session, actor.project_id)
    return tuple(
        MemberProject(
            project_id, known[project_id].name, Role(role), known[project_id].created_at
        )
        for project_id, role in memberships
        if project_id in known
    )


async def create_project(
    session: AsyncSession, actor: Actor, *, name: str, now: datetime
) -> NewProject:
    """Make a project with the default rules and a write key; the actor is its admin.

    The transaction is left scoped to the new project.

    Raises:
        InvalidInputError: The name is not valid.
        ConflictError: The person is in as many projects as they may be.
    """
    name = read_project_name(name)
    count = await session.scalar(
        select(func.count()).where(col(Membership.user_id) == actor.user_id)
    )
    if (count or 0) >= MAXIMUM_PROJECTS:
        raise ConflictError(f"A person is in {MAXIMUM_PROJECTS} projects at most")
    return await add_project(session, actor.user_id, name=name, now=now)


async def add_project(
    session: AsyncSession, user_id: UUID, *, name: str, now: datetime
) -> NewProject:
    """Write down a project of a person, who becomes its admin."""
    project = Project(
        id=uuid7(now), name=name, ruleset_version=FIRST_VERSION, created_at=now
    )
    await set_scope(session, project.id)
    session.add(project)
    await session.flush()
    session.add(
        Membership(
            project_id=project.id, user_id=user_id, role=Role.ADMIN, created_at=now
        )
    )
    await add_ruleset_version(
        session,
        project.id,
        version=FIRST_VERSION,
        content=RulesetContent(rules=default_rules(now=now)),
        time_zone=project.time_zone,
        published_by=user_id,
        now=now,
    )
    write_key = await create_write_key(session, project.id, name="Default", now=now)
    return NewProject(project.id, project.name, now, write_key)


async def require_membership(
    session: AsyncSession, actor: Actor, project_id: UUID
) -> None:
    """Let the actor go on only to a project that they are a member of.

    Raises:
        NotFoundError: They are in no such project.
    """
    found = await session.scalar(
        select(col(Membership.project_id)).where(
            col(Membership.user_id) == actor.user_id,
            col(Membership.project_id) == project_id,
        )
    )
    if found is None:
        raise NotFoundError("There is no such project")


async def get_project_settings(session: AsyncSession, actor: Actor) -> ProjectSettings:
    """Return what the actor's project says of itself."""
    found = await session.execute(
        select(col(Project.name), col(Project.domain), col(Project.time_zone)).where(
            col(Project.id) == actor.project_id
        )
    )
    return ProjectSettings(*found.one())


async def change_project(
    session: AsyncSession, actor: Actor, *, name: str, domain: str, time_zone: str
) -> ProjectSettings:
    """Say something else of the actor's project.

    A new time zone holds for what is shown from the commit on. The rules in force keep
    the one that they were published in, until the next version is published. The caller
    announces the project by `services.live.publish_actors` after the commit.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        name: 1..120 characters.
        domain: A host name; empty for none.
        time_zone: The name of one of the IANA database.

    Raises:
        ForbiddenError: The actor is no admin.
        InvalidInputError: One of them is not valid; the details name it.
    """
    actor.require_admin()
    said = ProjectSettings(
        read_project_name(name), read_domain(domain), read_time_zone(time_zone)
    )
    await session.execute(
        update(Project)
        .where(col(Project.id) == actor.project_id)
        .values(name=said.name, domain=said.domain, time_zone=said.time_zone)
    )
    return said
