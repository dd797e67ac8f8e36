"""A lead's ledger as people read it: what each line did, and which rule by name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.cursor import decode_cursor, encode_cursor
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.models import Event, Reason, ScoreEntry
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import MAXIMUM_PAGE, find_root
from leadpulse_app.services.rulesets import rule_names


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A line of a lead's ledger, with the names of what it points at."""

    sequence: int
    event_id: str
    """The message id of the event, which is the id its sender knows."""
    event_type: str
    rule_id: UUID | None
    rule_name: str | None
    ruleset_version: int
    points: int
    delta: int
    old_score: int
    new_score: int
    reason: Reason
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some lines of a ledger, newest first."""

    entries: tuple[HistoryEntry, ...]
    next_cursor: str | None


_LEDGER_POSITION: TypeAdapter[int] = TypeAdapter(
    Annotated[int, Field(ge=0, le=2**31 - 1)]
)


async def list_history(
    session: AsyncSession,
    actor: Actor,
    lead_id: UUID,
    *,
    limit: int = 50,
    cursor: str | None = None,
) -> HistoryPage:
    """Return lines of a lead's ledger, newest first.

    One that was merged away is shown as the lead that it is part of.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        lead_id: Whose ledger.
        limit: How many lines at most, 1..500.
        cursor: Where the last page ended.

    Raises:
        NotFoundError: The project has no such lead.
        InvalidInputError: The limit is out of range or the cursor is not ours.
    """
    if not 1 <= limit <= MAXIMUM_PAGE:
        message = f"The limit has to be within 1 and {MAXIMUM_PAGE}"
        raise InvalidInputError(message, details={"limit": message})
    root_id = await find_root(session, actor, lead_id)
    page = (
        select(
            ScoreEntry, col(Event.message_id), col(Event.type), col(Event.occurred_at)
        )
        .join(
            Event,
            and_(
                col(Event.project_id) == col(ScoreEntry.project_id),
                col(Event.id) == col(ScoreEntry.event_id),
            ),
        )
        .where(
            col(ScoreEntry.project_id) == actor.project_id,
            col(ScoreEntry.lead_id) == root_id,
        )
        .order_by(col(ScoreEntry.sequence).desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        position = decode_cursor(cursor, _LEDGER_POSITION)
        page = page.where(col(ScoreEntry.sequence) < position)
    rows = (await session.execute(page)).all()
    shown = rows[:limit]
    names = await rule_names(
        session, actor, (entry.ruleset_version for entry, *_ in shown)
    )
    entries = tuple(
        HistoryEntry(
            sequence=entry.sequence,
            event_id=message_id,
            event_type=event_type,
            rule_id=entry.rule_id,
            rule_name=(
                names.get((entry.ruleset_version, entry.rule_id))
                if entry.rule_id
                else None
            ),
            ruleset_version=entry.ruleset_version,
            points=entry.points,
            delta=entry.delta,
            old_score=entry.old_score,
            new_score=entry.new_score,
            reason=Reason(entry.reason),
            occurred_at=occurred_at,
            recorded_at=entry.recorded_at,
        )
        for entry, message_id, event_type, occurred_at in shown
    )
    more = len(rows) > limit
    return HistoryPage(
        entries,
        encode_cursor(entries[-1].sequence, _LEDGER_POSITION) if more else None,
    )
