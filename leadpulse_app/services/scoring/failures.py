"""Sets leads aside whose scoring fails, so that they don't hold up the others."""

from collections.abc import Sequence
from datetime import timedelta

import psycopg
from psycopg import sql

from leadpulse_app.services.scoring.claim import LockedLead

ATTEMPTS = 5
"""After so many failures a lead waits for a person."""

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
    SELECT project_id, lead_id, CASE WHEN attempts < %(attempts)s
        THEN failed_at + %(delay)s * power(2, attempts - 1) END
    FROM job
    ON CONFLICT (project_id, lead_id) DO UPDATE SET until = excluded.until
"""


def set_aside(
    connection: psycopg.Connection, lead: LockedLead, error: Exception
) -> None:
    """Leave a lead alone for a while, after the last attempt until a person acts.

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
            "attempts": ATTEMPTS,
            "delay": FIRST_DELAY,
        },
    )


def forget_failures(
    connection: psycopg.Connection, leads: Sequence[LockedLead]
) -> None:
    """Take leads back that were scored after all."""
    keys = ([lead.project_id for lead in leads], [lead.id for lead in leads])
    for table in ("failed_job", "set_aside"):
        connection.execute(
            sql.SQL(
                "DELETE FROM {} WHERE (project_id, lead_id) IN"
                " (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))"
            ).format(sql.Identifier(table)),
            keys,
        )
