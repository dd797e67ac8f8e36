"""Scores one lead for somebody who waits to see it; the worker does all others."""

from functools import partial
from uuid import UUID

import psycopg

from leadpulse_app.database import PLAN_BY_INDEX
from leadpulse_app.services.identity.roots import (
    MovedError,
    lock_roots,
    root_of,
    until_stable,
)
from leadpulse_app.services.scoring import score_leads
from leadpulse_app.services.scoring.claim import claim_events

MAXIMUM_EVENTS = 100
"""Of a lead at once; where more are pending, the worker goes on with them."""

_IS_SET_ASIDE = """
    SELECT EXISTS (SELECT FROM set_aside WHERE project_id = %s AND lead_id = %s)
"""


def score_promptly(
    connection: psycopg.Connection, project_id: UUID, lead_id: UUID
) -> None:
    """Score what is pending of a lead, unless it is set aside or gone.

    Args:
        connection: Within a transaction scoped to the project.
        project_id: The project.
        lead_id: The lead; one that was merged away stands for its root.

    Raises:
        UnavailableError: The lead's merges keep changing.
        psycopg.Error: Postgres went away, or wants the transaction tried again.
    """
    connection.execute(PLAN_BY_INDEX)

    def score() -> None:
        root_id = root_of(connection, project_id, lead_id)
        if root_id is None:
            return
        lock_roots(connection, project_id, [root_id])
        if root_of(connection, project_id, lead_id) != root_id:
            raise MovedError
        failed = connection.execute(_IS_SET_ASIDE, (project_id, root_id)).fetchone()
        if failed is None or not failed[0]:
            claim = partial(claim_events, limit_per_lead=MAXIMUM_EVENTS)
            score_leads(connection, project_id, [root_id], claim)

    until_stable(connection, score)
