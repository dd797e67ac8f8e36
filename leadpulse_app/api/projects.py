"""The projects one is in, the one a sign-in acts in, and the write keys of that one."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status
from pydantic import AfterValidator, Field

from leadpulse_app.api.access import (
    ActorDep,
    CallerDep,
    SessionDep,
    refuse_other_origins,
)
from leadpulse_app.api.auth import keep_token
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.database import transaction
from leadpulse_app.domain.project import read_key_name, read_project_name
from leadpulse_app.models import Role
from leadpulse_app.services.keys import (
    create_project_key,
    list_write_keys,
    revoke_write_key,
)
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.ownership import list_members
from leadpulse_app.services.projects import (
    create_project,
    list_projects,
    require_membership,
)
from leadpulse_app.services.sessions import write_project_token

router = APIRouter(prefix="/api/projects", tags=["Projects"])


class ProjectFields(Body):
    """A project to be."""

    name: Annotated[
        str,
        AfterValidator(read_project_name),
        Field(description="1 to 120 characters.", examples=["Acme"]),
    ]


class MemberProjectBody(Body):
    """A project that one is in."""

    id: UUID
    name: str
    role: Role
    created_at: datetime


class NewProjectBody(Body):
    """A project that was just made, with its first write key."""

    id: UUID
    name: str
    api_key: str


class MemberBody(Body):
    """A person of the project, who may own leads."""

    id: UUID
    name: str
    email: str


class SwitchBody(Body):
    """The same sign-in, acting in another project; also set as a cookie."""

    token: str


class KeyFields(Body):
    """A write key to be."""

    name: Annotated[
        str,
        AfterValidator(read_key_name),
        Field(description="1 to 120 characters.", examples=["Website"]),
    ]


class KeyBody(Body):
    """A write key that lets events in."""

    id: UUID
    key: str
    name: str
    created_at: datetime
    last_used_at: Annotated[
        datetime | None, Field(description="To within a minute or so.")
    ] = None


@router.get("")
async def show_projects(
    session: SessionDep, actor: ActorDep
) -> Success[tuple[MemberProjectBody, ...]]:
    """List the projects that one is a member of."""
    found = await list_projects(session, actor)
    return Success(data=tuple(map(MemberProjectBody.model_validate, found)))


@router.post("", status_code=status.HTTP_201_CREATED)
async def make_project(
    session: SessionDep, actor: ActorDep, body: ProjectFields
) -> Success[NewProjectBody]:
    """Make a project with the default rules and a write key, as its admin."""
    made = await create_project(session, actor, name=body.name, now=datetime.now(UTC))
    return Success(
        data=NewProjectBody(id=made.id, name=made.name, api_key=made.write_key.key)
    )


@router.get("/members")
async def show_members(
    session: SessionDep, actor: ActorDep
) -> Success[tuple[MemberBody, ...]]:
    """List the people of the project one works in, by name."""
    found = await list_members(session, actor)
    return Success(data=tuple(map(MemberBody.model_validate, found)))


@router.get("/keys")
async def show_keys(
    session: SessionDep, actor: ActorDep
) -> Success[tuple[KeyBody, ...]]:
    """List the write keys of the project one works in, oldest first."""
    found = await list_write_keys(session, actor)
    return Success(data=tuple(map(KeyBody.model_validate, found)))


@router.post("/keys", status_code=status.HTTP_201_CREATED)
async def make_key(
    session: SessionDep, actor: ActorDep, body: KeyFields
) -> Success[KeyBody]:
    """Make a write key."""
    made = await create_project_key(
        session, actor, name=body.name, now=datetime.now(UTC)
    )
    return Success(data=KeyBody.model_validate(made))


@router.delete("/keys/{key_id}")
async def delete_key(actor: CallerDep, key_id: UUID) -> Success[None]:
    """Revoke a write key; it lets nothing in after five seconds."""
    async with transaction(actor.project_id) as session:
        await revoke_write_key(session, actor, key_id, now=datetime.now(UTC))
    await asyncio.to_thread(publish_changes, [actor.project_id])
    return Success(data=None)


@router.post("/{project_id}/switch", dependencies=[Depends(refuse_other_origins)])
async def switch_project(
    session: SessionDep, actor: ActorDep, project_id: UUID, response: Response
) -> Success[SwitchBody]:
    """Let this sign-in act in another project that one is a member of."""
    await require_membership(session, actor, project_id)
    token = await write_project_token(
        session, actor.session_id, project_id, now=datetime.now(UTC)
    )
    keep_token(response, token)
    return Success(data=SwitchBody(token=token))
