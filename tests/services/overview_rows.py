"""A project with leads, events and a ledger in great numbers, written by SQL."""

from uuid import UUID

import psycopg

from leadpulse_app.database import connection_scope, database_url
from tests.tenants import Tenant

TYPES = ("page_view", "email_open", "download", "signup", "demo", "visit", "$fields")

_ROWS = (
    """
    INSERT INTO lead (project_id, id, anonymous_id, score, stage, sequence,
        last_event_at, created_at)
    SELECT %(project)s, uuidv7(), 'visitor ' || n, score,
        CASE WHEN score >= 60 THEN 'qualified' WHEN score >= 31 THEN 'hot'
            WHEN score >= 11 THEN 'warm' ELSE 'cold' END,
        3, now() - n %% 1000 * interval '1 hour', now() - n %% 2000 * interval '1 hour'
    FROM (
        SELECT n, n * 7919 %% 101 AS score FROM generate_series(1, %(leads)s) AS n
    ) AS numbered
    """,
    """
    INSERT INTO event (project_id, lead_id, message_id, type, properties, received_at,
        occurred_at)
    SELECT %(project)s, id, gen_random_uuid(),
        (CAST(%(types)s AS text[]))[1 + (number + turn * 3) %% %(kinds)s], '{}', at, at
    FROM (
        SELECT id, turn, number, now() - (number * 3 + turn) %% 1500
            * interval '1 hour' AS at
        FROM (
            SELECT id, substr(anonymous_id, 9)::integer AS number FROM lead
            WHERE project_id = %(project)s
        ) AS numbered
        CROSS JOIN generate_series(0, 2) AS turn
    ) AS visit
    """,
    """
    INSERT INTO score_entry (project_id, lead_id, sequence, event_id, ruleset_version,
        points, delta, reason, old_score, new_score)
    SELECT project_id, lead_id,
        row_number() OVER (PARTITION BY lead_id ORDER BY id), id, 1, 5, 5, 'scored',
        0, 5
    FROM event WHERE project_id = %(project)s
    """,
    """
    INSERT INTO stage_change (project_id, lead_id, old_stage, new_stage, score, reason,
        changed_at)
    SELECT project_id, id, 'cold', stage, score, 'scored', last_event_at
    FROM lead WHERE project_id = %(project)s AND stage <> 'cold'
    """,
)


def fill(tenant: Tenant, *, leads: int) -> None:
    """Store so many leads with three scored events each."""
    with (
        psycopg.connect(database_url()) as connection,
        connection_scope(connection, [tenant.actor.project_id]),
    ):
        write_rows(connection, tenant.actor.project_id, leads=leads)
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE lead, event, score_entry, stage_change")


def write_rows(connection: psycopg.Connection, project_id: UUID, *, leads: int) -> None:
    given = {
        "project": project_id,
        "leads": leads,
        "types": list(TYPES),
        "kinds": len(TYPES),
    }
    for statement in _ROWS:
        connection.execute(statement, given)
