"""How fast the same Postgres takes 100 rows at a time from a plain loop.

The rows are an event's, in a table with an event's indexes but no policy. Each insert
is prepared, carries its values as parameters, and is a transaction of its own.
"""

import itertools
import time
import uuid
from datetime import UTC, datetime

import psycopg
from psycopg.types.json import Jsonb

ROWS = 100

_COLUMNS = (
    "project_id, lead_id, message_id, type, anonymous_id, session_id, properties, "
    "received_at, occurred_at"
)
_PROPERTIES = {
    "path": "/pricing",
    "url": "https://shop.example/pricing?utm_source=bench",
    "title": "Pricing",
    "referrer": "https://shop.example/",
}


def measure_insert_loop(database_url: str, *, seconds: float) -> float:
    """Return how many rows a second one connection stores.

    Args:
        database_url: The product's database, as its owner.
        seconds: How long to insert.
    """
    row = f"({', '.join(['%s'] * len(_COLUMNS.split(',')))})"
    statement = f"INSERT INTO insert_loop ({_COLUMNS}) VALUES {', '.join([row] * ROWS)}"
    project_id = uuid.uuid4()
    lead_ids = [uuid.uuid4() for _ in range(1_000)]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE insert_loop (LIKE event INCLUDING ALL)")
        try:
            numbers = itertools.count()
            started = time.perf_counter()
            while time.perf_counter() < started + seconds:
                now = datetime.now(UTC)
                connection.execute(
                    statement,
                    [
                        value
                        for n in itertools.islice(numbers, ROWS)
                        for value in (
                            project_id,
                            lead_ids[n % len(lead_ids)],
                            f"{project_id}-{n:09}",
                            "page_view",
                            f"bench-{n % len(lead_ids):04}",
                            f"bench-session-{n % len(lead_ids):04}",
                            Jsonb(_PROPERTIES),
                            now,
                            now,
                        )
                    ],
                    prepare=True,
                )
            return next(numbers) / (time.perf_counter() - started)
        finally:
            connection.execute("DROP TABLE insert_loop")
