"""The pipeline: of each stage the leads with the highest scores, and their number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.intelligence import (
    VELOCITY_WINDOW,
    NextAction,
    intelligence_of,
)
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import count_by_stage

MAXIMUM_CARDS = 200
"""Of one stage; a longer list is what the page of leads is for."""

_CARDS = text("""
    SELECT card.id, coalesce(card.name, card.email, card.user_id, card.anonymous_id,
            card.id::text) AS label,
        card.company, card.score, card.stage, card.created_at, owner.name AS owner_name,
        sum(one.events) AS events_last_24h, max(one.seen_at) AS seen_at
    FROM unnest(CAST(:stages AS text[]), CAST(:lengths AS integer[]))
        AS wanted (stage, length)
    CROSS JOIN LATERAL (
        SELECT * FROM lead
        WHERE project_id = :project_id AND root_id IS NULL AND stage = wanted.stage
        ORDER BY score DESC, id LIMIT wanted.length
    ) AS card
    LEFT JOIN "user" AS owner ON owner.id = card.owner_id
    CROSS JOIN LATERAL (
        SELECT (
            SELECT count(*) FROM event
            WHERE (project_id = :project_id) IS TRUE AND lead_id = part.id
                AND occurred_at > :since AND occurred_at <= :now
                AND type NOT IN :reserved
        ) AS events, (
            SELECT occurred_at FROM event
            WHERE project_id = :project_id AND lead_id = part.id
                AND type NOT IN :reserved
            ORDER BY occurred_at DESC LIMIT 1
        ) AS seen_at
        FROM (
            SELECT card.id
            UNION ALL
            SELECT id FROM lead WHERE (project_id, root_id) = (:project_id, card.id)
        ) AS part (id)
    ) AS one
    GROUP BY card.id, card.name, card.email, card.user_id, card.anonymous_id,
        card.company, card.score, card.stage, card.created_at, owner.name
    ORDER BY card.score DESC, card.id
""").bindparams(bindparam("reserved", sorted(RESERVED_EVENT_TYPES), expanding=True))


@dataclass(frozen=True, slots=True)
class Card:
    """A lead of the pipeline."""

    id: UUID
    label: str
    """The best name of the lead."""
    company: str | None
    score: int
    owner_name: str | None
    next_action: NextAction
    seen_at: datetime | None
    """When it did something last."""


@dataclass(frozen=True, slots=True)
class Column:
    """A stage: its leads with the highest scores, and how many it has in all."""

    stage: Stage
    cards: tuple[Card, ...]
    leads: int


async def read_pipeline(
    session: AsyncSession, actor: Actor, *, now: datetime, lengths: Mapping[Stage, int]
) -> dict[Stage, Column]:
    """Return the pipeline of the actor's project, coldest stage first.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        now: The moment that next actions are judged at.
        lengths: How many cards each stage has at most, 1..200.

    Raises:
        InvalidInputError: A length is out of range.
    """
    if not all(1 <= length <= MAXIMUM_CARDS for length in lengths.values()):
        raise InvalidInputError(f"A stage shows 1 to {MAXIMUM_CARDS} leads")
    counts = await count_by_stage(session, actor)
    found = await session.execute(
        _CARDS,
        {
            "project_id": actor.project_id,
            "stages": list(lengths),
            "lengths": list(lengths.values()),
            "since": now - VELOCITY_WINDOW,
            "now": now,
        },
    )
    cards: dict[Stage, list[Card]] = {stage: [] for stage in Stage}
    for row in found:
        stage = Stage(row.stage)
        cards[stage].append(_card(row, stage, now))
    return {stage: Column(stage, tuple(cards[stage]), counts[stage]) for stage in Stage}


def _card(row: Row[Any], stage: Stage, now: datetime) -> Card:
    judged = intelligence_of(
        stage=stage,
        events_last_24h=int(row.events_last_24h),
        last_active_at=row.seen_at or row.created_at,
        now=now,
    )
    return Card(
        id=row.id,
        label=row.label,
        company=row.company,
        score=row.score,
        owner_name=row.owner_name,
        next_action=judged.next_action,
        seen_at=row.seen_at,
    )
