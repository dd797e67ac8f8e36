"""What people write on leads; scoring reads none of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel

from leadpulse_app.models.columns import BYTE_ORDERED_TEXT, moment


class LeadTag(SQLModel, table=True):
    """A word that people group leads by."""

    __tablename__ = "lead_tag"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "lead_id"], ["lead.project_id", "lead.id"]),
        Index("lead_tag_lead", "project_id", "lead_id"),
    )

    project_id: UUID = Field(primary_key=True)
    tag: str = Field(primary_key=True, sa_type=BYTE_ORDERED_TEXT)
    lead_id: UUID = Field(primary_key=True)
    created_at: datetime = moment(default_now=True)


class LeadNote(SQLModel, table=True):
    """A remark that a member leaves on a lead."""

    __tablename__ = "lead_note"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "lead_id"], ["lead.project_id", "lead.id"]),
        ForeignKeyConstraint(["author_id"], ["user.id"]),
        Index("lead_note_lead", "project_id", "lead_id", "id"),
    )

    project_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    """Sorts by the time it was written."""
    lead_id: UUID
    author_id: UUID
    body: str = Field(sa_type=Text)
    created_at: datetime = moment(default_now=True)
