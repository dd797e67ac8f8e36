"""Scores, and links what was scored, until nothing is pending.

Each lead's scoring and each event's linking is committed by itself.

Hints and sweeps both end up here; however many come at once, few threads score,
and none of them comes for nothing.
"""

import threading
import time
from uuid import UUID

from psycopg import errors

from leadpulse_app.database import get_pool
from leadpulse_app.domain.errors import UnavailableError
from leadpulse_app.services.identity import link_pending
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.rescoring import rescore_some
from leadpulse_app.services.scoring import expire_points, score_pending

THREADS = 2
"""How many threads of a process score at once: while one waits for Postgres the
other folds, and a third would only contend for the interpreter."""

LINKING_SECONDS = 0.2
"""How long events are linked before scoring has its turn again."""

CONNECTION_TIMEOUT_SECONDS = 2.0
"""Short enough for a worker to end in time while Postgres is away."""


_TO_TRY_AGAIN = (
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.SerializationFailure,
)
"""What Postgres ends one of two transactions with that are in each other's way."""


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

    def expire(self, *, for_seconds: float) -> None:
        """Let the points lapse that are due.

        Args:
            for_seconds: When to leave off, looked at between two transactions.

        Raises:
            psycopg.Error: Postgres is away.
        """
        deadline = time.monotonic() + for_seconds
        while not self._is_stopping.is_set() and time.monotonic() < deadline:
            with get_pool().connection(CONNECTION_TIMEOUT_SECONDS) as connection:
                try:
                    with connection.transaction():
                        expired = expire_points(connection)
                except _TO_TRY_AGAIN:
                    continue
            publish_changes(expired.project_ids)
            if not expired.found_work:
                return

    def rescore(self, *, for_seconds: float) -> bool:
        """Apply published versions to what was scored before them.

        Args:
            for_seconds: When to leave off, looked at between two transactions.

        Returns:
            Whether more is to be done.

        Raises:
            psycopg.Error: Postgres is away.
        """
        deadline = time.monotonic() + for_seconds
        while not self._is_stopping.is_set() and time.monotonic() < deadline:
            with get_pool().connection(CONNECTION_TIMEOUT_SECONDS) as connection:
                try:
                    with connection.transaction():
                        project_id = rescore_some(connection)
                except (*_TO_TRY_AGAIN, UnavailableError):
                    continue
            if project_id is None:
                return False
            publish_changes({project_id})
        return True

    def stop(self) -> None:
        """Leave off after the running transactions."""
        self._is_stopping.set()


def _score_once() -> bool:
    """Score and link for a while; return whether it is worth looking again at once."""
    with get_pool().connection(CONNECTION_TIMEOUT_SECONDS) as connection:
        try:
            with connection.transaction():
                scored = score_pending(connection)
        except _TO_TRY_AGAIN:
            return True
        publish_changes(scored.project_ids)
        linked = False
        changed: set[UUID] = set()
        deadline = time.monotonic() + LINKING_SECONDS
        while time.monotonic() < deadline:
            with connection.transaction():
                result = link_pending(connection)
            if not result.found_work:
                break
            linked = True
            changed |= result.project_ids
        publish_changes(changed)
    return scored.found_work or linked


scorer = Scorer()
"""This process's."""
