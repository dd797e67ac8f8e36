"""When a key was last used is noted soon, seldom, and without anybody waiting."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from leadpulse_app.database import database_url, transaction
from leadpulse_app.services.ingest import key_uses
from leadpulse_app.services.ingest.key_uses import KeyUses
from leadpulse_app.services.keys import list_write_keys
from tests.tenants import Tenant, make_tenant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_uses, "GATHER_SECONDS", 0.01)


@pytest.fixture
async def uses() -> AsyncIterator[KeyUses]:
    uses = KeyUses()
    yield uses
    await uses.stop()


async def last_used(tenant: Tenant) -> datetime | None:
    async with transaction(tenant.actor.project_id) as session:
        (key,) = await list_write_keys(session, tenant.actor)
    return key.last_used_at


async def until_noted(tenant: Tenant) -> datetime:
    async with asyncio.timeout(10):
        while True:
            found = await last_used(tenant)
            if found is not None:
                return found
            await asyncio.sleep(0.01)


async def test_the_use_of_a_key_is_noted_for_it_alone(uses: KeyUses) -> None:
    tenant, other = await make_tenant(), await make_tenant()
    uses.note(tenant.write_key, NOW)
    assert await until_noted(tenant) == NOW
    assert await last_used(other) is None


async def test_a_key_in_constant_use_is_written_once_until_it_has_rested() -> None:
    tenant = await make_tenant()
    uses = KeyUses()
    uses.note(tenant.write_key, NOW)
    await until_noted(tenant)
    later = NOW + timedelta(minutes=5)
    uses.note(tenant.write_key, later)
    other = await make_tenant()
    uses.note(other.write_key, later)
    await until_noted(other)
    assert await last_used(tenant) == NOW
    await uses.stop()
    assert await last_used(tenant) == later


async def test_a_use_never_goes_back(uses: KeyUses) -> None:
    tenant, process = await make_tenant(), KeyUses()
    process.note(tenant.write_key, NOW)
    await process.stop()
    uses.note(tenant.write_key, NOW - timedelta(hours=1))
    await uses.stop()
    assert await last_used(tenant) == NOW


async def test_nobody_waits_for_a_key_that_is_locked(uses: KeyUses) -> None:
    tenant, other = await make_tenant(), await make_tenant()
    with psycopg.connect(database_url()) as connection:
        connection.execute(
            "SELECT FROM api_key WHERE key = %s FOR UPDATE", (tenant.write_key,)
        )
        uses.note(tenant.write_key, NOW)
        uses.note(other.write_key, NOW)
        assert await until_noted(other) == NOW
    assert await last_used(tenant) is None


async def test_while_postgres_is_away_uses_are_let_go(
    uses: KeyUses, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await make_tenant()
    with monkeypatch.context() as away:
        away.setattr(
            "leadpulse_app.services.ingest.connection.connection_info",
            lambda: "host=127.0.0.1 port=1 dbname=none",
        )
        uses.note(tenant.write_key, NOW)
        assert uses._noting is not None
        await uses._noting
    uses._rests.clear()
    uses.note(tenant.write_key, NOW)
    assert await until_noted(tenant) == NOW


async def test_a_flood_of_keys_takes_bounded_memory(
    uses: KeyUses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_uses, "MAX_KEYS", 10)
    for number in range(50):
        uses.note(f"pk_{number:048x}", NOW)
    assert len(uses._used) == 10
