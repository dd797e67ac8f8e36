"""Reads what the ledger says of leads, and appends what a fold adds to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from leadpulse_app.domain.fold import Change, Position, Recorded, State
from leadpulse_app.domain.memory import store_memory
from leadpulse_app.domain.reason import CORRECTIONS, Reason
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.scoring.arrays import array_text
from leadpulse_app.services.scoring.claim import LeadKey, LockedLead
from leadpulse_app.services.scoring.clock import NOW, RECORDED_AT

_INPUTS = sql.SQL("""
    SELECT root.place - 1, e.occurred_at, e.message_id, e.id, e.type, e.traits,
        e.user_id IS NOT NULL, greatest(stamp.ruleset_version, one.rescored_version)
    FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY
        AS root (project_id, lead_id, place)
    CROSS JOIN LATERAL (
        SELECT r.id, r.rescored_version FROM lead AS r
        WHERE (r.project_id, r.id) = (root.project_id, root.lead_id)
        UNION ALL
        SELECT m.id, m.rescored_version FROM lead AS m
        WHERE (m.project_id, m.root_id) = (root.project_id, root.lead_id)
    ) AS one
    JOIN event AS e
        ON (e.project_id = root.project_id) IS TRUE AND e.lead_id = one.id
    CROSS JOIN LATERAL (
        SELECT s.ruleset_version FROM score_entry AS s
        WHERE (s.project_id, s.event_id) = (e.project_id, e.id) AND s.{first}
        LIMIT 1
    ) AS stamp
""").format(
    first=sql.SQL(FIRST)
)  # wherever it was scored: a lead's events may count for another for a while

_RECORDED = """
    SELECT root.place - 1, s.event_id, s.rule_id, max(s.ruleset_version),
        sum(s.delta)::integer, bool_or(s.reason = 'expired')
    FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY
        AS root (project_id, lead_id, place)
    JOIN score_entry AS s
        ON (s.project_id, s.lead_id) = (root.project_id, root.lead_id)
    GROUP BY root.place, s.event_id, s.rule_id
"""

_APPEND = sql.SQL("""
    INSERT INTO score_entry (project_id, lead_id, sequence, event_id, rule_id,
        ruleset_version, points, delta, reason, old_score, new_score, recorded_at)
    SELECT entry.*, {recorded_at}
    FROM unnest(%s::uuid[], %s::uuid[], %s::integer[], %s::bigint[],
        %s::uuid[], %s::integer[], %s::integer[], %s::integer[], %s::text[],
        %s::integer[], %s::integer[]) AS entry
""").format(recorded_at=RECORDED_AT)

_UPDATE = """
    UPDATE lead SET score = n.score, stage = n.stage, sequence = n.sequence,
        last_event_at = n.last_event_at, last_message_id = n.last_message_id,
        email = n.email, name = n.name, company = n.company, memory = n.memory,
        last_expiry_at = n.last_expiry_at
    FROM unnest(%s::uuid[], %s::uuid[], %s::integer[], %s::text[], %s::integer[],
        %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[],
        %s::timestamptz[])
        AS n (project_id, id, score, stage, sequence, last_event_at, last_message_id,
            email, name, company, memory, last_expiry_at)
    WHERE (lead.project_id, lead.id) = (n.project_id, n.id)
"""

_CHANGE_STAGE = sql.SQL("""
    INSERT INTO stage_change (project_id, lead_id, old_stage, new_stage, score, reason,
        changed_at)
    SELECT project_id, lead_id, old_stage, new_stage, score, reason,
        coalesce(least(changed_at, {now}), {now})
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::integer[],
        %s::text[], %s::timestamptz[]) AS changed (project_id, lead_id, old_stage,
            new_stage, score, reason, changed_at)
""").format(now=NOW)

_EXPIRE_LATER = """
    INSERT INTO next_expiry (project_id, lead_id, due_at)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[])
    ON CONFLICT (project_id, lead_id) DO UPDATE SET due_at = excluded.due_at
"""

_EXPIRE_NEVER = """
    DELETE FROM next_expiry AS n USING unnest(%s::uuid[], %s::uuid[])
        AS lead (project_id, id)
    WHERE (n.project_id, n.lead_id) = (lead.project_id, lead.id)
"""

_PROPERTIES = """
    SELECT e.id, e.properties FROM unnest(%s::uuid[], %s::bigint[])
        AS wanted (project_id, id)
    JOIN event AS e
        ON (e.project_id = wanted.project_id) IS TRUE AND e.id = wanted.id
