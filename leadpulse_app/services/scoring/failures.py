"""Sets leads aside whose scoring fails, so that they don't hold up the others.

The leads that were merged into one go with it: their pending events name them, and
are to be passed over before it is known whom they belong to.
"""

from collections.abc import Iterable
from datetime import timedelta

import psycopg

from leadpulse_app.services.scoring.claim import LeadKey, LockedLead

RETRIES = 5
"""So often a lead is tried again by itself; after that it waits for a person."""

FIRST_DELAY = timedelta(seconds=3)
"""The wait after the first failure; each further one doubles it."""

MAXIMUM_ERROR_LENGTH = 1_000

_SET_ASIDE = """
    WITH job AS (
        INSERT INTO failed_job AS f (project_id, lead_id, attempts, error, failed_at)
        VALUES (%(project_id)s, %(lead_id)s, 1, %(error)s, clock_timestamp())
        ON CONFLICT (project_id, lead_id) DO UPDATE
        SET attempts = f.attempts + 1, error = excluded.error,
            failed_at = excluded.failed_at
        RETURNING project_id, lead_id, attempts, failed_at
    )
    INSERT INTO set_aside (project_id, lead_id, until)
    SELECT job.project_id, one.id, CASE WHEN attempts <= %(retries)s
        THEN failed_at + %(delay)s * power(2, attempts - 1) END
    FROM job CROSS JOIN LATERAL (
        SELECT job.lead_id
        UNION ALL
        SELECT m.id FROM lead AS m
        WHERE (m.project_id, m.root_id) = (job.project_id, job.lead_id)
    ) AS one (id)
    ON CONFLICT (project_id, lead_id) DO UPDATE SET until = excluded.until
"""

_FORGET = """
    WITH whole AS MATERIALIZED (
        SELECT root.project_id, root.id
        FROM unnest(%s::uuid[], %s::uuid[]) AS root (project_id, id)
        UNION ALL
        SELECT m.project_id, m.id
        FROM unnest(%s::uuid[], %s::uuid[]) AS root (project_id, id)
        JOIN lead AS m ON (m.project_id, m.root_id) = (root.project_id, root.id)
    ), job AS (
        DELETE FROM failed_job WHERE (project_id, lead_id) IN (SELECT * FROM whole)
    )
    DELETE FROM set_aside WHERE (project_id, lead_id) IN (SELECT * FROM whole)
"""


def set_aside(
    connection: psycopg.Connection, lead: LockedLead, error: Exception
) -> None:
    """Leave a lead alone for a while, after the last retry until a person acts.

    Args:
        connection: Within the transaction that locked the lead.
        lead: The lead.
        error: What its scoring raised; its first 1,000 characters are kept.
    """
    message = f"{type(error).__name__}: {error}".replace("\0", "")
    connection.execute(
        _SET_ASIDE,
        {
            "project_id": lead.project_id,
            "lead_id": lead.id,
            "error": message[:MAXIMUM_ERROR_LENGTH],
            "retries": RETRIES,
            "delay": FIRST_DELAY,
        },
    )


def forget_failures(connection: psycopg.Connection, leads: Iterable[LeadKey]) -> None:
    """Take roots back, with the leads merged into them: they may be scored again.

    Args:
        connection: Within the transaction that locked the roots.
        leads: The roots.
    """
    project_ids, lead_ids = map(list, zip(*leads, strict=True))
    connection.execute(_FORGET, (project_ids, lead_ids) * 2)
