"""What was refused is read by its own project, newest first, until it is forgotten."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from leadpulse_app.database import connection_info, transaction
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.models import RejectedEvent, RejectionCount
from leadpulse_app.services.rejections import (
    RefusedEvent,
    count_refused_events,
    forget_refused_events,
    list_refused_events,
)
from tests.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


async def add_refused(tenant: Tenant, code: str, *, ago: timedelta) -> None:
    then = NOW - ago
    async with transaction(tenant.actor.project_id) as session:
        session.add(
            RejectedEvent(
                project_id=tenant.actor.project_id,
                id=uuid7(then),
                received_at=then,
                code=code,
                message="Not so",
                payload=f"{ago.days} days ago",
            )
        )
        session.add(
            RejectionCount(
                project_id=tenant.actor.project_id,
                day=then.date(),
                code=code,
                events=ago.days + 1,
            )
        )


async def listed(tenant: Tenant, *, limit: int = 10) -> tuple[RefusedEvent, ...]:
    async with transaction(tenant.actor.project_id) as session:
        return await list_refused_events(session, tenant.actor, now=NOW, limit=limit)


async def counted(tenant: Tenant, *, now: datetime = NOW) -> dict[str, int]:
    async with transaction(tenant.actor.project_id) as session:
        return await count_refused_events(session, tenant.actor, now=now)


async def test_the_newest_come_first_and_those_of_30_days_alone(tenant: Tenant) -> None:
    for days in (31, 2, 0, 1):
        await add_refused(tenant, "invalid_event", ago=timedelta(days=days))
    ages = ["0 days ago", "1 days ago", "2 days ago"]
    assert [event.payload for event in await listed(tenant)] == ages
    assert [event.payload for event in await listed(tenant, limit=2)] == ages[:2]


async def test_reasons_are_counted_over_30_days_the_most_frequent_first(
    tenant: Tenant,
) -> None:
    for days in (0, 3, 5, 31):
        await add_refused(tenant, "invalid_event", ago=timedelta(days=days))
    await add_refused(tenant, "too_large", ago=timedelta(days=29))
    assert list((await counted(tenant)).items()) == [
        ("too_large", 30),
        ("invalid_event", 1 + 4 + 6),
    ]


async def test_another_project_sees_nothing_of_it(tenant: Tenant) -> None:
    await add_refused(tenant, "invalid_event", ago=timedelta())
    other = await make_tenant()
    assert (await listed(other), await counted(other)) == ((), {})


async def test_what_was_kept_for_long_enough_is_forgotten(tenant: Tenant) -> None:
    for days in (0, 29, 31, 100):
        await add_refused(tenant, "invalid_event", ago=timedelta(days=days))
    with psycopg.connect(connection_info(), autocommit=True) as connection:
        assert forget_refused_events(connection) >= 2
        assert forget_refused_events(connection) == 0
    assert len(await listed(tenant)) == 2
    counts = await counted(tenant, now=NOW - timedelta(days=80))
    assert counts == {"invalid_event": 1 + 30 + 32}
