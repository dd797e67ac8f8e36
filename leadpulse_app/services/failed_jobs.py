"""Leads whose scoring failed: what went wrong, and what a person does about it.

A discarded event moves from pending to quarantine in one statement, under the lock of
its lead's root that scoring holds too: so each event is pending, in the ledger or in
quarantine, and never in two of these, whoever clicks how often while it is scored.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.cursor import check_limit, decode_cursor, encode_cursor
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.identity.roots import (
    MovedError,
    lock_roots,
    root_of,
    until_stable,
)
from leadpulse_app.services.leads import MAXIMUM_PAGE
from leadpulse_app.services.scoring.failures import forget_failures

DISCARDED = "scoring failed"
"""The reason for which discarded events are in quarantine."""

_LIST = text("""
    SELECT f.lead_id, coalesce(lead.name, lead.email, lead.user_id, lead.anonymous_id)
            AS label,
        f.error, f.attempts, f.failed_at, s.until,
        s.lead_id IS NOT NULL AND s.until IS NULL AS needs_person,
        (
            SELECT count(*)
            FROM (
                SELECT lead.id
                UNION ALL
                SELECT m.id FROM lead AS m
                WHERE (m.project_id, m.root_id) = (lead.project_id, lead.id)
            ) AS one (id)
            JOIN pending AS p ON (p.project_id, p.lead_id) = (lead.project_id, one.id)
        ) AS events
    FROM (
        SELECT * FROM failed_job
        WHERE project_id = :project_id
            AND (CAST(:below AS uuid) IS NULL OR lead_id < :below)
        ORDER BY lead_id DESC LIMIT :limit
    ) AS f
    JOIN lead ON (lead.project_id, lead.id) = (f.project_id, f.lead_id)
    LEFT JOIN set_aside AS s ON (s.project_id, s.lead_id) = (f.project_id, f.lead_id)
    ORDER BY f.lead_id DESC
""")

_LET_BACK = """
    DELETE FROM set_aside
    WHERE project_id = %(project_id)s AND lead_id IN (
        SELECT id FROM lead
        WHERE project_id = %(project_id)s
            AND (id = %(root_id)s OR root_id = %(root_id)s)
    )
"""

_LET_ALL_BACK = """
    WITH failed AS MATERIALIZED (
        SELECT lead.project_id, lead.id
        FROM failed_job AS f
        JOIN lead ON (lead.project_id, lead.id) = (f.project_id, f.lead_id)
        WHERE f.project_id = %(project_id)s
        FOR NO KEY UPDATE OF lead SKIP LOCKED
    ), let_back AS (
        DELETE FROM set_aside AS s
        USING (
            SELECT project_id, id FROM failed
            UNION ALL
            SELECT m.project_id, m.id
            FROM failed
            JOIN lead AS m ON (m.project_id, m.root_id) = (failed.project_id, failed.id)
        ) AS whole
        WHERE (s.project_id, s.lead_id) = (whole.project_id, whole.id)
        RETURNING s.lead_id
    )
    SELECT count(*) FROM let_back JOIN failed ON failed.id = let_back.lead_id
"""  # a lead that somebody holds is being tried, merged or discarded at this moment

_DISCARD = """
    WITH discarded AS (
        DELETE FROM pending
        WHERE project_id = %(project_id)s AND lead_id IN (
            SELECT id FROM lead
            WHERE project_id = %(project_id)s
                AND (id = %(root_id)s OR root_id = %(root_id)s)
        )
        RETURNING project_id, lead_id, event_id
    )
    INSERT INTO quarantined_event (project_id, lead_id, event_id, reason)
    SELECT project_id, lead_id, event_id, %(reason)s FROM discarded
"""

_POSITION: TypeAdapter[UUID] = TypeAdapter(UUID)


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A lead whose scoring failed."""

    lead_id: UUID
    lead_label: str
    error: str
    """What its scoring raised last; its first 1,000 characters."""
    attempts: int
    failed_at: datetime
    retry_at: datetime | None
    """When it is tried again by itself; past or unknown while it is its turn."""
    needs_person: bool
    """Whether nothing happens until a person retries or discards it."""
    events: int
    """How many of its events wait."""


