import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import ForbiddenError, InvalidInputError
from leadpulse_app.models import Role
from leadpulse_app.services.rules import ActiveRuleset, active_ruleset, publish_points
from tests.tenants import Tenant, make_tenant


async def _active(tenant: Tenant) -> ActiveRuleset:
    async with transaction(tenant.actor.project_id) as session:
        return await active_ruleset(session, tenant.actor)


async def _publish(tenant: Tenant, points: dict[UUID, int]) -> int:
    async with transaction(tenant.actor.project_id) as session:
        return await publish_points(
            session, tenant.actor, points=points, now=datetime.now(UTC)
        )


async def test_other_points_make_a_new_version_of_the_same_rules() -> None:
    tenant = await make_tenant(name="Ada")
    before = await _active(tenant)
    changed, *kept = before.rules
    assert await _publish(tenant, {changed.id: -7}) == 2
    after = await _active(tenant)
    assert after.version == 2
    assert after.published_by_name == "Ada"
    assert after.rules == (changed.model_copy(update={"points": -7}), *kept)


async def test_the_same_points_make_no_new_version() -> None:
    tenant = await make_tenant()
    rule, *_ = (await _active(tenant)).rules
    assert await _publish(tenant, {rule.id: rule.points}) == 1
    assert await _publish(tenant, {}) == 1


async def test_those_who_publish_at_once_build_on_each_other() -> None:
    tenant = await make_tenant()
    rules = (await _active(tenant)).rules
    versions = await asyncio.gather(
        *(_publish(tenant, {rule.id: 1_000 + n}) for n, rule in enumerate(rules))
    )
    assert sorted(versions) == list(range(2, 12))
    points = [rule.points for rule in (await _active(tenant)).rules]
    assert points == [1_000 + n for n in range(10)]


async def test_points_out_of_bounds_or_for_nothing_are_refused_by_rule() -> None:
    tenant = await make_tenant()
    first, second, *_ = (await _active(tenant)).rules
    stranger = uuid4()
    points = {first.id: 10_001, second.id: 10_000, stranger: 1}
    with pytest.raises(InvalidInputError) as refusal:
        await _publish(tenant, points)
    assert set(refusal.value.details or {}) == {str(first.id), str(stranger)}
    assert first.name in refusal.value.message
    assert (await _active(tenant)).version == 1


async def test_a_member_may_not_publish() -> None:
    tenant = await make_tenant()
    member = replace(tenant, actor=replace(tenant.actor, role=Role.MEMBER))
    rule, *_ = (await _active(tenant)).rules
    with pytest.raises(ForbiddenError):
        await _publish(member, {rule.id: 1})
