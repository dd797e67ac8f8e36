"""A made-up year comes in by ingest, is scored by its own days, and comes in once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leadpulse_app.database import connection_scope, get_pool, transaction
from leadpulse_app.domain.demo import YEAR
from leadpulse_app.domain.errors import ConflictError, ForbiddenError
from leadpulse_app.models import Role
from leadpulse_app.services.demo import Progress, require_room_for_demo
from leadpulse_app.services.rulesets import active_ruleset
from leadpulse_app.services.verification import verify
from leadpulse_app.tasks.demo import fill_with_sample_data
from tests.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)


async def fill(tenant: Tenant) -> tuple[int, list[Progress]]:
    told: list[Progress] = []
    new = await fill_with_sample_data(
        tenant.actor, now=NOW, tell=told.append, people=60
    )
    return new, told


def rows(tenant: Tenant, query: str) -> list[tuple[object, ...]]:
    project_id = tenant.actor.project_id
    with (
        get_pool().connection() as connection,
        connection_scope(connection, [project_id]),
    ):
        return connection.execute(query, {"project": project_id}).fetchall()


async def test_a_small_year_is_scored_as_of_its_days_and_comes_in_once() -> None:
    tenant, other = await make_tenant(), await make_tenant(name="Eve")
    new, told = await fill(tenant)
    assert new > 500
    assert told[0].doing == "Sending events"
    assert told[-1].done == told[-1].total > 0

    ((leads, oldest, newest, stages),) = rows(
        tenant,
        "SELECT count(*), min(created_at), max(created_at), count(DISTINCT stage)"
        " FROM lead WHERE project_id = %(project)s AND root_id IS NULL",
    )
    assert leads == 60
    assert stages >= 3
    assert abs(oldest - (NOW - YEAR)) < timedelta(seconds=1)
    assert newest <= NOW
    ((changes, first, last),) = rows(
        tenant,
        "SELECT count(*), min(changed_at), max(changed_at) FROM stage_change"
        " WHERE project_id = %(project)s",
    )
    assert changes > 30
    assert last - first > timedelta(days=180)
    ((months,),) = rows(
        tenant,
        "SELECT count(DISTINCT date_trunc('month', recorded_at)) FROM score_entry"
        " WHERE project_id = %(project)s",
    )
    assert months > 8
    left = "SELECT count(*) FROM {} WHERE project_id = %(project)s"
    for table in ("pending", "pending_link", "quarantined_event", "set_aside"):
        assert rows(tenant, left.format(table)) == [(0,)]

    with get_pool().connection() as connection:
        connection.autocommit = True
        found = verify(connection)
    assert [
        d for d in found.differences if d.project_id == tenant.actor.project_id
    ] == []

    assert (await fill(tenant))[0] == 0
    assert rows(other, "SELECT count(*) FROM lead WHERE project_id = %(project)s") == [
        (0,)
    ]


async def test_rules_that_somebody_changed_stay() -> None:
    tenant = await make_tenant()
    await fill(tenant)
    async with transaction(tenant.actor.project_id) as session:
        before = await active_ruleset(session, tenant.actor)
    assert before.version == 2
    await fill(tenant)
    async with transaction(tenant.actor.project_id) as session:
        assert (await active_ruleset(session, tenant.actor)).version == 2


async def test_a_member_may_not_fill_a_project() -> None:
    tenant = await make_tenant()
    member = replace(tenant.actor, role=Role.MEMBER)
    with pytest.raises(ForbiddenError):
        await fill_with_sample_data(member, now=NOW, tell=lambda _: None, people=2)


async def test_there_is_room_in_development_and_beside_few_leads_alone() -> None:
    tenant = await make_tenant()
    async with transaction(tenant.actor.project_id) as session:
        await require_room_for_demo(session, tenant.actor, is_development=True)
        with pytest.raises(ForbiddenError):
            await require_room_for_demo(session, tenant.actor, is_development=False)
    for _ in range(6):
        await tenant.add_lead()
    async with transaction(tenant.actor.project_id) as session:
        with pytest.raises(ConflictError):
            await require_room_for_demo(session, tenant.actor, is_development=True)
