"""Who edits a project's rules takes their turn, so that nobody's edit is lost."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.models import Project
from leadpulse_app.services.actors import Actor


async def take_turn(session: AsyncSession, actor: Actor) -> None:
    """Let an admin alone edit the rules of their project until the transaction ends.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    actor.require_admin()
    # Ingest's foreign keys take FOR KEY SHARE on this row; this lock lets them pass.
    await session.execute(
        select(col(Project.id))
        .where(col(Project.id) == actor.project_id)
        .with_for_update(key_share=True)
    )
