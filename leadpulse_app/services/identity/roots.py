"""Locks the roots whose members are to change: in one order, and never a stale one.

Only the holder of a root's row lock changes who its members are and what they are
worth; scoring holds it too. Of several, the lowest id is locked first. A lead that
ceased to be a root meanwhile is let go of before anything else is waited for, since the
holder of its new root may have to write it.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import psycopg

from leadpulse_app.domain.errors import UnavailableError

_ATTEMPTS = 10

Result = TypeVar("Result")


class MovedError(Exception):
    """What was read before the locks were taken holds no longer."""


def until_stable(connection: psycopg.Connection, work: Callable[[], Result]) -> Result:
    """Do work in a savepoint, afresh as often as somebody else was faster.

    Args:
        connection: Within a transaction.
        work: It raises `MovedError` where it has to be tried again.

    Raises:
        UnavailableError: Others were faster ten times.
    """
    for _ in range(_ATTEMPTS):
        with suppress(MovedError), connection.transaction():
            return work()
    raise UnavailableError("The lead is changing too fast", retry_after=1)


def lock_roots(
    connection: psycopg.Connection, project_id: UUID, lead_ids: Collection[UUID]
) -> None:
    """Wait for roots and hold them until the transaction, or its savepoint, ends.

    Raises:
        MovedError: One of them is no root any more.
    """
    for lead_id in sorted(lead_ids):
        found = connection.execute(
            "SELECT root_id FROM lead WHERE project_id = %s AND id = %s"
            " FOR NO KEY UPDATE",
            (project_id, lead_id),
        ).fetchone()
        if found is None or found[0] is not None:
            raise MovedError


def root_of(
    connection: psycopg.Connection, project_id: UUID, lead_id: UUID
) -> UUID | None:
    """Return the root that a lead belongs to; None if there is no such lead."""
    found = connection.execute(
        "SELECT coalesce(root_id, id) FROM lead WHERE project_id = %s AND id = %s",
        (project_id, lead_id),
    ).fetchone()
    return None if found is None else found[0]
