"""A round trip is one transaction, and whatever breaks it, the next one works."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest

from leadpulse_app import database
from leadpulse_app.services.ingest.connection import Command, Line, scope_command
from tests.tenants import make_tenant

PID: Command = (b"SELECT pg_backend_pid()", [])
RENAME = b"UPDATE project SET name = $1"
REFUSED: Command = (b"SELECT 1 / $1::integer", [b"0"])


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    line = Line()
    yield line
    await line.close()


@pytest.fixture
async def project_id() -> UUID:
    return (await make_tenant()).actor.project_id


async def backend(line: Line) -> int:
    (((pid,),),) = await line.round_trip(PID)
    return int.from_bytes(pid)


async def name_of(line: Line, project_id: UUID) -> bytes:
    _, ((name,),) = await line.round_trip(
        scope_command([project_id]), (b"SELECT name FROM project", [])
    )
    return name


def terminate(pid: int) -> None:
    with psycopg.connect(database.database_url()) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))


async def test_commands_of_one_round_trip_see_what_went_before_and_are_committed(
    line: Line, project_id: UUID
) -> None:
    _, _, ((name,),) = await line.round_trip(
        scope_command([project_id]),
        (RENAME, [b"new"]),
        (b"SELECT name FROM project", []),
    )
    assert name == b"new"
    assert await name_of(line, project_id) == b"new"


async def test_a_scope_ends_with_its_round_trip(line: Line, project_id: UUID) -> None:
    await line.round_trip(scope_command([project_id]))
    (rows,) = await line.round_trip((b"SELECT name FROM project", []))
    assert rows == []


async def test_a_refusal_undoes_the_whole_round_trip_and_keeps_the_connection(
    line: Line, project_id: UUID
) -> None:
    before = await backend(line)
    with pytest.raises(psycopg.errors.DivisionByZero):
        await line.round_trip(
            scope_command([project_id]), (RENAME, [b"new"]), REFUSED, PID
        )
    assert await name_of(line, project_id) != b"new"
    assert await backend(line) == before


async def test_a_refusal_at_the_commit_itself_is_raised(
    line: Line, project_id: UUID
) -> None:
    alias_without_a_lead = (
        b"INSERT INTO lead_alias (project_id, kind, value, lead_id) "
        b"VALUES ($1, 'user', 'u', gen_random_uuid())"
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        await line.round_trip(
            scope_command([project_id]),
            (alias_without_a_lead, [str(project_id).encode()]),
        )
    assert await backend(line)


async def test_values_larger_than_the_socket_takes_at_once_arrive_whole(
    line: Line,
) -> None:
    text = b"x" * 20_000_000
    (((length,),),) = await line.round_trip((b"SELECT length($1::text)", [text]))
    assert int.from_bytes(length) == len(text)


async def test_a_connection_that_was_lost_is_told_once_and_made_anew(
    line: Line,
) -> None:
    before = await backend(line)
    terminate(before)
    with pytest.raises(psycopg.OperationalError):
        await backend(line)
    assert await backend(line) != before


async def test_a_round_trip_that_was_cancelled_leaves_nothing_to_the_next(
    line: Line,
) -> None:
    before = await backend(line)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await line.round_trip((b"SELECT pg_sleep(30)", []))
    assert await backend(line) != before


async def test_a_watch_that_somebody_else_ended_does_not_hold_it_up(line: Line) -> None:
    await backend(line)
    assert line._wire is not None
    asked = asyncio.create_task(line.round_trip((b"SELECT pg_sleep(0.2)", [])))
    loop, socket = asyncio.get_running_loop(), line._wire._libpq.socket
    while not loop.remove_reader(socket):  # noqa: ASYNC110  (a loop tells nobody)
        await asyncio.sleep(0)
    await asyncio.wait_for(asked, 5)
