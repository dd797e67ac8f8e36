"""Write keys: what a page or a backend sends its events with."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import ConflictError, NotFoundError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.project import read_key_name
from leadpulse_app.models import ApiKey
from leadpulse_app.services.actors import Actor

MAXIMUM_KEYS = 100
"""Of one project that are not revoked."""


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A key that lets events in and nothing out."""

    id: UUID
    key: str
    name: str
    created_at: datetime
    last_used_at: datetime | None = None
    """When an event came by it last, to within a minute or so."""


async def create_write_key(
    session: AsyncSession, project_id: UUID, *, name: str, now: datetime
) -> WriteKey:
    """Make a new key for a project: `pk_` and 48 hexadecimal digits."""
    created = WriteKey(uuid7(now), f"pk_{secrets.token_hex(24)}", name, now)
    session.add(
        ApiKey(
            project_id=project_id,
            id=created.id,
            key=created.key,
            name=created.name,
            created_at=created.created_at,
        )
    )
    await session.flush()
    return created


async def list_write_keys(session: AsyncSession, actor: Actor) -> tuple[WriteKey, ...]:
    """Return the keys of the actor's project that are not revoked, oldest first."""
    found = await session.execute(
        select(
            col(ApiKey.id),
            col(ApiKey.key),
            col(ApiKey.name),
            col(ApiKey.created_at),
            col(ApiKey.last_used_at),
        )
        .where(
            col(ApiKey.project_id) == actor.project_id, col(ApiKey.revoked_at).is_(None)
        )
        .order_by(col(ApiKey.created_at), col(ApiKey.id))
    )
    return tuple(WriteKey(*row) for row in found)


async def create_project_key(
    session: AsyncSession, actor: Actor, *, name: str, now: datetime
) -> WriteKey:
    """Make a key for the actor's project.

    Raises:
        ForbiddenError: The actor is no admin.
        InvalidInputError: The name is not valid.
        ConflictError: The project has as many keys as it may have.
    """
    actor.require_admin()
    name = read_key_name(name)
    count = await session.scalar(
        select(func.count()).where(
            col(ApiKey.project_id) == actor.project_id, col(ApiKey.revoked_at).is_(None)
        )
    )
    if (count or 0) >= MAXIMUM_KEYS:
        raise ConflictError(f"A project has {MAXIMUM_KEYS} write keys at most")
    return await create_write_key(session, actor.project_id, name=name, now=now)


async def revoke_write_key(
    session: AsyncSession, actor: Actor, key_id: UUID, *, now: datetime
) -> None:
    """Let a key of the actor's project let nothing in any more.

    Raises:
        ForbiddenError: The actor is no admin.
        NotFoundError: The project has no such key, or it is revoked already.
    """
    actor.require_admin()
    revoked = await session.execute(
        update(ApiKey)
        .where(
            col(ApiKey.project_id) == actor.project_id,
            col(ApiKey.id) == key_id,
            col(ApiKey.revoked_at).is_(None),
        )
        .values(revoked_at=now)
        .returning(col(ApiKey.id))
    )
    if revoked.one_or_none() is None:
        raise NotFoundError("There is no such write key")
