"""A lead's ledger as people read it: what each line did, and which rule by name."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import Row, and_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.cursor import check_limit, decode_cursor, encode_cursor
from leadpulse_app.domain.reserved import ADJUST
from leadpulse_app.domain.ruleset import Rule
from leadpulse_app.models import Event, Reason, RulesetVersion, ScoreEntry, User
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import MAXIMUM_PAGE, find_root

RuleOfVersion: TypeAlias = tuple[int, UUID]
"""A ruleset version and a rule."""

_VERSION_THAT_HAD_IT = text("""
    SELECT wanted.version, wanted.rule_id, (
        SELECT max(r.version) FROM ruleset AS r
        WHERE r.project_id = :project_id AND r.version < wanted.version
            AND r.rules @> jsonb_build_array(
                jsonb_build_object('id', wanted.rule_id::text)
            )
    ) AS had_it
    FROM unnest(CAST(:versions AS integer[]), CAST(:rule_ids AS uuid[]))
        AS wanted (version, rule_id)
""")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A line of a lead's ledger, with the names of what it points at."""

    sequence: int
    event_id: str
    """The message id of the event, which is the id its sender knows."""
    event_type: str
    rule_id: UUID | None
    rule_name: str | None
    """The rule's name then; of an adjustment, who made it and the note."""
    ruleset_version: int
    points: int
    """What the rule, or the person, gives; of a lapse, what is to be taken back."""
    delta: int
    old_score: int
    new_score: int
    reason: Reason
    occurred_at: datetime
    recorded_at: datetime
    rule: Rule | None = None
    """The rule as it was then."""
    note: str | None = None
    """Of an adjustment: why it was made."""
    adjusted_by: str | None = None
    """Of an adjustment: who made it."""


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
    newest: int | None = None,
) -> HistoryPage:
    """Return lines of a lead's ledger, newest first.

    One that was merged away is shown as the lead that it is part of.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        lead_id: Whose ledger.
        limit: How many lines at most, 1..500.
        cursor: Where the last page ended.
        newest: The line to begin at, by its number; without one, the last there is.

    Raises:
        NotFoundError: The project has no such lead.
        InvalidInputError: The limit is out of range or the cursor is not ours.
    """
    check_limit(limit, MAXIMUM_PAGE)
    root_id = await find_root(session, actor, lead_id)
    page = (
        select(
            ScoreEntry,
            col(Event.message_id),
            col(Event.type),
            col(Event.occurred_at),
            col(Event.properties),
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
    if newest is not None:
        page = page.where(col(ScoreEntry.sequence) <= newest)
    if cursor is not None:
        position = decode_cursor(cursor, _LEDGER_POSITION)
        page = page.where(col(ScoreEntry.sequence) < position)
    rows = (await session.execute(page)).all()
    shown = rows[:limit]
    rules = await find_rules(
        session,
        actor,
        {
            (entry.ruleset_version, entry.rule_id)
            for entry, *_ in shown
            if entry.rule_id is not None
        },
    )
    people = await _names_of(
        session, (row.properties for row in shown if row.type == ADJUST)
    )
    entries = tuple(_entry(row, rules, people) for row in shown)
    more = len(rows) > limit
    return HistoryPage(
        entries,
        encode_cursor(entries[-1].sequence, _LEDGER_POSITION) if more else None,
    )


async def find_rules(
    session: AsyncSession, actor: Actor, wanted: Collection[RuleOfVersion]
) -> dict[RuleOfVersion, Rule]:
    """Return rules as they were in versions, or in the last one before that had them.

    What a rule takes back is told under the version that is without it.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        wanted: Which rules, and in which versions.
    """
    found = await _read_versions(session, actor, wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        versions, rule_ids = zip(*missing, strict=True)
        rows = await session.execute(
            _VERSION_THAT_HAD_IT,
            {
                "project_id": actor.project_id,
                "versions": list(versions),
                "rule_ids": list(rule_ids),
            },
        )
        before = {
            (version, rule_id): (had_it, rule_id)
            for version, rule_id, had_it in rows
            if had_it is not None
        }
        older = await _read_versions(session, actor, before.values())
        found |= {key: older[then] for key, then in before.items()}
    return found


async def _read_versions(
    session: AsyncSession, actor: Actor, wanted: Collection[RuleOfVersion]
) -> dict[RuleOfVersion, Rule]:
    if not wanted:
        return {}
    ids = {str(rule_id) for _, rule_id in wanted}
    stored = await session.execute(
        select(col(RulesetVersion.version), col(RulesetVersion.rules)).where(
            col(RulesetVersion.project_id) == actor.project_id,
            col(RulesetVersion.version).in_(sorted({version for version, _ in wanted})),
        )
    )
    return {
        (version, UUID(each["id"])): Rule.model_validate(each)
        for version, rules in stored
        for each in rules
        if each["id"] in ids
    }


async def _names_of(
    session: AsyncSession, adjustments: Iterable[dict[str, Any]]
) -> dict[str, str]:
    ids: Sequence[UUID] = [UUID(each["by"]) for each in adjustments if "by" in each]
    if not ids:
        return {}
    found = await session.execute(
        select(col(User.id), col(User.name)).where(col(User.id).in_(ids))
    )
    return {str(user_id): name for user_id, name in found}


def _entry(
    row: Row[Any], rules: dict[RuleOfVersion, Rule], people: dict[str, str]
) -> HistoryEntry:
    entry: ScoreEntry = row[0]
    rule = (
        rules.get((entry.ruleset_version, entry.rule_id))
        if entry.rule_id is not None
        else None
    )
    name, note, person = rule.name if rule else None, None, None
    if row.type == ADJUST and entry.rule_id is None:
        note = str(row.properties.get("note", ""))
        person = people.get(str(row.properties.get("by")), "somebody who left")
        name = f"Adjusted by {person}: {note}"
    return HistoryEntry(
        sequence=entry.sequence,
        event_id=row.message_id,
        event_type=row.type,
        rule_id=entry.rule_id,
        rule_name=name,
        ruleset_version=entry.ruleset_version,
        points=entry.points,
        delta=entry.delta,
        old_score=entry.old_score,
        new_score=entry.new_score,
        reason=Reason(entry.reason),
        occurred_at=row.occurred_at,
        recorded_at=entry.recorded_at,
        rule=rule,
        note=note,
        adjusted_by=person,
    )
