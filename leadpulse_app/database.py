"""Postgres: connections under the runtime role, and the scope of a transaction.

Every statement on a project's rows runs inside a scope, which row-level security
compares with the rows' project. Outside of one, those tables read as empty and
refuse writes. This module is the only place that opens a scope.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from leadpulse_app.settings import get_settings

Result = TypeVar("Result")

RUNTIME_ROLE = "leadpulse_runtime"
"""What every process but the migration acts as: bound by row-level security,
and allowed to insert and read the ledger and the events, never to change them."""

STATEMENT_TIMEOUT_SECONDS = 30
"""Longer than the slowest page query; a statement past it is a defect."""

CONNECT_TIMEOUT_SECONDS = 5

SCOPE_STATEMENT = "SELECT set_config('leadpulse.projects', %s, true)"
"""Sets the scope of the current transaction (psycopg placeholder)."""

PLAN_BY_INDEX = """
    SELECT set_config(name, 'off', true)
    FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS name
"""
"""For the rest of the transaction. What is pending changes faster than the statistics
on it. A plan made for a few rows has been seen to take a thousand times longer on many;
each statement here is right to look its rows up one by one."""


def scope_value(project_ids: Iterable[UUID]) -> str:
    """Return the scope that lets exactly these projects' rows be seen."""
    return ",".join(str(project_id) for project_id in project_ids)


def database_url() -> str:
    """Return the address of Postgres as libpq reads it.

    Raises:
        RuntimeError: No database is configured and no embedded one was started.
    """
    url = get_settings().database_url
    if url is None:
        raise RuntimeError("DATABASE_URL is not set and no embedded Postgres runs")
    return url.replace("postgres://", "postgresql://", 1)


def sqlalchemy_url() -> str:
    """Return the address of Postgres as SQLAlchemy reads it."""
    return database_url().replace("postgresql://", "postgresql+psycopg://", 1)


def _connection_options() -> str:
    given = psycopg.conninfo.conninfo_to_dict(database_url()).get("options", "")
    return (
        f"{given} -c role={RUNTIME_ROLE} -c timezone=UTC "
        f"-c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s"
    ).lstrip()


def connection_info() -> str:
    """Return the libpq connection string of the runtime role."""
    return psycopg.conninfo.make_conninfo(
        database_url(),
        options=_connection_options(),
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
    )


@lru_cache(maxsize=1)
def get_engine() -> AsyncEngine:
    """Return this process's engine for the asynchronous services."""
    return create_async_engine(
        sqlalchemy_url(),
        connect_args={
            "options": _connection_options(),
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        },
        pool_size=10,
        max_overflow=10,
        pool_timeout=5,
        pool_pre_ping=True,
        hide_parameters=True,  # or a failed statement logs emails and hashes
    )


@lru_cache(maxsize=1)
def get_pool() -> ConnectionPool[psycopg.Connection]:
    """Return this process's pool for synchronous code (worker, command line)."""
    return ConnectionPool(
        connection_info(),
        min_size=1,
        max_size=get_settings().worker_threads + 3,
        timeout=10,
        open=True,
        check=_check_connection,
    )


def _check_connection(connection: psycopg.Connection) -> None:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        # The others broke with it. Found one by one, each would take twice as long to
        # replace as the one before.
        get_pool().check()
        raise


async def run_scoped(
    project_id: UUID, work: Callable[[psycopg.Connection], Result]
) -> Result:
    """Run synchronous work of a service for an asynchronous entry point.

    It runs in a thread and on a connection of its own, and is committed when it
    returns and rolled back when it raises. For what people do now and then.

    Args:
        project_id: The project whose rows the work sees.
        work: Called with the connection, in a transaction.

    Raises:
        psycopg.OperationalError: Postgres is away.
    """

    def run() -> Result:
        with (
            psycopg.connect(connection_info()) as connection,
            connection_scope(connection, [project_id]),
        ):
            return work(connection)

    return await asyncio.to_thread(run)


@asynccontextmanager
async def transaction(
    *project_ids: UUID, is_snapshot: bool = False
) -> AsyncIterator[AsyncSession]:
    """Open a transaction that sees the rows of these projects and no others.

    It commits when the block ends and rolls back when it raises.

    Args:
        project_ids: The projects.
        is_snapshot: Whether all of its statements see the rows of one moment; for
            those that change nothing.
    """
    async with (
        AsyncSession(get_engine(), expire_on_commit=False) as session,
        session.begin(),
    ):
        if is_snapshot:
            await session.connection(
                execution_options={"isolation_level": "REPEATABLE READ"}
            )
        await set_scope(session, *project_ids)
        yield session


async def set_scope(session: AsyncSession, *project_ids: UUID) -> None:
    """Let the rest of the transaction see the rows of these projects alone."""
    await session.execute(
        text("SELECT set_config('leadpulse.projects', :scope, true)"),
        {"scope": scope_value(project_ids)},
    )


@contextmanager
def connection_scope(
    connection: psycopg.Connection, project_ids: Iterable[UUID]
) -> Iterator[None]:
    """Open a transaction on a connection of the worker, scoped to these projects."""
    with connection.transaction():
        connection.execute(SCOPE_STATEMENT, (scope_value(project_ids),))
        yield