@dataclass(frozen=True, slots=True)
class FailedJobPage:
    """Some of them, by lead, the newest lead first."""

    jobs: tuple[FailedJob, ...]
    next_cursor: str | None


async def list_failed_jobs(
    session: AsyncSession, actor: Actor, *, limit: int = 100, cursor: str | None = None
) -> FailedJobPage:
    """Return a page of the leads of the actor's project whose scoring failed.

    They come in an order that a further failure does not change.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many at most, 1..500.
        cursor: Where the last page ended.

    Raises:
        InvalidInputError: The limit is out of range or the cursor is not ours.
    """
    check_limit(limit, MAXIMUM_PAGE)
    found = await session.execute(
        _LIST,
        {
            "project_id": actor.project_id,
            "below": None if cursor is None else decode_cursor(cursor, _POSITION),
            "limit": limit + 1,
        },
    )
    jobs = [
        FailedJob(
            lead_id=row.lead_id,
            lead_label=row.label or str(row.lead_id),
            error=row.error,
            attempts=row.attempts,
            failed_at=row.failed_at,
            retry_at=row.until,
            needs_person=row.needs_person,
            events=row.events,
        )
        for row in found
    ]
    more = len(jobs) > limit
    return FailedJobPage(
        jobs=tuple(jobs[:limit]),
        next_cursor=encode_cursor(jobs[limit - 1].lead_id, _POSITION) if more else None,
    )


def retry_failed_job(
    connection: psycopg.Connection, actor: Actor, *, lead_id: UUID
) -> None:
    """Let a lead be scored again at once.

    Where that fails too, it waits for its next turn, or for a person again. The caller
    wakes the scorer and the boards after the commit.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: Who says so.
        lead_id: The lead, or one that was merged into it.

    Raises:
        ForbiddenError: The actor is no admin.
        NotFoundError: No scoring of such a lead of the project has failed.
        UnavailableError: The lead's merges keep changing.
    """
    actor.require_admin()

    def retry() -> None:
        root_id = _lock_failed(connection, actor.project_id, lead_id)
        connection.execute(
            _LET_BACK, {"project_id": actor.project_id, "root_id": root_id}
        )

    until_stable(connection, retry)


def retry_all_failed_jobs(connection: psycopg.Connection, actor: Actor) -> int:
    """Let all leads of the actor's project be scored again at once.

    The caller wakes the scorer and the boards after the commit.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: Who says so.

    Returns:
        How many leads that had been set aside.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    actor.require_admin()
    found = connection.execute(
        _LET_ALL_BACK, {"project_id": actor.project_id}
    ).fetchone()
    return found[0] if found else 0


def discard_failed_job(
    connection: psycopg.Connection, actor: Actor, *, lead_id: UUID
) -> int:
    """Put a lead's waiting events into quarantine, and forget that it failed.

    They are kept and not scored until somebody releases them. The caller wakes the
    boards after the commit.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: Who says so.
        lead_id: The lead, or one that was merged into it.

    Returns:
        How many events waited.

    Raises:
        ForbiddenError: The actor is no admin.
        NotFoundError: No scoring of such a lead of the project has failed.
        UnavailableError: The lead's merges keep changing.
    """
    actor.require_admin()

    def discard() -> int:
        root_id = _lock_failed(connection, actor.project_id, lead_id)
        discarded = connection.execute(
            _DISCARD,
            {
                "project_id": actor.project_id,
                "root_id": root_id,
                "reason": DISCARDED,
            },
        )
        forget_failures(connection, [(actor.project_id, root_id)])
        return discarded.rowcount

    return until_stable(connection, discard)


def _lock_failed(
    connection: psycopg.Connection, project_id: UUID, lead_id: UUID
) -> UUID:
    """Lock the root of a lead, and return it if its scoring has failed."""
    root_id = root_of(connection, project_id, lead_id)
    if root_id is None:
        raise NotFoundError("There is no such lead")
    lock_roots(connection, project_id, [root_id])
    if root_of(connection, project_id, lead_id) != root_id:
        raise MovedError
    found = connection.execute(
        "SELECT FROM failed_job WHERE (project_id, lead_id) = (%s, %s)",
        (project_id, root_id),
    ).fetchone()
    if found is None:
        raise NotFoundError("No scoring of this lead has failed")
    return root_id
