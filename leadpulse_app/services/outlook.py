"""What becomes of a lead that does nothing more, from the fold of its events."""

from datetime import datetime
from uuid import UUID

import psycopg

from leadpulse_app.domain.fold import Input
from leadpulse_app.domain.outlook import NOTHING_AHEAD, Lapse, Outlook, look_ahead
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.scoring.claim import read_locked_leads
from leadpulse_app.services.scoring.folding import versions_of, wanted_of
from leadpulse_app.services.scoring.ledger import read_history, read_properties
from leadpulse_app.services.scoring.rulesets import Rulesets

MAXIMUM_ENTRIES = 10_000
"""Ledger entries of a lead that is folded while a person waits, about 300 ms. Of one
that has more, only when points lapse is told."""


def read_outlook(
    connection: psycopg.Connection, actor: Actor, root_id: UUID, *, now: datetime
) -> Outlook:
    """Return when points of a lead lapse next, and when that changes its stage.

    It locks nothing. A lead of which nothing lapses costs one row.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: Who asks.
        root_id: The lead; of one that is merged away nothing lapses.
        now: What is due up to this moment has lapsed already.
    """
    leads = read_locked_leads(connection, actor.project_id, [root_id])
    due = leads[0].next_expiry if leads else None
    if due is None:
        return NOTHING_AHEAD
    if leads[0].sequence > MAXIMUM_ENTRIES:
        return Outlook(Lapse(due, None))
    histories = read_history(connection, leads)
    rulesets = Rulesets(connection, versions_of(histories))
    properties = read_properties(connection, list(wanted_of(histories, rulesets)))
    return look_ahead(
        [
            Input(
                event.position,
                event.id,
                event.type,
                event.traits,
                properties.get(event.id),
                event.has_user_id,
                rulesets.get((actor.project_id, event.ruleset_version)),
            )
            for event in histories[leads[0].key].events
        ],
        now=now,
    )
