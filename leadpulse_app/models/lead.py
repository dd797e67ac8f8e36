"""Leads and the names they are known by."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
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
        ForeignKeyConstraint(["project_id", "root_id"], ["lead.project_id", "lead.id"]),
        Index(
            "lead_board",
            "project_id",
            text("score DESC"),
            "id",
            postgresql_where=text("root_id IS NULL"),
        ),
        Index(
            "lead_stage",
            "project_id",
            "stage",
            text("score DESC"),
            "id",
            postgresql_where=text("root_id IS NULL"),
        ),
        Index(
            "lead_seen",
            "project_id",
            text("last_event_at DESC NULLS LAST"),
            "id",
            postgresql_where=text("root_id IS NULL"),
        ),
        Index(
            "lead_newest",
            "project_id",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("root_id IS NULL"),
        ),
        Index(
            "lead_owner",
            "project_id",
            "owner_id",
            text("score DESC"),
            "id",
            postgresql_where=text("root_id IS NULL AND owner_id IS NOT NULL"),
        ),
        ForeignKeyConstraint(
            ["project_id", "owner_id"], ["membership.project_id", "membership.user_id"]
        ),
        Index(
            "lead_member",
            "project_id",
            "root_id",
            postgresql_where=text("root_id IS NOT NULL"),
        ),
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
    memory: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )
    """What the fold carries beyond score and fields, where rules count or hold."""
    last_expiry_at: datetime | None = moment(nullable=True)
    """When points of it lapsed last."""
    rescored_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Its events count by this ruleset version, where they were scored by an older."""
    root_id: UUID | None = None
    """The lead that this one was merged into: the oldest of all that merges join.

    Its own ledger stands still meanwhile; its events count for the root.
    """
    owner_id: UUID | None = None
    """The member of the project who looks after it."""
    created_at: datetime = moment(default_now=True)


class NextExpiry(SQLModel, table=True):
    """When points of a root lapse next. Ids and times alone, no policy."""

    __tablename__ = "next_expiry"
    __table_args__ = (Index("next_expiry_due", "due_at"),)

    project_id: UUID = Field(primary_key=True)
    lead_id: UUID = Field(primary_key=True)
    due_at: datetime = moment()


class LeadToken(SQLModel, table=True):
    """A word that a root is found by, of its own names and of those merged into it."""

    __tablename__ = "lead_token"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "lead_id"], ["lead.project_id", "lead.id"]),
        Index("lead_token_lead", "project_id", "lead_id", "token"),
    )

    project_id: UUID = Field(primary_key=True)
    token: str = Field(primary_key=True, sa_type=BYTE_ORDERED_TEXT)
    lead_id: UUID = Field(primary_key=True)


class LeadMerge(SQLModel, table=True):
    """That two leads turned out to be one person; undone, that they are not."""

    __tablename__ = "lead_merge"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "lead_id"], ["lead.project_id", "lead.id"]),
        ForeignKeyConstraint(
            ["project_id", "other_id"], ["lead.project_id", "lead.id"]
        ),
        Index(
            "lead_merge_edge",
            "project_id",
            "lead_id",
            "other_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("lead_merge_lead", "project_id", "lead_id"),
        Index("lead_merge_other", "project_id", "other_id"),
    )

    project_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    lead_id: UUID
    """The lead that an event was of."""
    other_id: UUID
    """The lead that it named too."""
    event_id: int | None = Field(default=None, sa_type=BigInteger)
    """The event that named both; unknown where a person merged them."""
    merged_at: datetime = moment(default_now=True)
    undone_at: datetime | None = moment(nullable=True)
    undone_by: UUID | None = None


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


class ErasedLead(SQLModel, table=True):
    """That a lead was erased: its id comes to mean nobody again."""

    __tablename__ = "erased_lead"
    __table_args__ = (ForeignKeyConstraint(["project_id"], ["project.id"]),)

    project_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    erased_at: datetime = moment(default_now=True)
