"""What was kept apart is scored once a person says so, and exactly once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.database import get_pool, transaction
from leadpulse_app.models import Event, Lead, QuarantinedEvent
from leadpulse_app.services.quarantine import count_quarantined, release_events
from leadpulse_app.services.verification import verify
from tests.services.scoring_project import NOON, score_all
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


async def hold(tenant: Tenant, lead_id: UUID, *, occurred_at: datetime = NOON) -> Event:
    event = await tenant.add_event(lead_id, type="signup", occurred_at=occurred_at)
    async with transaction(tenant.actor.project_id) as session:
        session.add(
            QuarantinedEvent(
                project_id=event.project_id,
                event_id=event.id,
                lead_id=lead_id,
                reason="Googlebot",
            )
        )
    return event


async def release(
    tenant: Tenant,
    *,
    message_ids: Sequence[str] | None = None,
    lead_id: UUID | None = None,
) -> int:
    async with transaction(tenant.actor.project_id) as session:
        return await release_events(
            session, tenant.actor, message_ids=message_ids, lead_id=lead_id
        )


async def held(tenant: Tenant) -> int:
    async with transaction(tenant.actor.project_id) as session:
        return await count_quarantined(session, tenant.actor)


async def score_of(tenant: Tenant, lead_id: UUID) -> int:
    async with transaction(tenant.actor.project_id) as session:
        lead = await session.get_one(Lead, (tenant.actor.project_id, lead_id))
        return lead.score


def differences(tenant: Tenant) -> list[str]:
    with get_pool().connection() as connection:
        return [
            difference.message
            for difference in verify(connection).differences
            if difference.project_id == tenant.actor.project_id
        ]


async def test_a_released_event_is_scored_late_and_once(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    await hold(tenant, lead_id)
    await tenant.add_pending(await tenant.add_event(lead_id))
    await asyncio.to_thread(score_all)
    assert await score_of(tenant, lead_id) == 5
    assert await asyncio.to_thread(differences, tenant) == []
    assert await release(tenant) == 1
    await asyncio.to_thread(score_all)
    assert await release(tenant) == 0
    await asyncio.to_thread(score_all)
    assert await score_of(tenant, lead_id) == 35
    assert await asyncio.to_thread(differences, tenant) == []


async def test_of_people_who_release_at_once_one_releases_each_event(
    tenant: Tenant,
) -> None:
    lead_id = await tenant.add_lead()
    events = [await hold(tenant, lead_id) for _ in range(20)]
    ids = [event.message_id for event in events]
    released = await asyncio.gather(
        release(tenant),
        release(tenant, lead_id=lead_id),
        release(tenant, message_ids=ids),
        release(tenant, message_ids=ids[::-1]),
    )
    assert sorted(released) == [0, 0, 0, 20]
    await asyncio.to_thread(score_all)
    assert await score_of(tenant, lead_id) == 20 * 30


async def test_only_the_named_events_or_the_named_leads_are_released(
    tenant: Tenant,
) -> None:
    first, second = await tenant.add_lead(), await tenant.add_lead()
    event = await hold(tenant, first)
    await hold(tenant, first)
    await hold(tenant, second)
    assert await release(tenant, message_ids=[event.message_id, "unknown"]) == 1
    assert await release(tenant, message_ids=[]) == 0
    assert await release(tenant, lead_id=uuid4()) == 0
    assert await release(tenant, lead_id=first) == 1
    assert await held(tenant) == 1


async def test_with_a_lead_go_those_that_were_merged_into_it(tenant: Tenant) -> None:
    root, merged = await tenant.add_lead(), await tenant.add_lead()
    await hold(tenant, merged)
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Lead).where(col(Lead.id) == merged).values(root_id=root)
        )
    assert await release(tenant, lead_id=root) == 1


async def test_another_projects_events_are_neither_counted_nor_released(
    tenant: Tenant,
) -> None:
    other = await make_tenant()
    event = await hold(other, lead_id := await other.add_lead())
    assert await held(tenant) == 0
    assert await release(tenant) == 0
    assert await release(tenant, lead_id=lead_id) == 0
    assert await release(tenant, message_ids=[event.message_id]) == 0
    assert await held(other) == 1
