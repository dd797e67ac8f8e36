"""A write key lets events into its project, until it is revoked."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.models import ApiKey, Project
from leadpulse_app.services.ingest import WriteKeys, keys
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def write_keys() -> AsyncIterator[WriteKeys]:
    known = WriteKeys()
    yield known
    await known.stop()


def random_key() -> str:
    return f"pk_{secrets.token_hex(24)}"


async def revoke(tenant: Tenant) -> None:
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(ApiKey)
            .where(col(ApiKey.key) == tenant.write_key)
            .values(revoked_at=datetime.now(UTC))
        )


async def test_keys_that_are_asked_for_together_each_find_their_project(
    write_keys: WriteKeys,
) -> None:
    mine, theirs = await make_tenant(), await make_tenant()
    asked = [mine.write_key, random_key(), theirs.write_key, mine.write_key]
    found = await asyncio.gather(*map(write_keys.project_of, asked))
    expected: list[UUID | None] = [mine.actor.project_id, None]
    expected += [theirs.actor.project_id, mine.actor.project_id]
    assert found == expected


@pytest.mark.parametrize("key", ["", "pk_", "pk_\0", "pk_" + "g" * 48, "é" * 99_999])
async def test_what_has_not_the_shape_of_a_key_is_unknown(
    write_keys: WriteKeys, key: str
) -> None:
    assert await write_keys.project_of(key) is None


async def test_a_revoked_key_is_refused_once_it_is_no_longer_remembered(
    write_keys: WriteKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await make_tenant()
    project_id = tenant.actor.project_id
    assert await write_keys.project_of(tenant.write_key) == project_id
    await revoke(tenant)
    assert await write_keys.project_of(tenant.write_key) == project_id
    monkeypatch.setattr(keys, "REMEMBERED_SECONDS", 0.0)
    fresh = WriteKeys()
    assert await fresh.project_of(tenant.write_key) is None
    await fresh.stop()


async def test_a_key_in_constant_use_lets_nothing_in_five_seconds_after_it_is_revoked(
    write_keys: WriteKeys,
) -> None:
    tenant = await make_tenant()
    assert await write_keys.project_of(tenant.write_key) is not None
    await revoke(tenant)
    loop = asyncio.get_running_loop()
    revoked_at = loop.time()
    async with asyncio.timeout(30):
        while await write_keys.project_of(tenant.write_key) is not None:
            used_at = loop.time()
            await asyncio.sleep(0.05)  # as its visitors come
    assert used_at - revoked_at <= 5.0


async def test_the_key_of_an_inactive_project_is_refused(write_keys: WriteKeys) -> None:
    tenant = await make_tenant()
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Project)
            .where(col(Project.id) == tenant.actor.project_id)
            .values(active=False)
        )
    assert await write_keys.project_of(tenant.write_key) is None


async def test_a_flood_of_unknown_keys_is_forgotten_beyond_a_bound(
    write_keys: WriteKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MAX_REMEMBERED", 10)
    tenant = await make_tenant()
    await asyncio.gather(*(write_keys.project_of(random_key()) for _ in range(50)))
    assert await write_keys.project_of(tenant.write_key) == tenant.actor.project_id
    assert len(write_keys._remembered) == 10
