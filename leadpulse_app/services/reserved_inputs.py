"""Writes inputs that no sender can: what people say of a lead, folded like events."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.properties import Json
from leadpulse_app.domain.reserved import FIELDS
from leadpulse_app.models import Event, Pending

_HOLD = """
    SELECT id FROM lead WHERE project_id = %s AND id = %s FOR KEY SHARE
"""  # or an erasure of the lead would not see its new input

_WRITE = """
    WITH written AS (
        INSERT INTO event (project_id, lead_id, message_id, type, properties, traits,
            received_at, occurred_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (project_id, message_id) DO NOTHING
        RETURNING project_id, lead_id, id
    )
    INSERT INTO pending (project_id, lead_id, event_id) SELECT * FROM written
"""


def write_reserved_input(
    connection: psycopg.Connection,
    project_id: UUID,
    lead_id: UUID,
    *,
    type_: str,
    name: str,
    received_at: datetime,
    occurred_at: datetime,
    properties: Mapping[str, object] | None = None,
    traits: Mapping[str, object] | None = None,
) -> bool:
    """Store an input of a reserved type and leave it to be scored.

    The caller wakes the scorer after the commit.

    Args:
        connection: Within a transaction scoped to the project.
        project_id: The project.
        lead_id: A lead of it.
        type_: `$adjust` or `$fields`.
        name: What the input is told from others of its type by.
        received_at: When it was said.
        occurred_at: From when on it holds.
        properties: Of `$adjust`: what was said.
        traits: Of `$fields`: what the lead is known as.

    Returns:
        Whether it is new; otherwise one of this name was there, and nothing changed.

    Raises:
        NotFoundError: The lead is gone.
    """
    held = connection.execute(_HOLD, (project_id, lead_id)).fetchone()
    if held is None:
        raise NotFoundError("There is no such lead")
    written = connection.execute(
        _WRITE,
        (
            project_id,
            lead_id,
            reserved_message_id(type_, name),
            type_,
            Jsonb(dict(properties or {})),
            None if traits is None else Jsonb(dict(traits)),
            received_at,
            occurred_at,
        ),
    )
    return written.rowcount == 1


async def add_fields_input(
    session: AsyncSession,
    project_id: UUID,
    lead_id: UUID,
    *,
    fields: Mapping[str, str | None],
    properties: Mapping[str, Json],
    now: datetime,
) -> None:
    """Store what a person says a lead is known as, and leave it to be scored.

    Args:
        session: A transaction scoped to the project, which holds the lead.
        project_id: The project.
        lead_id: A lead of it.
        fields: `email`, `name` and `company`, as far as said; None empties one.
        properties: What else is said; no rule reads it.
        now: When it is said.
    """
    said = Event(
        project_id=project_id,
        lead_id=lead_id,
        message_id=reserved_message_id(FIELDS, str(uuid7(now))),
        type=FIELDS,
        properties=dict(properties),
        traits=dict(fields),
        received_at=now,
        occurred_at=now,
    )
    session.add(said)
    await session.flush()
    session.add(Pending(project_id=project_id, lead_id=lead_id, event_id=said.id))
    await session.flush()


def reserved_message_id(type_: str, name: str) -> str:
    """Return the message id of a reserved input."""
    return f"{type_}:{name}"
