"""Rulesets and the ledger of what they gave."""

from datetime import datetime
from enum import StrEnum
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

from leadpulse_app.models.columns import moment


class Reason(StrEnum):
    """Why an entry is in the ledger."""

    SCORED = "scored"
    """An event was folded for the first time."""
    REFOLDED = "refolded"
    """A late event changed what this one is worth."""
    MERGED = "merged"
    """Another lead turned out to be the same person."""
    UNMERGED = "unmerged"
    """A person undid a merge."""


class RulesetVersion(SQLModel, table=True):
    """A published version of a project's rules. Never updated."""

    __tablename__ = "ruleset"
    __table_args__ = (ForeignKeyConstraint(["project_id"], ["project.id"]),)

    project_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
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
    base_version: int
    """The version that was in force when the draft was begun."""
    updated_by: UUID
    updated_at: datetime = moment(default_now=True)


class ScoreEntry(SQLModel, table=True):
    """One line of the ledger: what an input did to a score. Append-only.

    `old_score + delta = new_score` and the sum of a lead's deltas is its score.
    `delta` differs from `points` where the score would have left 0..10,000.
    """

    __tablename__ = "score_entry"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "lead_id"], ["lead.project_id", "lead.id"]),
        CheckConstraint("new_score = old_score + delta", name="score_entry_sum"),
        CheckConstraint(
            "reason IN ('scored', 'refolded', 'merged', 'unmerged')",
            name="score_entry_reason",
        ),
        Index(
            "score_entry_once",
            "project_id",
            "event_id",
            "rule_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("reason = 'scored'"),
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
    recorded_at: datetime = moment(default_now=True)
