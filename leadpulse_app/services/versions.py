"""Which versions of everything a project runs on."""

import platform
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app import __version__
from leadpulse_app.models import Project
from leadpulse_app.services.actors import Actor


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of the parts, and of the rules."""

    product: str
    python: str
    postgres: str
    ruleset: int
    """The version of the rules in force for the next event."""


async def read_versions(session: AsyncSession, actor: Actor) -> Versions:
    """Return what the actor's project runs on.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
    """
    postgres, ruleset = (
        await session.execute(
            select(
                func.current_setting("server_version"), col(Project.ruleset_version)
            ).where(col(Project.id) == actor.project_id)
        )
    ).one()
    return Versions(
        product=__version__,
        python=platform.python_version(),
        postgres=postgres.partition(" ")[0],
        ruleset=ruleset,
    )
