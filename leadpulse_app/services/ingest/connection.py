"""A connection of its own for each loop of ingest, so that none waits for another.

It drives libpq itself: every batch passes here, and psycopg's cursors would cost
several times as much.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias
from uuid import UUID

from psycopg import AsyncConnection, OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

from leadpulse_app.database import connection_info, scope_value

LOOK_SECONDS = 1.0
"""How long a connection waits to be told before it looks by itself."""

Command: TypeAlias = tuple[bytes, Sequence[bytes]]
"""A statement with $1, $2 and so on in it, and the text of these values."""

Rows: TypeAlias = Sequence[Sequence[bytes]]
"""What a command returned, in Postgres's binary format; NULL is empty."""

_SCOPE = b"""
SELECT set_config('leadpulse.projects', $1, true), (
    SELECT count(pg_advisory_xact_lock_shared(x'1eade2a5'::integer, hashtext(id)))
    FROM unnest(string_to_array($1, ',')) AS project (id)
)
"""
"""Scopes, and keeps erasures of these projects' leads waiting until the commit: events
are stored under leads that are remembered, and nothing else says that these exist."""


def scope_command(project_ids: Iterable[UUID]) -> Command:
    """Return what scopes the commands that follow it to these projects."""
    return _SCOPE, [scope_value(project_ids).encode()]


class Line:
    """A connection to Postgres that is made when needed, and anew once it broke."""

    def __init__(self) -> None:
        self._wire: _Wire | None = None

    async def round_trip(self, *commands: Command) -> list[Rows]:
        """Run commands as one transaction, without waiting between them.

        They are sent in a pipeline, which Postgres commits as a whole at its end, or
        rolls back as a whole.

        Returns:
            The rows of each command.

        Raises:
            psycopg.Error: Postgres is away, refused a command, or did not confirm
                the commit. Nothing was committed but perhaps in the last case.
        """
        if self._wire is None:
            self._wire = _Wire(
                await AsyncConnection.connect(connection_info(), autocommit=True)
            )
        wire = self._wire
        try:
            return await wire.run(commands)
        finally:
            if not wire.is_idle:
                await self.close()

    async def close(self) -> None:
        """Close the connection; the next round trip makes another."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()


class _Wire:
    """An open connection in pipeline mode, with each statement prepared once."""

    def __init__(self, connection: AsyncConnection[TupleRow]) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._libpq.enter_pipeline_mode()
        self._loop = asyncio.get_running_loop()
        self._names: dict[bytes, bytes] = {}

    @property
    def is_idle(self) -> bool:
        """Whether it is sound and nothing is under way on it."""
        return self._libpq.transaction_status == TransactionStatus.IDLE

    async def run(self, commands: Sequence[Command]) -> list[Rows]:
        for statement, _ in commands:
            if statement not in self._names:
                name = b"statement_%d" % len(self._names)
                self._libpq.send_prepare(name, statement)
                await self._finish()
                self._names[statement] = name
        for statement, values in commands:
            name = self._names[statement]
            self._libpq.send_query_prepared(name, values, result_format=Format.BINARY)
        return [_rows(result) for result in await self._finish()]

    async def close(self) -> None:
        await self._connection.close()

    async def _finish(self) -> list[PGresult]:
        """Commit what was sent, and wait for what became of each command."""
        self._libpq.pipeline_sync()
        while self._libpq.flush():  # answers are small enough to be read afterwards
            await self._ready(self._loop.add_writer, self._loop.remove_writer)
        results: list[PGresult] = []
        refusals: list[PGresult] = []
        while True:
            while self._libpq.is_busy():
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
                self._libpq.consume_input()
            result = self._libpq.get_result()
            if result is None:  # a command ends, or all of them
                if self._libpq.status != ConnStatus.OK:
                    raise OperationalError("the connection was lost")
            elif result.status == ExecStatus.PIPELINE_SYNC:
                break
            elif result.status == ExecStatus.FATAL_ERROR:
                refusals.append(result)
            else:
                results.append(result)
        if refusals:
            raise error_from_result(refusals[0])
        return results

    async def _ready(
        self,
        watch: Callable[[int, Callable[[], None]], None],
        unwatch: Callable[[int], bool],
    ) -> None:
        """Wait until the socket can be read, or written to, or it is time to look.

        Somebody else who held a socket of this number before may end their watch late,
        and this one with it; then it is looked at without.
        """
        socket = self._libpq.socket
        ready = self._loop.create_future()

        def tell() -> None:
            if not ready.done():
                ready.set_result(None)

        watch(socket, tell)
        look = self._loop.call_later(LOOK_SECONDS, tell)
        try:
            await ready
        finally:
            look.cancel()
            unwatch(socket)


def _rows(result: PGresult) -> Rows:
    columns = range(result.nfields)
    return [
        [result.get_value(row, column) or b"" for column in columns]
        for row in range(result.ntuples)
    ]
