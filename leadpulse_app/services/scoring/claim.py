"""Claims pending events: each by one scorer at a time, the oldest first.

Whoever holds the row lock of a root owns the pending rows of the root and of the leads
that were merged into it. The lock is never waited for, so scorers neither block each
other nor deadlock, and a crash frees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from leadpulse_app.database import PLAN_BY_INDEX, SCOPE_STATEMENT
from leadpulse_app.domain.fold import Fields, Position, State
from leadpulse_app.domain.memory import read_state
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.scoring.arrays import array_text

EVENTS_PER_TRANSACTION = 20_000
"""Bounds a transaction's memory and the time for which it holds its leads."""

_ROWS_PER_LEAD = 4
"""How many pending rows are looked through for each lead wanted. With more than one,
a scorer beside others finds leads that they have not locked."""

_OLDEST = """
    SELECT project_id, lead_id, min(event_id) AS age
    FROM (
        SELECT project_id, lead_id, event_id FROM pending AS p
        WHERE NOT EXISTS (
            SELECT FROM set_aside AS s
            WHERE (s.project_id, s.lead_id) = (p.project_id, p.lead_id)
                AND (s.until IS NULL OR s.until > clock_timestamp())
        )
        ORDER BY event_id LIMIT %s
    ) AS oldest
    GROUP BY project_id, lead_id
"""

_LAPSING = """
    SELECT project_id, lead_id, due_at AS age FROM next_expiry AS n
    WHERE due_at <= now() AND NOT EXISTS (
        SELECT FROM set_aside AS s
        WHERE (s.project_id, s.lead_id) = (n.project_id, n.lead_id)
            AND (s.until IS NULL OR s.until > clock_timestamp())
    )
    ORDER BY due_at LIMIT %s
"""

_FOUND = """
    SELECT string_agg(DISTINCT project_id::text, ','),
        array_agg(project_id ORDER BY age)::text, array_agg(lead_id ORDER BY age)::text
    FROM ({leads}) AS found
"""
"""Their projects as a scope, and two arrays that only go back to Postgres: to make
objects of four thousand ids, and to write these out again, costs much of a scoring."""

_LEAD = sql.SQL("""
    lead.project_id, lead.id, lead.score, lead.stage, lead.email, lead.name,
    lead.company, lead.sequence, lead.last_event_at, lead.last_message_id, lead.memory,
    lead.last_expiry_at
""")

_LOCK = sql.SQL("""
    SELECT {lead}
    FROM (
        SELECT origin.project_id, coalesce(origin.root_id, origin.id) AS id,
            min(oldest.age) AS age
        FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY
            AS oldest (project_id, lead_id, age)
        JOIN lead AS origin
            ON (origin.project_id, origin.id) = (oldest.project_id, oldest.lead_id)
        GROUP BY origin.project_id, coalesce(origin.root_id, origin.id)
    ) AS candidate
    JOIN lead USING (project_id, id)
    WHERE coalesce(lead.root_id, lead.id) = lead.id AND NOT EXISTS (
        SELECT FROM set_aside AS s
        WHERE (s.project_id, s.lead_id) = (lead.project_id, lead.id)
            AND (s.until IS NULL OR s.until > clock_timestamp())
    )
    ORDER BY candidate.age LIMIT %s
    FOR NO KEY UPDATE OF lead SKIP LOCKED
""").format(lead=_LEAD)
"""That it is a root is looked at again once it is locked. Said as `root_id IS NULL`,
leads are looked for in the index of the boards until statistics know of them: all of a
project's for each."""

_READ = sql.SQL(
    "SELECT {lead} FROM lead WHERE lead.project_id = %s AND lead.id = ANY (%s)"
).format(lead=_LEAD)

_BESIDE = """
    SELECT lead.place - 1, n.due_at, f.lead_id IS NOT NULL
    FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS lead (project_id, id, place)
    LEFT JOIN next_expiry AS n
        ON (n.project_id, n.lead_id) = (lead.project_id, lead.id)
    LEFT JOIN failed_job AS f
        ON (f.project_id, f.lead_id) = (lead.project_id, lead.id)
    WHERE n.lead_id IS NOT NULL OR f.lead_id IS NOT NULL
"""  # a statement that waited for a lock shows other tables as they were before it

_CLAIM = """
    WITH claimed AS (
        DELETE FROM pending AS p
        USING (
            SELECT locked.place, locked.project_id, waiting.lead_id, waiting.event_id
            FROM unnest(%s::uuid[], %s::uuid[], %s::integer[]) WITH ORDINALITY
                AS locked (project_id, root_id, most, place)
            CROSS JOIN LATERAL (
                SELECT q.lead_id, q.event_id
                FROM (
                    SELECT locked.root_id
                    UNION ALL
                    SELECT m.id FROM lead AS m
                    WHERE (m.project_id, m.root_id)
                        = (locked.project_id, locked.root_id)
                ) AS one (id)
                JOIN pending AS q
                    ON (q.project_id, q.lead_id) = (locked.project_id, one.id)
                LIMIT locked.most
            ) AS waiting
            LIMIT %s
        ) AS chosen
        WHERE (p.project_id, p.lead_id, p.event_id)
            = (chosen.project_id, chosen.lead_id, chosen.event_id)
        RETURNING chosen.place, p.project_id, p.event_id
    )
    SELECT claimed.place - 1, e.occurred_at, e.message_id, e.id, e.type, e.traits,
        e.lead_id, e.user_id, e.anonymous_id, e.previous_id
    FROM claimed JOIN event AS e
        ON (e.project_id = claimed.project_id) IS TRUE AND e.id = claimed.event_id
"""
"""Behind IS TRUE no index sees the project, but the scope: as long as Postgres has no
statistics, both together are taken for so narrow that any index of events seems to do.
It was seen to read all of the index of event types for each event."""


