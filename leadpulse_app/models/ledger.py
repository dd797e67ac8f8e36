"""Rulesets and the ledger of what they gave."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import func
from sqlmodel import Field, SQLModel

from leadpulse_app.domain.reason import FIRST_REASONS, Reason
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models.columns import moment


def _listed(reasons: Iterable[Reason]) -> str:
    return ", ".join(f"'{reason}'" for reason in reasons)


FIRST = f"reason IN ({_listed(FIRST_REASONS)})"
"""Picks the entries that were made when their input was folded for the first time."""


class RulesetVersion(SQLModel, table=True):
    """A published version of a project's rules. Never updated."""

    __tablename__ = "ruleset"
    __table_args__ = (ForeignKeyConstraint(["project_id"], ["project.id"]),)

    project_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    settings: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"}
    )
    """What holds for all of its rules: thresholds, limits, the time zone."""
    published_by: UUID | None = None
    published_at: datetime = moment(default_now=True)
    restored_version: int | None = None
    """The older version that this one brings back."""


class RulesetDraft(SQLModel, table=True):
    """What a project's people are making of its rules. All of them share it."""

    __tablename__ = "ruleset_draft"
    __table_args__ = (
        ForeignKeyConstraint(["project_id"], ["project.id"]),
        ForeignKeyConstraint(
            ["project_id", "base_version"], ["ruleset.project_id", "ruleset.version"]
        ),
    )

    project_id: UUID = Field(primary_key=True)
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    settings: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"}
    )
    base_version: int
    """The version that was in force when the draft was begun."""
    updated_by: UUID
    updated_at: datetime = moment(default_now=True)


class ScoreEntry(SQLModel, table=True):
    """One line of the ledger: what an input did to a score. Append-only.

    `old_score + delta = new_score` and the sum of a lead's deltas is its score.
    `delta` differs from `points` where a limit was reached. A lead's entries of one
    input and rule add up to what these are worth to it.
    """

    __tablename__ = "score_entry"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "lead_id"], ["lead.project_id", "lead.id"]),
        CheckConstraint("new_score = old_score + delta", name="score_entry_sum"),
        CheckConstraint(f"reason IN ({_listed(Reason)})", name="score_entry_reason"),
        Index(
            "score_entry_once",
            "project_id",
            "event_id",
            "rule_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text(FIRST),
        ),
    )

    project_id: UUID = Field(primary_key=True)
    lead_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    """Counts the lead's entries from 1 without a gap."""
    event_id: int = Field(sa_type=BigInteger)
    rule_id: UUID | None = None
    """The rule that fired; unknown where the event earned nothing."""
    ruleset_version: int
    points: int
    """What the rule gives."""
    delta: int
    """What the score took."""
    reason: Reason = Field(sa_type=Text)
    old_score: int
    new_score: int
    recorded_at: datetime = Field(
        default=None,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": func.statement_timestamp()},
    )
    """Ascends with the sequence: what writes an entry has locked the lead before."""


class StageChange(SQLModel, table=True):
    """That scoring left a lead in another stage than it found it in. Append-only."""

    __tablename__ = "stage_change"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "lead_id"], ["lead.project_id", "lead.id"]),
        Index("stage_change_stage", "project_id", "new_stage", "changed_at"),
        Index("stage_change_lead", "project_id", "lead_id", "changed_at"),
    )

    project_id: UUID = Field(primary_key=True)
    id: int = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=(Identity(always=True),),
    )
    lead_id: UUID
    old_stage: Stage = Field(sa_type=Text)
    new_stage: Stage = Field(sa_type=Text)
    score: int
    reason: Reason = Field(sa_type=Text)
    """Of the last ledger entry that the change came with."""
    changed_at: datetime = moment()
    """When the behaviour, or the lapse of points, that it followed happened; of a
    correction, when it was made."""


class Rescore(SQLModel, table=True):
    """That a published version is applied to what was scored before, lead by lead."""

    __tablename__ = "rescore"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "version"], ["ruleset.project_id", "ruleset.version"]
        ),
    )

    project_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    started_by: UUID
    started_at: datetime = moment(default_now=True)
    last_lead_id: UUID | None = None
    """The lead up to which it has come."""
    leads: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many it has come past."""
    all_leads: int
    """How many there were when it began."""
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many leads it could not rescore."""
    finished_at: datetime | None = moment(nullable=True)
    """When it came to the end, was called off, or a newer one took its place."""


class PendingRescore(SQLModel, table=True):
    """A rescore that has not come to its end. Ids alone, so it carries no policy."""

    __tablename__ = "pending_rescore"

    project_id: UUID = Field(primary_key=True)
    version: int


class Preview(SQLModel, table=True):
    """What a project's scores would be under a draft, worked out by a worker."""

    __tablename__ = "preview"
    __table_args__ = (ForeignKeyConstraint(["project_id"], ["project.id"]),)

    project_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    settings: dict[str, Any] = Field(sa_type=JSONB)
    base_version: int
    """The version in force when it was asked for."""
    started_by: UUID
    started_at: datetime = moment(default_now=True)
    leads: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many it has come past."""
    all_leads: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    finished_at: datetime | None = moment(nullable=True)
    """When it ended, failed or was called off."""
    error: str | None = Field(default=None, sa_type=Text)
    """Why there is no result."""
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """What came of it; until it ends, how often a worker began it."""


class PendingPreview(SQLModel, table=True):
    """A preview that nobody has worked out yet. Ids alone, so it carries no policy."""

    __tablename__ = "pending_preview"

    project_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
