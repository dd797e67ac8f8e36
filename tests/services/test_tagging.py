from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.models import Lead
from leadpulse_app.services.tagging import add_tag, list_tags, remove_tag, tags_of
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


async def tag(tenant: Tenant, *lead_ids: UUID, word: str = "vip") -> int:
    async with transaction(tenant.actor.project_id) as session:
        return await add_tag(session, tenant.actor, lead_ids, word)


async def untag(tenant: Tenant, *lead_ids: UUID, word: str = "vip") -> int:
    async with transaction(tenant.actor.project_id) as session:
        return await remove_tag(session, tenant.actor, lead_ids, word)


async def tags(tenant: Tenant, lead_id: UUID | None = None) -> tuple[str, ...]:
    async with transaction(tenant.actor.project_id) as session:
        if lead_id is None:
            return await list_tags(session, tenant.actor)
        return await tags_of(session, tenant.actor, lead_id)


async def test_leads_are_tagged_and_untagged_together(tenant: Tenant) -> None:
    one, two = [await tenant.add_lead() for _ in range(2)]
    assert await tag(tenant, one, word=" VIP ") == 1
    assert await tag(tenant, one, two) == 1
    assert await tag(tenant, two, word="emea") == 1
    assert await tags(tenant) == ("emea", "vip")
    assert await tags(tenant, two) == ("emea", "vip")
    assert await untag(tenant, one, two, word="Vip") == 2
    assert await untag(tenant, one, two) == 0
    assert await tags(tenant) == ("emea",)


async def test_a_merged_lead_shares_the_tags_of_its_root(tenant: Tenant) -> None:
    root = await tenant.add_lead()
    member = await tenant.add_lead()
    await tag(tenant, member, word="early")
    async with transaction(tenant.actor.project_id) as session:
        lead = await session.get_one(Lead, (tenant.actor.project_id, member))
        lead.root_id = root
    assert await tag(tenant, member, root) == 1
    assert await tags(tenant, root) == ("early", "vip")
    assert await untag(tenant, root, word="early") == 1
    assert await tags(tenant, root) == ("vip",)


async def test_a_lead_has_at_most_thirty_tags(tenant: Tenant) -> None:
    lead, other = [await tenant.add_lead() for _ in range(2)]
    for number in range(30):
        await tag(tenant, lead, word=f"tag {number}")
    with pytest.raises(InvalidInputError):
        await tag(tenant, lead, other)
    assert await tag(tenant, lead, word="tag 1") == 0
    assert await tags(tenant, other) == ()


async def test_other_projects_leads_are_not_found(tenant: Tenant) -> None:
    other = await make_tenant()
    mine, theirs = await tenant.add_lead(), await other.add_lead()
    await tag(other, theirs, word="secret")
    for work in (tag, untag):
        for unknown in (theirs, uuid4()):
            with pytest.raises(NotFoundError):
                await work(tenant, mine, unknown, word="secret")
    assert await tags(tenant) == ()
    assert await tags(tenant, theirs) == ()
    assert await tags(other, theirs) == ("secret",)


async def test_a_thousand_leads_at_once_and_no_more(tenant: Tenant) -> None:
    for ids in ([], [uuid4() for _ in range(1_001)]):
        with pytest.raises(InvalidInputError):
            await tag(tenant, *ids)
