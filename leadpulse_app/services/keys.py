"""Write keys: what a page or a backend sends its events with."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.ids import uuid7
from leadpulse_app.models import ApiKey
from leadpulse_app.services.actors import Actor


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A key that lets events in and nothing out."""

    id: UUID
    key: str
    name: str
    created_at: datetime


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
            col(ApiKey.id), col(ApiKey.key), col(ApiKey.name), col(ApiKey.created_at)
        )
        .where(
            col(ApiKey.project_id) == actor.project_id, col(ApiKey.revoked_at).is_(None)
        )
        .order_by(col(ApiKey.created_at), col(ApiKey.id))
    )
    return tuple(WriteKey(*row) for row in found)
