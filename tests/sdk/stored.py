"""What of the SDK's events reached the database."""

from sqlalchemy import select
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.models import Event
from tests.tenants import Tenant


async def stored_types(tenant: Tenant) -> list[str]:
    """Return the type of every event of the tenant's project, sorted."""
    project_id = tenant.actor.project_id
    async with transaction(project_id) as session:
        found = await session.scalars(
            select(col(Event.type))
            .where(col(Event.project_id) == project_id)
            .order_by(col(Event.type))
        )
        return list(found)