"""


class ScoredEvent(NamedTuple):
    """An event that was scored before."""

    position: Position
    id: int
    type: str
    traits: dict[str, object] | None
    has_user_id: bool
    ruleset_version: int
    """The one that it counts by."""


@dataclass(slots=True)
class History:
    """What was scored so far, and what the ledger says each rule gave for it."""

    events: list[ScoredEvent] = field(default_factory=list)
    recorded: dict[tuple[int, UUID | None], Recorded] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoredLead:
    """What a fold adds to a lead's ledger, and where it leaves the lead."""

    lead: LockedLead
    changes: Sequence[Change]
    state: State
    stage: Stage
    position: Position | None
    last_expiry: datetime | None
    next_expiry: datetime | None

    @property
    def is_renamed(self) -> bool:
        """Whether its email, name or company changed."""
        return self.state.fields != self.lead.state.fields


def read_history(
    connection: psycopg.Connection, leads: Sequence[LockedLead]
) -> dict[LeadKey, History]:
    """Return the histories of roots, with the events of those merged into them."""
    if not leads:
        return {}
    histories = [History() for _ in leads]
    parameters = (
        [lead.project_id for lead in leads],
        [lead.id for lead in leads],
    )
    with connection.cursor(binary=True) as cursor:
        for row in cursor.execute(_INPUTS, parameters):
            place, occurred_at, message_id, *others = row
            position = Position(occurred_at, message_id)
            histories[place].events.append(ScoredEvent(position, *others))
        for row in cursor.execute(_RECORDED, parameters):
            place, event_id, rule_id, *recorded = row
            histories[place].recorded[event_id, rule_id] = Recorded(*recorded)
    return {lead.key: read for lead, read in zip(leads, histories, strict=True)}


def write_scores(
    connection: psycopg.Connection,
    scored: Sequence[ScoredLead],
    *,
    cause: Reason = Reason.REFOLDED,
) -> None:
    """Append to the ledger, and repeat its newest entries on the leads.

    Args:
        connection: Within the transaction that locked the leads.
        scored: The leads with their changes.
        cause: Why the events that were scored before changed.
    """
    entries = []
    updates = []
    for item in scored:
        lead = item.lead
        project_id, lead_id = str(lead.project_id), str(lead.id)
        sequence, score = lead.sequence, lead.state.score
        for step, delta, reason in item.changes:
            sequence += 1
            entries.append(
                (
                    project_id,
                    lead_id,
                    sequence,
                    step.event_id,
                    step.rule_id or "NULL",
                    step.ruleset_version,
                    step.points,
                    delta,
                    reason or cause,
                    score,
                    score + delta,
                )
            )
            score += delta
        memory = store_memory(item.state)
        updates.append(
            (
                lead.project_id,
                lead.id,
                score,
                item.stage,
                sequence,
                *(item.position or (None, None)),
                *item.state.fields,
                memory and Jsonb(memory),
                item.last_expiry,
            )
        )
    if entries:
        connection.execute(
            _APPEND, [array_text(column) for column in zip(*entries, strict=True)]
        )
    connection.execute(_UPDATE, list(map(list, zip(*updates, strict=True))))
    _plan_expiry(connection, scored)
    _tell_stages(connection, scored, cause)


def read_properties(
    connection: psycopg.Connection, wanted: Sequence[tuple[UUID, int]]
) -> dict[int, dict[str, object]]:
    """Return the properties of events, by event id.

    Args:
        connection: Within a transaction scoped to their projects.
        wanted: A project and an event of it, each.
    """
    if not wanted:
        return {}
    project_ids, event_ids = zip(*wanted, strict=True)
    return dict(
        connection.execute(_PROPERTIES, (list(project_ids), list(event_ids))).fetchall()
    )


def _tell_stages(
    connection: psycopg.Connection, scored: Sequence[ScoredLead], cause: Reason
) -> None:
    """Note which leads changed stage, and when what they changed by happened."""
    changed = []
    for item in scored:
        if item.stage == item.lead.stage:
            continue
        reason = (item.changes[-1].reason if item.changes else None) or cause
        happened = item.position.occurred_at if item.position else None
        if reason is Reason.EXPIRED:
            happened = item.last_expiry
        elif reason in CORRECTIONS:
            happened = None
        changed.append(
            (
                *item.lead.key,
                item.lead.stage,
                item.stage,
                item.state.score,
                reason,
                happened,
            )
        )
    if changed:
        connection.execute(_CHANGE_STAGE, list(map(list, zip(*changed, strict=True))))


def _plan_expiry(connection: psycopg.Connection, scored: Sequence[ScoredLead]) -> None:
    changed = [item for item in scored if item.next_expiry != item.lead.next_expiry]
    later = [(*item.lead.key, item.next_expiry) for item in changed if item.next_expiry]
    never = [item.lead.key for item in changed if item.next_expiry is None]
    for query, rows in ((_EXPIRE_LATER, later), (_EXPIRE_NEVER, never)):
        if rows:
            connection.execute(query, list(map(list, zip(*rows, strict=True))))
