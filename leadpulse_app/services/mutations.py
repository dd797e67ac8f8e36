"""What a project's events did to scores, the newest first, as the ledger has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.cursor import check_limit, decode_cursor, encode_cursor
from leadpulse_app.domain.reason import Reason
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import MAXIMUM_PAGE

_Position: TypeAlias = tuple[Annotated[int, Field(ge=0, le=2**63 - 1)], UUID | None]
_POSITION: TypeAdapter[_Position] = TypeAdapter(_Position)

_LINES = f"""
    SELECT entry.event_id, entry.rule_id, event.message_id, event.type,
        entry.lead_id, coalesce(lead.name, lead.email, lead.user_id,
            lead.anonymous_id, lead.id::text) AS lead_label,
        entry.ruleset_version, entry.points, entry.delta, entry.reason,
        entry.old_score, entry.new_score, entry.recorded_at
    FROM (
        SELECT * FROM score_entry
        WHERE project_id = :project_id AND {FIRST} {{after}}
        ORDER BY event_id DESC, rule_id DESC LIMIT :wanted
    ) AS entry
    CROSS JOIN LATERAL (
        SELECT message_id, type FROM event
        WHERE (project_id, id) = (:project_id, entry.event_id) LIMIT 1
    ) AS event
    CROSS JOIN LATERAL (
        SELECT * FROM lead
        WHERE (project_id, id) = (:project_id, entry.lead_id) LIMIT 1
    ) AS lead
    ORDER BY entry.event_id DESC, entry.rule_id DESC
"""  # noqa: S608  (no input: the reasons are constants)

_FIRST_PAGE = text(_LINES.format(after=""))

# In this order, what fired no rule comes before what did.
_NEXT_PAGE = text(
    _LINES.format(
        after="""
            AND event_id <= :event_id AND (event_id < :event_id
                OR rule_id < CAST(:rule_id AS uuid)
                OR (rule_id IS NOT NULL AND CAST(:rule_id AS uuid) IS NULL))
        """
    )
)


@dataclass(frozen=True, slots=True)
class Mutation:
    """One line of the ledger: what an event did to a score when it was first scored."""

    message_id: str
    event_type: str
    lead_id: UUID
    """The lead whose ledger it is in."""
    lead_label: str
    rule_id: UUID | None
    ruleset_version: int
    points: int
    delta: int
    reason: Reason
    old_score: int
    new_score: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class MutationPage:
    """Some lines, those of the newest events first."""

    mutations: tuple[Mutation, ...]
    next_cursor: str | None


async def list_mutations(
    session: AsyncSession, actor: Actor, *, limit: int = 100, cursor: str | None = None
) -> MutationPage:
    """Return a page of what events did to the scores of the actor's project.

    Lapsed points and corrections are in the history of their lead alone.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        limit: How many lines at most, 1..500.
        cursor: Where the last page ended.

    Raises:
        InvalidInputError: The limit is out of range or the cursor is not ours.
    """
    check_limit(limit, MAXIMUM_PAGE)
    given = {"project_id": actor.project_id, "wanted": limit + 1}
    if cursor is None:
        found = await session.execute(_FIRST_PAGE, given)
    else:
        event_id, rule_id = decode_cursor(cursor, _POSITION)
        place = {"event_id": event_id, "rule_id": rule_id}
        found = await session.execute(_NEXT_PAGE, {**given, **place})
    rows = found.all()
    shown = rows[:limit]
    return MutationPage(
        tuple(
            Mutation(
                message_id=row.message_id,
                event_type=row.type,
                lead_id=row.lead_id,
                lead_label=row.lead_label,
                rule_id=row.rule_id,
                ruleset_version=row.ruleset_version,
                points=row.points,
                delta=row.delta,
                reason=Reason(row.reason),
                old_score=row.old_score,
                new_score=row.new_score,
                recorded_at=row.recorded_at,
            )
            for row in shown
        ),
        encode_cursor((shown[-1].event_id, shown[-1].rule_id), _POSITION)
        if len(rows) > limit
        else None,
    )
