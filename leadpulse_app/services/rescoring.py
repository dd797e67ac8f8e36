"""Applies a published version to what was scored before it, lead by lead.

From then on a lead's events count by that version, unless they were scored by a newer
one. Each step is one transaction that says how far it came, so that a rescore goes on
where a crash left it and does nothing twice. Live scoring goes on meanwhile: it passes
over the few leads that a step holds.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import errors
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.database import PLAN_BY_INDEX, SCOPE_STATEMENT, scope_value
from leadpulse_app.domain.reason import Reason
from leadpulse_app.models import Lead, PendingRescore, Rescore
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.identity.roots import (
    MovedError,
    lock_roots,
    until_stable,
)
from leadpulse_app.services.scoring.folding import refold

_logger = logging.getLogger(__name__)

LEADS_AT_ONCE = 200
"""How many leads one transaction rescores; scoring passes them over meanwhile."""

LOCK_SECONDS = 1
"""How long a step waits for leads that somebody holds."""

_CLAIM = """
    SELECT project_id, version FROM pending_rescore
    ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED
"""  # no project has to wait for another to come to its end

_NEXT = """
    SELECT id, coalesce(root_id, id) FROM lead
    WHERE project_id = %s AND id > %s ORDER BY id LIMIT %s
"""

_PLACE = """
    SELECT coalesce(last_lead_id, '00000000-0000-0000-0000-000000000000')
    FROM rescore WHERE (project_id, version) = (%s, %s)
"""

_ROOTS = """
    SELECT id, coalesce(root_id, id) FROM lead WHERE project_id = %s AND id = ANY (%s)
"""

_APPLY = """
    UPDATE lead SET rescored_version = %s
    WHERE project_id = %s AND id = ANY (%s) AND rescored_version < %s
"""

_PROGRESS = """
    UPDATE rescore SET last_lead_id = %s, leads = leads + %s,
        failures = failures + %s,
        finished_at = CASE WHEN %s THEN clock_timestamp() END
    WHERE (project_id, version) = (%s, %s)
"""

_FORGET = "DELETE FROM pending_rescore WHERE (project_id, version) = (%s, %s)"


@dataclass(frozen=True, slots=True)
class RescoreProgress:
    """How far a rescore has come."""

    version: int
    leads: int
    all_leads: int
    """How many there were when it began."""
    failures: int
    """Leads that kept their scores, as the rules of their events can't be read."""
    started_at: datetime
    finished_at: datetime | None
    """When it ended, or a newer one took its place."""


async def start_rescore(session: AsyncSession, actor: Actor, version: int) -> None:
    """Let the workers apply a version to all that was scored before it.

    One that is under way for an older version ends where it is: this one comes past
    all leads.

    Args:
        session: A transaction scoped to the actor's project, in which the version was
            published.
        actor: An admin of the project.
        version: The version in force.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    actor.require_admin()
    project_id = actor.project_id
    pending = insert(PendingRescore).values(project_id=project_id, version=version)
    await session.execute(
        pending.on_conflict_do_update(
            index_elements=[col(PendingRescore.project_id)], set_={"version": version}
        )
    )
    await session.execute(
        update(Rescore)
        .where(
            col(Rescore.project_id) == project_id, col(Rescore.finished_at).is_(None)
        )
        .values(finished_at=func.now())
    )
    all_leads = await session.scalar(
        select(func.count()).select_from(Lead).where(col(Lead.project_id) == project_id)
    )
    again = {"last_lead_id": None, "leads": 0, "failures": 0, "finished_at": None}
    started = insert(Rescore).values(
        project_id=project_id,
        version=version,
        started_by=actor.user_id,
        all_leads=all_leads or 0,
    )
    await session.execute(
        started.on_conflict_do_update(
            index_elements=[col(Rescore.project_id), col(Rescore.version)],
            set_=again | {"all_leads": all_leads or 0, "started_at": func.now()},
        )
    )


async def get_rescore(session: AsyncSession, actor: Actor) -> RescoreProgress | None:
    """Return how far the newest rescore of the actor's project has come, if any."""
    found = await session.execute(
        select(Rescore)
        .where(col(Rescore.project_id) == actor.project_id)
        .order_by(col(Rescore.version).desc())
        .limit(1)
    )
    newest = found.scalar_one_or_none()
    if newest is None:
        return None
    return RescoreProgress(
        version=newest.version,
        leads=newest.leads,
        all_leads=newest.all_leads,
        failures=newest.failures,
        started_at=newest.started_at,
        finished_at=newest.finished_at,
    )


def rescore_some(
    connection: psycopg.Connection, *, limit_leads: int = LEADS_AT_ONCE
) -> UUID | None:
    """Rescore the next leads of a project that waits for it.

    Args:
        connection: Within a transaction of its own, not scoped yet; the caller
            commits it and wakes the boards of the project.
        limit_leads: How many leads at most.

    Returns:
        The project, or None where nobody waits.

    Raises:
        UnavailableError: The leads' merges keep changing.
        psycopg.Error: Postgres went away, or wants the transaction tried again, as it
            does where somebody holds a lead for more than a second.
    """
    claimed = connection.execute(_CLAIM).fetchone()
    if claimed is None:
        return None
    project_id: UUID
    project_id, version = claimed
    connection.execute(SCOPE_STATEMENT, (scope_value([project_id]),))
    connection.execute(PLAN_BY_INDEX)
    # A lead that somebody holds for long is waited for by the next step, not by the
    # sweep.
    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    ((last_id,),) = connection.execute(_PLACE, (project_id, version)).fetchall()

    def rescore() -> tuple[Sequence[tuple[UUID, UUID]], int]:
        leads = connection.execute(_NEXT, (project_id, last_id, limit_leads)).fetchall()
        lock_roots(connection, project_id, {root_id for _, root_id in leads})
        held = connection.execute(_ROOTS, (project_id, [id_ for id_, _ in leads]))
        if dict(held.fetchall()) != dict(leads):
            raise MovedError
        return leads, _apply(connection, project_id, version, leads)

    leads, failures = until_stable(connection, rescore)
    is_last = len(leads) < limit_leads
    last_id = leads[-1][0] if leads else last_id
    connection.execute(
        _PROGRESS, (last_id, len(leads), failures, is_last, project_id, version)
    )
    if is_last:
        connection.execute(_FORGET, (project_id, version))
    return project_id


def _apply(
    connection: psycopg.Connection,
    project_id: UUID,
    version: int,
    leads: Sequence[tuple[UUID, UUID]],
) -> int:
    """Let a version count for leads, and return for how many it could not."""
    if not leads:
        return 0
    try:
        with connection.transaction():
            ids = [id_ for id_, _ in leads]
            connection.execute(_APPLY, (version, project_id, ids, version))
            roots = sorted({root_id for _, root_id in leads})
            refold(connection, project_id, roots, cause=Reason.RESCORED)
    except Exception as error:
        if isinstance(error, psycopg.OperationalError) and not isinstance(
            error, errors.QueryCanceled
        ):
            raise
        # Whatever is wrong with one lead, and be it its length, holds up no other.
        if len(leads) == 1:
            _logger.exception("Lead %s can't be rescored", leads[0][0])
            return 1
    else:
        return 0
    middle = len(leads) // 2
    return _apply(connection, project_id, version, leads[:middle]) + _apply(
        connection, project_id, version, leads[middle:]
    )
