"""How many leads are in each stage."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Lead
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads.plans import reading_in_order


async def count_by_stage(session: AsyncSession, actor: Actor) -> dict[Stage, int]:
    """Return how many leads the actor's project has in each stage, coldest first."""
    async with reading_in_order(session):
        found = await session.execute(
            select(col(Lead.stage), func.count())
            .where(
                col(Lead.project_id) == actor.project_id, col(Lead.root_id).is_(None)
            )
            .group_by(col(Lead.stage))
        )
    counts = dict.fromkeys(Stage, 0)
    counts.update({Stage(stage): count for stage, count in found})
    return counts
