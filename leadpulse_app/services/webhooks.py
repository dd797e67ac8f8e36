"""The secret that a project's inbound webhooks are signed with."""

import secrets

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.models import Project
from leadpulse_app.services.actors import Actor

SECRET_BYTES = 32
"""As many as the hash has, and no fewer (RFC 2104, section 3)."""


async def requires_signature(session: AsyncSession, actor: Actor) -> bool:
    """Return whether webhooks of the actor's project have to be signed."""
    secret = await session.scalar(
        select(col(Project.webhook_secret)).where(col(Project.id) == actor.project_id)
    )
    return secret is not None


async def make_webhook_secret(session: AsyncSession, actor: Actor) -> str:
    """Return a new secret, in force instead of the one before.

    It is not shown again.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    actor.require_admin()
    secret = secrets.token_hex(SECRET_BYTES)
    await _set_secret(session, actor, secret)
    return secret


async def remove_webhook_secret(session: AsyncSession, actor: Actor) -> None:
    """Take webhooks without a signature again.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    actor.require_admin()
    await _set_secret(session, actor, None)


async def _set_secret(session: AsyncSession, actor: Actor, secret: str | None) -> None:
    await session.execute(
        update(Project)
        .where(col(Project.id) == actor.project_id)
        .values(webhook_secret=secret)
    )
