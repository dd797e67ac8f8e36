"""A connection of its own for each loop of ingest, so that none waits for another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from leadpulse_app.database import connection_info

Connection: TypeAlias = AsyncConnection[TupleRow]


class Line:
    """A connection to Postgres that is made when needed, and anew once it broke."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    @asynccontextmanager
    async def round_trip(self) -> AsyncIterator[Connection]:
        """Run the block's statements as one transaction, without waiting between them.

        They are sent in a pipeline, which Postgres commits as a whole where the block
        ends, or rolls back as a whole. Results can be read after the block.

        Raises:
            psycopg.Error: Postgres is away, refused a statement, or did not confirm
                the commit. Nothing was committed but perhaps in the last case.
        """
        connection = self._connection
        if connection is None:
            connection = self._connection = await AsyncConnection.connect(
                connection_info(), autocommit=True, prepare_threshold=0
            )
        try:
            async with connection.pipeline():
                yield connection
        finally:
            if connection.info.transaction_status is not TransactionStatus.IDLE:
                await self.close()

    async def close(self) -> None:
        """Close the connection; the next round trip makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
