from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.models import Lead
from leadpulse_app.services.ownership import assign_owner, list_members
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


async def assign(tenant: Tenant, owner_id: UUID | None, *lead_ids: UUID) -> int:
    async with transaction(tenant.actor.project_id) as session:
        return await assign_owner(session, tenant.actor, lead_ids, owner_id)


async def owner(tenant: Tenant, lead_id: UUID) -> UUID | None:
    async with transaction(tenant.actor.project_id) as session:
        lead = await session.get_one(Lead, (tenant.actor.project_id, lead_id))
        return lead.owner_id


async def test_a_member_takes_leads_and_gives_them_up(tenant: Tenant) -> None:
    me = tenant.actor.user_id
    one, two = [await tenant.add_lead() for _ in range(2)]
    assert await assign(tenant, me, one) == 1
    assert await assign(tenant, me, one, two) == 1
    assert (await owner(tenant, one), await owner(tenant, two)) == (me, me)
    assert await assign(tenant, None, one) == 1
    assert await owner(tenant, one) is None


async def test_a_merged_lead_stands_for_its_root(tenant: Tenant) -> None:
    root = await tenant.add_lead()
    member = await tenant.add_lead(root_id=root)
    assert await assign(tenant, tenant.actor.user_id, member) == 1
    assert await owner(tenant, root) == tenant.actor.user_id
    assert await owner(tenant, member) is None


async def test_only_members_own_and_only_leads_of_the_project(tenant: Tenant) -> None:
    other = await make_tenant()
    mine, theirs = await tenant.add_lead(), await other.add_lead()
    for stranger in (other.actor.user_id, uuid4()):
        with pytest.raises(InvalidInputError):
            await assign(tenant, stranger, mine)
    with pytest.raises(NotFoundError):
        await assign(tenant, tenant.actor.user_id, mine, theirs)
    assert await owner(tenant, mine) is None
    async with transaction(tenant.actor.project_id) as session:
        (member,) = await list_members(session, tenant.actor)
    assert (member.id, member.email) == (tenant.actor.user_id, tenant.actor.email)
