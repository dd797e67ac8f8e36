"""Scores until nothing is pending, transaction after transaction.

Hints and sweeps both end up here; however many come at once, few threads score,
and none of them comes for nothing.
"""

import threading
import time

from psycopg import errors

from leadpulse_app.database import get_pool
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.scoring import ScoringResult, score_pending

THREADS = 2
"""How many threads of a process score at once: while one waits for Postgres the
other folds, and a third would only contend for the interpreter."""

CONNECTION_TIMEOUT_SECONDS = 2.0
"""Short enough for a worker to end in time while Postgres is away."""


class Scorer:
    """Runs the scoring of one process."""

    def __init__(self) -> None:
        """Start with nothing asked for."""
        self._places = threading.Semaphore(THREADS)
        self._is_wanted = threading.Event()
        self._is_stopping = threading.Event()

    def run(self, *, for_seconds: float) -> bool:
        """Score what is pending, unless enough threads do, who then look once more.

        Args:
            for_seconds: When to leave off, looked at between two transactions.

        Returns:
            Whether nothing is left that this thread could do.

        Raises:
            psycopg.Error: Postgres is away.
        """
        deadline = time.monotonic() + for_seconds
        self._is_wanted.set()
        while self._is_wanted.is_set() and self._places.acquire(blocking=False):
            try:
                self._is_wanted.clear()
                while _score_once():
                    if self._is_stopping.is_set() or time.monotonic() > deadline:
                        return False
            finally:
                self._places.release()
        return True

    def stop(self) -> None:
        """Leave off after the running transactions."""
        self._is_stopping.set()


def _score_once() -> bool:
    try:
        with (
            get_pool().connection(CONNECTION_TIMEOUT_SECONDS) as connection,
            connection.transaction(),
        ):
            result: ScoringResult = score_pending(connection)
    except (errors.DeadlockDetected, errors.SerializationFailure):
        return True
    publish_changes(result.project_ids)
    return result.found_work


scorer = Scorer()
"""This process's."""