LeadKey = tuple[UUID, UUID]
"""A project and a lead of it."""


@dataclass(frozen=True, slots=True)
class LockedLead:
    """A root as its last scoring left it; nobody else scores it meanwhile."""

    project_id: UUID
    id: UUID
    state: State
    stage: Stage
    sequence: int
    position: Position | None
    """The highest input folded so far."""
    last_expiry: datetime | None
    """When points of it lapsed last."""
    next_expiry: datetime | None
    """When points of it lapse next."""
    has_failed: bool

    @property
    def key(self) -> LeadKey:
        """The lead's project and id."""
        return self.project_id, self.id


class ClaimedEvent(NamedTuple):
    """An event that this transaction has to score."""

    position: Position
    id: int
    type: str
    traits: dict[str, object] | None
    origin_id: UUID
    """The lead that it came for, which may have been merged into the locked one."""
    user_id: str | None
    anonymous_id: str | None
    previous_id: str | None


def lock_oldest_leads(
    connection: psycopg.Connection, limit: int
) -> Sequence[LockedLead]:
    """Lock the roots whose pending events are oldest, and scope the transaction.

    Leads that are set aside, or that another transaction holds, are passed over.

    Args:
        connection: Within the transaction that will score them.
        limit: How many leads at most.
    """
    return _lock_found(
        connection, _FOUND.format(leads=_OLDEST), limit * _ROWS_PER_LEAD, limit
    )


def lock_lapsing_leads(
    connection: psycopg.Connection, limit: int
) -> Sequence[LockedLead]:
    """Lock the roots whose points have been due to lapse for longest.

    Like `lock_oldest_leads`, it passes over leads that are set aside or held.

    Args:
        connection: Within the transaction that will let the points lapse.
        limit: How many leads at most.
    """
    return _lock_found(
        connection, _FOUND.format(leads=_LAPSING), limit * _ROWS_PER_LEAD, limit
    )


def _lock_found(
    connection: psycopg.Connection, query: LiteralString, rows: int, limit: int
) -> Sequence[LockedLead]:
    connection.execute(PLAN_BY_INDEX)
    found = connection.execute(query, (rows,)).fetchone()
    if found is None or found[0] is None:
        return ()
    scope, project_ids, lead_ids = found
    connection.execute(SCOPE_STATEMENT, (scope,))
    locked = connection.execute(_LOCK, (project_ids, lead_ids, limit))
    return _locked_leads(connection, locked.fetchall())


def read_locked_leads(
    connection: psycopg.Connection, project_id: UUID, lead_ids: Sequence[UUID]
) -> Sequence[LockedLead]:
    """Return roots that the transaction has locked already."""
    found = connection.execute(_READ, (project_id, list(lead_ids)))
    return _locked_leads(connection, found.fetchall())


def _locked_leads(
    connection: psycopg.Connection, rows: Sequence[tuple[Any, ...]]
) -> Sequence[LockedLead]:
    keys = [array_text(row[column] for row in rows) for column in (0, 1)]
    beside = {
        place: (next_expiry, has_failed)
        for place, next_expiry, has_failed in connection.execute(_BESIDE, keys)
    }
    return [
        LockedLead(
            project_id=project_id,
            id=lead_id,
            state=read_state(score, Fields(email, name, company), memory),
            stage=Stage(stage),
            sequence=sequence,
            position=None if message_id is None else Position(last_at, message_id),
            last_expiry=last_expiry,
            next_expiry=next_expiry,
            has_failed=has_failed,
        )
        for place, (
            project_id,
            lead_id,
            score,
            stage,
            email,
            name,
            company,
            sequence,
            last_at,
            message_id,
            memory,
            last_expiry,
        ) in enumerate(rows)
        for next_expiry, has_failed in (beside.get(place, (None, False)),)
    ]


def claim_events(
    connection: psycopg.Connection, leads: Sequence[LockedLead], *, limit_per_lead: int
) -> list[list[ClaimedEvent]]:
    """Take locked leads' pending events.

    A lead may give up as many events as it has ledger entries, where that is more
    than the limit: a late event makes all of them be read again, and so a backlog
    in any order costs a number of refolds that grows with its logarithm.

    Args:
        connection: Within the transaction that locked the leads.
        leads: The leads.
        limit_per_lead: How many events of one lead at most.

    Returns:
        The events of each lead, in no order.
    """
    limits = [max(limit_per_lead, lead.sequence) for lead in leads]
    parameters = (
        array_text(lead.project_id for lead in leads),
        array_text(lead.id for lead in leads),
        limits,
        EVENTS_PER_TRANSACTION,
    )
    claimed: list[list[ClaimedEvent]] = [[] for _ in leads]
    with connection.cursor(binary=True) as cursor:
        for (
            place,
            occurred_at,
            message_id,
            event_id,
            type_,
            traits,
            origin_id,
            user_id,
            anonymous_id,
            previous_id,
        ) in cursor.execute(_CLAIM, parameters):
            claimed[place].append(
                ClaimedEvent(
                    Position(occurred_at, message_id),
                    event_id,
                    type_,
                    traits,
                    origin_id,
                    user_id,
                    anonymous_id,
                    previous_id,
                )
            )
    return claimed


def give_back(
    connection: psycopg.Connection, lead: LockedLead, events: Sequence[ClaimedEvent]
) -> None:
    """Make claimed events pending again."""
    connection.execute(
        "INSERT INTO pending (project_id, lead_id, event_id)"
        " SELECT %s, * FROM unnest(%s::uuid[], %s::bigint[])",
        (
            lead.project_id,
            [event.origin_id for event in events],
            [event.id for event in events],
        ),
    )
