"""Lets people give a lead points, or take some, with a note that says why.

An adjustment is an input of the fold like an event, so what came before it or after it
late is worth what it would have been anyway.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from leadpulse_app.domain.adjustment import Adjustment
from leadpulse_app.domain.errors import ConflictError, NotFoundError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.reserved import ADJUST
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.identity.roots import root_of
from leadpulse_app.services.reserved_inputs import (
    reserved_message_id,
    write_reserved_input,
)

_BEFORE = """
    SELECT type, coalesce(origin.root_id, origin.id), properties
    FROM event
    JOIN lead AS origin
        ON (origin.project_id, origin.id) = (event.project_id, event.lead_id)
    WHERE (event.project_id, event.message_id) = (%s, %s)
"""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An adjustment that is stored, and scored soon."""

    adjustment_id: UUID
    lead_id: UUID
    """The lead that it counts for."""
    points: int
    note: str
    is_new: bool
    """Whether it was not there before."""


def adjust_score(
    connection: psycopg.Connection,
    actor: Actor,
    lead_id: UUID,
    adjustment: Adjustment,
    *,
    now: datetime,
    adjustment_id: UUID | None = None,
) -> Adjusted:
    """Give a lead points or take some, which its ledger tells with the note.

    Everybody in a project may. A score stays within 0..10,000 nevertheless. The caller
    wakes the scorer after the commit.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: Who says so.
        lead_id: The lead; one that was merged away stands for what it is part of.
        adjustment: How many points, and why.
        now: When it is said.
        adjustment_id: The caller's own id for it: the same one again does nothing.

    Raises:
        NotFoundError: The project has no such lead.
        ConflictError: The id was given to another adjustment.
    """
    root_id = root_of(connection, actor.project_id, lead_id)
    if root_id is None:
        raise NotFoundError("There is no such lead")
    known_as = adjustment_id or uuid7(now)
    properties = {**adjustment.model_dump(), "by": str(actor.user_id)}
    is_new = write_reserved_input(
        connection,
        actor.project_id,
        root_id,
        type_=ADJUST,
        name=str(known_as),
        received_at=now,
        occurred_at=now,
        properties=properties,
    )
    if not is_new:
        before = connection.execute(
            _BEFORE,
            (actor.project_id, reserved_message_id(ADJUST, str(known_as))),
        ).fetchone()
        if before != (ADJUST, root_id, properties):
            raise ConflictError("This id was given to another adjustment")
    return Adjusted(known_as, root_id, adjustment.points, adjustment.note, is_new)
