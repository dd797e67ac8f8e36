"""What the rules of a project did lately: their share of the points, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.models import ScoreEntry
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.actors import Actor

USAGE_DAYS = 30

NEWEST_ENTRIES = 10_000
"""How many entries are looked at, so that the answer doesn't take as long as the
ledger is: an index has them by their event, the newest first."""


@dataclass(frozen=True, slots=True)
class RuleUsage:
    """What one rule did, as far back as the newest entries of a project go."""

    points: int
    """What it gave and took in the last 30 days, both counted as positive."""
    last_fired_at: datetime


async def rule_usage(
    session: AsyncSession, actor: Actor, *, now: datetime
) -> Mapping[UUID, RuleUsage]:
    """Return what the rules of the actor's project did lately, by rule id.

    A rule that none of the newest 10,000 entries is of is left out.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        now: The end of the 30 days.
    """
    newest = (
        select(
            col(ScoreEntry.rule_id), col(ScoreEntry.recorded_at), col(ScoreEntry.delta)
        )
        .where(
            col(ScoreEntry.project_id) == actor.project_id,
            text(f"score_entry.{FIRST}"),
        )
        .order_by(col(ScoreEntry.event_id).desc())
        .limit(NEWEST_ENTRIES)
        .subquery()
    )
    lately = newest.c.recorded_at > now - timedelta(days=USAGE_DAYS)
    found = await session.execute(
        select(
            newest.c.rule_id,
            func.max(newest.c.recorded_at),
            func.coalesce(func.sum(func.abs(newest.c.delta)).filter(lately), 0),
        )
        .where(newest.c.rule_id.is_not(None))
        .group_by(newest.c.rule_id)
    )
    return {
        rule_id: RuleUsage(int(points), last_fired_at)
        for rule_id, last_fired_at, points in found
    }
