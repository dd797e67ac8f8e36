"""Fills a project with sample data in a process of its own, for whoever asks on a page.

It takes a minute of one core, which the web process has to keep for everybody else.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from leadpulse_app import database
from leadpulse_app.domain.demo import DEFAULT_PEOPLE
from leadpulse_app.domain.errors import (
    ConflictError,
    LeadPulseError,
    UnavailableError,
)
from leadpulse_app.services.actors import resolve_actor
from leadpulse_app.services.demo import Progress, require_room_for_demo
from leadpulse_app.settings import get_settings
from leadpulse_app.tasks.child import be_child
from leadpulse_app.tasks.demo import fill_with_sample_data

_LOCK = "SELECT pg_try_advisory_lock(hashtext('sample data'), hashtext(%s))"


async def fill_beside(
    token: str, *, people: int = DEFAULT_PEOPLE
) -> AsyncGenerator[Progress, None]:
    """Fill the project of a session with a made-up year, and yield how far that is.

    The process ends early where nobody listens any more.

    Args:
        token: Of the session; its actor is checked again where the work is done.
        people: How many people come, 1..10,000.

    Raises:
        ConflictError: The actor may not, or it is being filled already.
        UnavailableError: The process ended before it was done.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise UnavailableError("The sample data could not be made")
        process.stdin.write(json.dumps([token, people]).encode() + b"\n")
        await process.stdin.drain()
        async for line in process.stdout:
            said = json.loads(line)
            if "problem" in said:
                raise ConflictError(said["problem"])
            yield Progress(**said)
        if await process.wait():
            raise UnavailableError("The sample data is not complete")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def main() -> None:
    """Do what the line on standard input asks for, and tell of it line by line."""
    line = bytearray()
    while not line.endswith(b"\n"):  # past Python's buffer, as the lifeline reads on
        line += os.read(sys.stdin.fileno(), 1) or b"\n"
    be_child()
    token, people = json.loads(line)
    try:
        asyncio.run(_fill(token, people))
    except LeadPulseError as error:
        _say({"problem": error.message})


async def _fill(token: str, people: int) -> None:
    async with database.transaction() as session:
        actor = await resolve_actor(session, token)
    async with _alone(actor.project_id):
        async with database.transaction(actor.project_id) as session:
            await require_room_for_demo(
                session, actor, is_development=not get_settings().is_production
            )
        await fill_with_sample_data(
            actor,
            now=datetime.now(UTC),
            tell=lambda progress: _say(asdict(progress)),
            people=people,
        )


@asynccontextmanager
async def _alone(project_id: UUID) -> AsyncGenerator[None, None]:
    async with await psycopg.AsyncConnection.connect(
        database.connection_info(), autocommit=True
    ) as connection:
        row = await (await connection.execute(_LOCK, (str(project_id),))).fetchone()
        if row is None or not row[0]:
            raise ConflictError("This project is being filled already")
        yield


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
