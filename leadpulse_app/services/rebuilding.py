"""Brings leads back to what their events make them, each under its ruleset version.

What the ledger says is not changed but added to. On a lead that is as it should be
nothing is added, so a rebuild that broke off is taken up by doing it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from pydantic import TypeAdapter

from leadpulse_app.domain.errors import ConflictError, NotFoundError
from leadpulse_app.models import Reason
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.identity.roots import (
    MovedError,
    lock_roots,
    root_of,
    until_stable,
)
from leadpulse_app.services.scoring.folding import refold

LEAD_POSITION: TypeAdapter[UUID] = TypeAdapter(UUID)
"""The shape of the cursor between two steps: the last lead."""

LEADS_AT_ONCE = 200
"""How many leads one transaction rebuilds; scoring passes them over meanwhile."""

_NEXT = """
    SELECT id FROM lead
    WHERE project_id = %s AND (%s::uuid IS NULL OR id > %s) ORDER BY id LIMIT %s
"""

_LOCK = """
    SELECT id, root_id FROM lead WHERE project_id = %s AND id = ANY (%s)
    ORDER BY id FOR NO KEY UPDATE
"""  # upwards, as merges lock roots before the members of roots, which are younger

_WHOLE = "SELECT id FROM lead WHERE project_id = %s AND (id = %s OR root_id = %s)"

_REPEAT_LEDGER = """
    UPDATE lead SET score = said.score, sequence = said.sequence
    FROM unnest(%s::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT coalesce(max(sequence), 0) AS sequence,
            coalesce(max(new_score), 0) AS score
        FROM (
            SELECT sequence, new_score FROM score_entry
            WHERE (project_id, lead_id) = (%s, wanted.id)
            ORDER BY sequence DESC LIMIT 1
        ) AS newest
    ) AS said
    WHERE (lead.project_id, lead.id) = (%s, wanted.id)
        AND (lead.score, lead.sequence) <> (said.score, said.sequence)
"""


@dataclass(frozen=True, slots=True)
class Unrebuilt:
    """A lead that could not be rebuilt, as its rules can't be read."""

    lead_id: UUID
    error: str


@dataclass(frozen=True, slots=True)
class RebuiltLeads:
    """What one step did of a project."""

    leads: int
    unrebuilt: tuple[Unrebuilt, ...]
    last_id: UUID | None
    """Where the next step goes on; unknown after the last."""


def count_leads(connection: psycopg.Connection, actor: Actor) -> int:
    """Return how many leads the actor's project has, with those merged away."""
    found = connection.execute(
        "SELECT count(*) FROM lead WHERE project_id = %s", (actor.project_id,)
    ).fetchone()
    return found[0] if found else 0


def rebuild_lead(
    connection: psycopg.Connection, actor: Actor, *, lead_id: UUID
) -> UUID:
    """Bring a lead, with those merged into it, to what its events make it.

    The caller wakes the boards after the commit.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: Who says so.
        lead_id: The lead, or one that was merged into it.

    Returns:
        The lead that it counts for.

    Raises:
        ForbiddenError: The actor is no admin.
        NotFoundError: The project has no such lead.
        ConflictError: The rules that its events were scored by can't be read.
        UnavailableError: The lead's merges keep changing.
    """
    actor.require_admin()
    project_id = actor.project_id

    def rebuild() -> UUID:
        root_id = root_of(connection, project_id, lead_id)
        if root_id is None:
            raise NotFoundError("There is no such lead")
        lock_roots(connection, project_id, [root_id])
        if root_of(connection, project_id, lead_id) != root_id:
            raise MovedError
        whole = connection.execute(_WHOLE, (project_id, root_id, root_id)).fetchall()
        for failed in _rebuild(connection, project_id, [id_ for (id_,) in whole]):
            raise ConflictError(f"The lead can't be rebuilt: {failed.error}")
        return root_id

    return until_stable(connection, rebuild)


def rebuild_leads(
    connection: psycopg.Connection,
    actor: Actor,
    *,
    after: UUID | None = None,
    limit: int | None = None,
) -> RebuiltLeads:
    """Bring some leads of the actor's project to what their events make them.

    The caller commits, goes on after the last of them, and wakes the boards.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: Who says so.
        after: The lead after which to go on.
        limit: How many at most; by default 200.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    actor.require_admin()
    limit = limit or LEADS_AT_ONCE
    found = connection.execute(
        _NEXT, (actor.project_id, after, after, limit)
    ).fetchall()
    ids = [id_ for (id_,) in found]
    failed = _rebuild(connection, actor.project_id, ids) if ids else ()
    return RebuiltLeads(
        leads=len(ids),
        unrebuilt=tuple(failed),
        last_id=ids[-1] if len(ids) == limit else None,
    )


def _rebuild(
    connection: psycopg.Connection, project_id: UUID, lead_ids: Sequence[UUID]
) -> Sequence[Unrebuilt]:
    locked = connection.execute(_LOCK, (project_id, list(lead_ids))).fetchall()
    # Only now, in a statement of its own: before the locks the ledger may have grown.
    connection.execute(
        _REPEAT_LEDGER, ([id_ for id_, _ in locked], project_id, project_id)
    )
    return _refold(
        connection, project_id, [id_ for id_, root_id in locked if root_id is None]
    )


def _refold(
    connection: psycopg.Connection, project_id: UUID, root_ids: Sequence[UUID]
) -> Sequence[Unrebuilt]:
    if not root_ids:
        return ()
    try:
        with connection.transaction():
            refold(connection, project_id, root_ids, cause=Reason.REFOLDED)
    except (
        LookupError,
        ValueError,
        psycopg.DataError,
        psycopg.IntegrityError,
    ) as error:
        if len(root_ids) == 1:
            return (Unrebuilt(root_ids[0], str(error)),)
    else:
        return ()
    middle = len(root_ids) // 2
    return (
        *_refold(connection, project_id, root_ids[:middle]),
        *_refold(connection, project_id, root_ids[middle:]),
    )
