"""Column kinds that several tables share."""

from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.sql import func
from sqlmodel import Field

BYTE_ORDERED_TEXT = Text(collation="C")
"""Text that Postgres sorts as Python does: by code point."""


def moment(*, default_now: bool = False, nullable: bool = False) -> Any:
    """Return a column for a point in time, kept with its zone.

    Args:
        default_now: Whether Postgres fills in its transaction's time.
        nullable: Whether it may be unknown.
    """
    return Field(
        default=None,
        nullable=nullable,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": func.now()} if default_now else {},
    )
