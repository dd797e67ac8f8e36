"""Merges leads into one person, and takes a merge back: both move nothing.

A merge is an edge between two leads, and leads that edges join are one person. Events
and names stay with the lead they came for, so that undoing an edge gives each side
exactly what is its own, with what came meanwhile. An edge only ever joins leads that
were not joined, so there is one way between any two, and undoing it parts them.
"""

from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from leadpulse_app.database import PLAN_BY_INDEX
from leadpulse_app.domain.errors import ConflictError, NotFoundError
from leadpulse_app.domain.identity import joined_leads
from leadpulse_app.domain.reason import Reason
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.identity.roots import (
    MovedError,
    lock_roots,
    root_of,
    until_stable,
)
from leadpulse_app.services.lead_tokens import forget_tokens, write_tokens
from leadpulse_app.services.scoring.clock import NOW
from leadpulse_app.services.scoring.failures import forget_failures
from leadpulse_app.services.scoring.folding import refold
from leadpulse_app.services.scoring.names import show_names

_MERGE = sql.SQL("""
    WITH edge AS (
        INSERT INTO lead_merge (project_id, id, lead_id, other_id, event_id,
            merged_at)
        VALUES (%(project_id)s, gen_random_uuid(), %(lead_id)s, %(other_id)s,
            %(event_id)s, {now})
    ), forgotten AS (
        DELETE FROM next_expiry
        WHERE (project_id, lead_id) = (%(project_id)s, %(newer)s)
    )
    UPDATE lead SET root_id = %(older)s
    WHERE project_id = %(project_id)s AND (id = %(newer)s OR root_id = %(newer)s)
""").format(now=NOW)

_UNDO = """
    UPDATE lead_merge SET undone_at = now(), undone_by = %s
    WHERE project_id = %s AND id = %s
"""

_EDGES = """
    SELECT m.lead_id, m.other_id
    FROM (
        SELECT %(root_id)s AS id
        UNION ALL
        SELECT id FROM lead
        WHERE (project_id, root_id) = (%(project_id)s, %(root_id)s)
    ) AS one
    JOIN lead_merge AS m ON (m.project_id, m.lead_id) = (%(project_id)s, one.id)
    WHERE m.undone_at IS NULL
"""

_SPLIT = """
    UPDATE lead SET root_id = nullif(%s::uuid, id)
    WHERE project_id = %s AND id = ANY (%s)
"""

_ARE_SEPARATED = """
    SELECT EXISTS (
        SELECT FROM (
            VALUES (%(one)s::uuid, %(other)s::uuid), (%(other)s, %(one)s)
        ) AS pair (here, there)
        CROSS JOIN LATERAL (
            SELECT pair.here
            UNION ALL
            SELECT m.id FROM lead AS m
            WHERE (m.project_id, m.root_id) = (%(project_id)s, pair.here)
        ) AS one (id)
        JOIN lead_merge AS undone
            ON (undone.project_id, undone.other_id) = (%(project_id)s, one.id)
            AND undone.undone_at IS NOT NULL
        JOIN lead AS other
            ON (other.project_id, other.id) = (undone.project_id, undone.lead_id)
        WHERE coalesce(other.root_id, other.id) = pair.there
    )
"""


def merge(
    connection: psycopg.Connection,
    project_id: UUID,
    roots: tuple[UUID, UUID],
    *,
    lead_id: UUID,
    other_id: UUID,
    event_id: int | None,
) -> UUID:
    """Make two roots one person; the older lead stays on the board.

    Args:
        connection: Within a transaction scoped to the project that locked both roots.
        project_id: The project.
        roots: The two.
        lead_id: A lead of the one.
        other_id: A lead of the other, of which it turned out to be the same person.
        event_id: The event that says so.

    Returns:
        The root of the two.
    """
    older, newer = sorted(roots)
    forget_failures(connection, [(project_id, older), (project_id, newer)])
    connection.execute(
        _MERGE,
        {
            "project_id": project_id,
            "lead_id": lead_id,
            "other_id": other_id,
            "older": older,
            "newer": newer,
            "event_id": event_id,
        },
    )
    forget_tokens(connection, project_id, [newer])
    _make_whole(connection, project_id, [older], cause=Reason.MERGED)
    return older


def are_separated(
    connection: psycopg.Connection, project_id: UUID, one: UUID, other: UUID
) -> bool:
    """Return whether a person undid a merge of members of these two roots."""
    found = connection.execute(
        _ARE_SEPARATED, {"project_id": project_id, "one": one, "other": other}
    ).fetchone()
    return found is not None and bool(found[0])


def unmerge(
    connection: psycopg.Connection, actor: Actor, *, lead_id: UUID, merge_id: UUID
) -> UUID:
    """Take a merge back: each side is worth its own events again.

    No event merges the two sides again.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: Who says so.
        lead_id: The lead, or one that was merged into it.
        merge_id: Which of its merges.

    Returns:
        The lead that is a root again.

    Raises:
        ForbiddenError: The actor is no admin.
        NotFoundError: The project has no such lead, or the lead no such merge.
        ConflictError: The merge is undone already.
        UnavailableError: The lead's merges keep changing.
    """
    actor.require_admin()
    project_id = actor.project_id

    def split() -> UUID:
        edge = _standing_edge(connection, project_id, merge_id)
        root_id = root_of(connection, project_id, edge[0])
        if root_id is None or root_of(connection, project_id, lead_id) != root_id:
            raise NotFoundError("The lead has no such merge")
        lock_roots(connection, project_id, [root_id])
        if (
            _standing_edge(connection, project_id, merge_id) != edge
            or root_of(connection, project_id, edge[0]) != root_id
        ):
            raise MovedError
        forget_failures(connection, [(project_id, root_id)])
        connection.execute(_UNDO, (actor.user_id, project_id, merge_id))
        edges = connection.execute(
            _EDGES, {"project_id": project_id, "root_id": root_id}
        ).fetchall()
        joined = joined_leads(edges)
        here, there = (joined.get(end, {end}) for end in edge)
        side = there if root_id in here else here
        new_root_id = min(side)
        connection.execute(_SPLIT, (new_root_id, project_id, list(side)))
        _make_whole(
            connection, project_id, [root_id, new_root_id], cause=Reason.UNMERGED
        )
        return new_root_id

    connection.execute(PLAN_BY_INDEX)
    return until_stable(connection, split)


def _standing_edge(
    connection: psycopg.Connection, project_id: UUID, merge_id: UUID
) -> tuple[UUID, UUID]:
    query: LiteralString = (
        "SELECT lead_id, other_id, undone_at FROM lead_merge"
        " WHERE project_id = %s AND id = %s"
    )
    found = connection.execute(query, (project_id, merge_id)).fetchone()
    if found is None:
        raise NotFoundError("The lead has no such merge")
    lead_id, other_id, undone_at = found
    if undone_at is not None:
        raise ConflictError("This merge is undone already")
    return lead_id, other_id


def _make_whole(
    connection: psycopg.Connection,
    project_id: UUID,
    root_ids: list[UUID],
    *,
    cause: Reason,
) -> None:
    roots = [(project_id, root_id) for root_id in root_ids]
    refold(connection, project_id, root_ids, cause=cause)
    show_names(connection, roots)
    write_tokens(connection, roots)
