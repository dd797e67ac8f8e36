from dataclasses import replace

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import ForbiddenError
from leadpulse_app.models import Role
from leadpulse_app.services.webhooks import (
    make_webhook_secret,
    remove_webhook_secret,
    requires_signature,
)
from tests.tenants import Tenant, make_tenant


async def is_signed(tenant: Tenant) -> bool:
    async with transaction(tenant.actor.project_id) as session:
        return await requires_signature(session, tenant.actor)


async def test_a_secret_is_new_each_time_and_of_this_project_alone() -> None:
    mine, theirs = await make_tenant(), await make_tenant()
    async with transaction(mine.actor.project_id) as session:
        made = {await make_webhook_secret(session, mine.actor) for _ in range(3)}
    assert len(made) == 3
    assert all(len(secret) == 64 for secret in made)
    assert (await is_signed(mine), await is_signed(theirs)) == (True, False)


async def test_a_removed_secret_is_asked_for_no_longer() -> None:
    tenant = await make_tenant()
    async with transaction(tenant.actor.project_id) as session:
        await make_webhook_secret(session, tenant.actor)
        await remove_webhook_secret(session, tenant.actor)
    assert not await is_signed(tenant)


async def test_a_member_who_is_no_admin_changes_no_secret() -> None:
    tenant = await make_tenant()
    member = replace(tenant.actor, role=Role.MEMBER)
    for change in (make_webhook_secret, remove_webhook_secret):
        with pytest.raises(ForbiddenError):
            async with transaction(tenant.actor.project_id) as session:
                await change(session, member)
    assert not await is_signed(tenant)
