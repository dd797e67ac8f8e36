"""Writes inputs that no sender can: what people say of a lead, folded like events."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from leadpulse_app.domain.errors import NotFoundError

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


def reserved_message_id(type_: str, name: str) -> str:
    """Return the message id of a reserved input."""
    return f"{type_}:{name}"
