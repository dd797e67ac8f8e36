"""Connections outlive Postgres's restarts, and a snapshot is one."""

import threading
import time

from sqlalchemy import func, select
from sqlmodel import col

from leadpulse_app.database import get_pool, transaction
from leadpulse_app.models import Lead
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from tests.tenants import make_tenant

PATIENCE_SECONDS = 4.0
"""The pool pauses for about a second after the first broken connection; one after the
other, as many as these would take more than ten."""


def test_a_pool_full_of_broken_connections_soon_gives_a_sound_one(
    engines: tuple[PostgresEngine, ValkeyEngine],
) -> None:
    pool = get_pool()
    together = threading.Barrier(pool.max_size)

    def use() -> None:
        with pool.connection():
            together.wait(10)

    users = [threading.Thread(target=use) for _ in range(pool.max_size)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    postgres, _ = engines
    postgres.stop()
    postgres.start()
    began = time.monotonic()
    with pool.connection() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - began < PATIENCE_SECONDS


async def test_a_snapshot_shows_the_rows_of_one_moment() -> None:
    tenant = await make_tenant()
    counted = select(func.count()).where(
        col(Lead.project_id) == tenant.actor.project_id
    )
    async with transaction(tenant.actor.project_id, is_snapshot=True) as session:
        assert await session.scalar(counted) == 0
        await tenant.add_lead()
        assert await session.scalar(counted) == 0
    async with transaction(tenant.actor.project_id) as session:
        assert await session.scalar(counted) == 1
        await tenant.add_lead()
        assert await session.scalar(counted) == 2
