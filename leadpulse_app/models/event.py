"""Events, and the work they leave to be done."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Identity, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from leadpulse_app.models.columns import BYTE_ORDERED_TEXT, moment


class Event(SQLModel, table=True):
    """What happened, as it was sent. Never updated."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_message", "project_id", "message_id", unique=True),
        Index("event_fold", "project_id", "lead_id", "occurred_at", "message_id"),
        Index(
            "event_type",
            "project_id",
            "type",
            "occurred_at",
            "id",
            postgresql_include=["lead_id"],
        ),
    )

    project_id: UUID = Field(primary_key=True)
    id: int = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=(Identity(always=True),),
    )
    """A number in order of arrival; it is not shown outside."""
    lead_id: UUID
    """The lead of an alias, which refers to a lead. That this one does is not checked
    again, for a fifth of what it costs to store an event."""
    message_id: str = Field(sa_type=BYTE_ORDERED_TEXT)
    """The sender's own id, the idempotency key; made here where none was sent."""
    type: str = Field(sa_type=Text)
    anonymous_id: str | None = Field(default=None, sa_type=Text)
    user_id: str | None = Field(default=None, sa_type=Text)
    session_id: str | None = Field(default=None, sa_type=Text)
    previous_id: str | None = Field(default=None, sa_type=Text)
    """Another id of the same person, which an `alias` names."""
    properties: dict[str, Any] = Field(sa_type=JSONB)
    traits: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """What the event says of its person: `email`, `name`, `company`."""
    timestamp: datetime | None = moment(nullable=True)
    """When it happened by the sender's clock."""
    sent_at: datetime | None = moment(nullable=True)
    """When it was sent by the sender's clock."""
    received_at: datetime = moment()
    """When it arrived, by the clock of the process that took it."""
    occurred_at: datetime = moment()
    """When it happened, corrected for the sender's clock and never in the future."""


class Pending(SQLModel, table=True):
    """An event that is still to be scored. Ids alone, so it carries no policy."""

    __tablename__ = "pending"
    __table_args__ = (Index("pending_oldest", "event_id"),)

    project_id: UUID = Field(primary_key=True)
    lead_id: UUID = Field(primary_key=True)
    event_id: int = Field(primary_key=True, sa_type=BigInteger)


class PendingLink(SQLModel, table=True):
    """An event whose names mean more than one lead. Ids and times alone, no policy."""

    __tablename__ = "pending_link"
    __table_args__ = (Index("pending_link_oldest", "event_id"),)

    project_id: UUID = Field(primary_key=True)
    event_id: int = Field(primary_key=True, sa_type=BigInteger)
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    until: datetime | None = moment(nullable=True)
    """When linking tries it again, where it failed."""


class QuarantinedEvent(SQLModel, table=True):
    """An event that is not scored until a person releases it."""

    __tablename__ = "quarantined_event"
    __table_args__ = (Index("quarantined_event_lead", "project_id", "lead_id"),)

    project_id: UUID = Field(primary_key=True)
    event_id: int = Field(primary_key=True, sa_type=BigInteger)
    lead_id: UUID
    reason: str = Field(sa_type=Text)
    """What sent it, such as the name of a crawler."""


class RejectedEvent(SQLModel, table=True):
    """Something that was sent and could not be accepted."""

    __tablename__ = "rejected_event"
    __table_args__ = (ForeignKeyConstraint(["project_id"], ["project.id"]),)

    project_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    """Sorts by the time it was made."""
    received_at: datetime = moment()
    code: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    event_type: str | None = Field(default=None, sa_type=Text)
    payload: str = Field(sa_type=Text)
    """The start of what was sent."""


class RejectionCount(SQLModel, table=True):
    """How many events a project's senders were refused on a day, by reason."""

    __tablename__ = "rejection_count"
    __table_args__ = (ForeignKeyConstraint(["project_id"], ["project.id"]),)

    project_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    code: str = Field(primary_key=True, sa_type=Text)
    events: int = Field(sa_type=BigInteger)


class SetAside(SQLModel, table=True):
    """A lead that scoring leaves alone for a while. Ids and times alone, no policy."""

    __tablename__ = "set_aside"

    project_id: UUID = Field(primary_key=True)
    lead_id: UUID = Field(primary_key=True)
    until: datetime | None = moment(nullable=True)
    """When scoring tries it again; unknown where a person has to decide."""


class FailedJob(SQLModel, table=True):
    """Why a lead is set aside, and how often scoring has tried."""

    __tablename__ = "failed_job"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "lead_id"], ["lead.project_id", "lead.id"]),
    )

    project_id: UUID = Field(primary_key=True)
    lead_id: UUID = Field(primary_key=True)
    attempts: int = Field(sa_type=Integer)
    error: str = Field(sa_type=Text)
    failed_at: datetime = moment()
