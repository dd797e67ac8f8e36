"""People, the projects they belong to, their sign-ins and write keys."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel

from leadpulse_app.models.columns import moment


class Role(StrEnum):
    """What a member may do in a project."""

    ADMIN = "admin"
    MEMBER = "member"


class Project(SQLModel, table=True):
    """A tenant: its leads, events and rules are nobody else's."""

    __tablename__ = "project"

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    time_zone: str = Field(
        default="UTC", sa_type=Text, sa_column_kwargs={"server_default": "UTC"}
    )
    domain: str | None = Field(default=None, sa_type=Text)
    """The site whose visitors the project scores, as people know it."""
    active: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    ruleset_version: int
    """The version of the ruleset in force for the next event."""
    identity_version: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"}
    )
    """Grows whenever a name comes to mean another lead, so that nobody who remembers
    what it meant goes on believing it."""
    webhook_secret: str | None = Field(default=None, sa_type=Text)
    """What inbound webhooks are signed with; unknown where none have to be."""
    created_at: datetime = moment(default_now=True)


class ApiKey(SQLModel, table=True):
    """A publishable write key: it lets a page send events, and read nothing."""

    __tablename__ = "api_key"
    __table_args__ = (ForeignKeyConstraint(["project_id"], ["project.id"]),)

    project_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    key: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    created_at: datetime = moment(default_now=True)
    last_used_at: datetime | None = moment(nullable=True)
    """When an event came by it last, to within a minute or so."""
    revoked_at: datetime | None = moment(nullable=True)


class User(SQLModel, table=True):
    """A person who signs in."""

    __tablename__ = "user"
    __table_args__ = (CheckConstraint("email = lower(email)", name="user_email_lower"),)

    id: UUID = Field(primary_key=True)
    email: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    password_hash: str = Field(sa_type=Text)
    created_at: datetime = moment(default_now=True)


class Membership(SQLModel, table=True):
    """That a person belongs to a project, and as what."""

    __tablename__ = "membership"
    __table_args__ = (
        ForeignKeyConstraint(["project_id"], ["project.id"]),
        ForeignKeyConstraint(["user_id"], ["user.id"]),
        CheckConstraint("role IN ('admin', 'member')", name="membership_role"),
        Index("membership_user", "user_id"),
    )

    project_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    role: Role = Field(sa_type=Text)
    created_at: datetime = moment(default_now=True)


class Session(SQLModel, table=True):
    """A sign-in; its id is the token's `jti`, and revoking it ends the token."""

    __tablename__ = "session"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], ["user.id"]),
        Index("session_by_user", "user_id"),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID
    created_at: datetime = moment(default_now=True)
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
