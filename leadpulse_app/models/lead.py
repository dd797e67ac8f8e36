"""Leads and the names they are known by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field, SQLModel

from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models.columns import BYTE_ORDERED_TEXT, moment


class Lead(SQLModel, table=True):
    """A person. The score columns repeat the newest entry of the ledger."""

    __tablename__ = "lead"
    __table_args__ = (
        ForeignKeyConstraint(["project_id"], ["project.id"]),
        CheckConstraint("score BETWEEN 0 AND 10000", name="lead_score_range"),
        CheckConstraint(
            "stage IN ('cold', 'warm', 'hot', 'qualified')", name="lead_stage"
        ),
        Index("lead_board", "project_id", text("score DESC"), "id"),
    )

    project_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    anonymous_id: str | None = Field(default=None, sa_type=Text)
    user_id: str | None = Field(default=None, sa_type=Text)
    email: str | None = Field(default=None, sa_type=Text)
    name: str | None = Field(default=None, sa_type=Text)
    company: str | None = Field(default=None, sa_type=Text)
    score: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    stage: Stage = Field(
        default=Stage.COLD, sa_type=Text, sa_column_kwargs={"server_default": "cold"}
    )
    sequence: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many ledger entries there are; the newest one carries this number."""
    last_event_at: datetime | None = moment(nullable=True)
    """The greatest `occurred_at` of the events folded so far."""
    last_message_id: str | None = Field(default=None, sa_type=BYTE_ORDERED_TEXT)
    """The message id of that event; with its time, the position of the fold."""
    created_at: datetime = moment(default_now=True)


class LeadAlias(SQLModel, table=True):
    """One name of a lead: an anonymous id, a user id or an email."""

    __tablename__ = "lead_alias"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "lead_id"],
            ["lead.project_id", "lead.id"],
            deferrable=True,
            initially="DEFERRED",  # an alias is won before its lead is written
        ),
        CheckConstraint(
            "kind IN ('user', 'anonymous', 'email')", name="lead_alias_kind"
        ),
        Index("lead_alias_lead", "project_id", "lead_id"),
    )

    project_id: UUID = Field(primary_key=True)
    kind: AliasKind = Field(primary_key=True, sa_type=Text)
    value: str = Field(primary_key=True, sa_type=BYTE_ORDERED_TEXT)
    lead_id: UUID
    created_at: datetime = moment(default_now=True)
