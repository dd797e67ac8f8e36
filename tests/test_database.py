"""The connections of synchronous code outlive Postgres's restarts."""

import threading
import time

from leadpulse_app.database import get_pool
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine

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
