"""Tells whether workers run, and how many: one that does holds a lock in Postgres.

The lock belongs to the worker's session, so that it goes when the worker does,
however that ends, and can be asked after without Redis.
"""

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LOCK_KEY = 0x1EAD_90B5
"""Names the advisory lock; below 2 to the 31, so that it fills one column."""

_HOLDERS = """
    FROM pg_locks
    WHERE locktype = 'advisory' AND granted
        AND database = (
            SELECT oid FROM pg_database WHERE datname = current_database()
        )
        AND (classid, objid, objsubid) = (0, :key, 1)
"""

_IS_HELD = text(f"SELECT EXISTS (SELECT {_HOLDERS})")

_COUNT = text(f"SELECT count(DISTINCT pid) {_HOLDERS}")


def announce_worker(connection: psycopg.Connection) -> None:
    """Count this process as a running worker for as long as the connection lives.

    Args:
        connection: One that stays open and is nobody else's. Any number of workers
            may announce themselves.
    """
    connection.execute("SELECT pg_advisory_lock_shared(%s)", (_LOCK_KEY,))


async def is_worker_running(session: AsyncSession) -> bool:
    """Return whether any worker has announced itself and is still there."""
    return bool((await session.execute(_IS_HELD, {"key": _LOCK_KEY})).scalar_one())


async def count_workers(session: AsyncSession) -> int:
    """Return how many workers have announced themselves and are still there."""
    return int((await session.execute(_COUNT, {"key": _LOCK_KEY})).scalar_one())
