"""Reads what the ledger says of leads, and appends what a fold adds to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from leadpulse_app.domain.fold import (
    Change,
    Fields,
    Position,
)
from leadpulse_app.domain.stage import stage_of
from leadpulse_app.models.ledger import Reason
from leadpulse_app.services.scoring.claim import ClaimedEvent, LeadKey, LockedLead

_HISTORY = """
    SELECT recorded.place - 1, e.occurred_at, e.message_id, e.id, e.type,
        e.traits,
        recorded.ruleset_version, recorded.rule_id, recorded.delta
    FROM (
        SELECT late.place, s.project_id, s.event_id, s.rule_id, s.ruleset_version,
            sum(s.delta)::integer AS delta
        FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY
            AS late (project_id, lead_id, place)
        JOIN score_entry AS s
            ON (s.project_id, s.lead_id) = (late.project_id, late.lead_id)
        GROUP BY late.place, s.project_id, s.event_id, s.rule_id, s.ruleset_version
    ) AS recorded
    JOIN event AS e ON (e.project_id, e.id) = (recorded.project_id, recorded.event_id)
"""

_APPEND = """
    INSERT INTO score_entry (project_id, lead_id, sequence, event_id, rule_id,
        ruleset_version, points, delta, reason, old_score, new_score)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::integer[], %s::bigint[],
        %s::uuid[], %s::integer[], %s::integer[], %s::integer[], %s::text[],
        %s::integer[], %s::integer[])
"""

_UPDATE = """
    UPDATE lead SET score = n.score, stage = n.stage, sequence = n.sequence,
        last_event_at = n.last_event_at, last_message_id = n.last_message_id,
        email = n.email, name = n.name, company = n.company
    FROM unnest(%s::uuid[], %s::uuid[], %s::integer[], %s::text[], %s::integer[],
        %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS n (project_id, id, score, stage, sequence, last_event_at, last_message_id,
            email, name, company)
    WHERE (lead.project_id, lead.id) = (n.project_id, n.id)
"""


@dataclass(slots=True)
class History:
    """The inputs folded so far, with their versions, and what each rule gave."""

    inputs: dict[int, tuple[ClaimedEvent, int]] = field(default_factory=dict)
    deltas: dict[tuple[int, UUID | None], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoredLead:
    """What a fold adds to a lead's ledger, and where it leaves the lead."""

    lead: LockedLead
    changes: Sequence[Change]
    fields: Fields
    position: Position
    events: int
    """How many events were scored."""


def read_history(
    connection: psycopg.Connection, leads: Sequence[LockedLead]
) -> dict[LeadKey, History]:
    """Return the histories of leads."""
    if not leads:
        return {}
    histories = [History() for _ in leads]
    parameters = (
        [lead.project_id for lead in leads],
        [lead.id for lead in leads],
    )
    with connection.cursor(binary=True) as cursor:
        for row in cursor.execute(_HISTORY, parameters):
            place, occurred_at, message_id, event_id, type_, traits = row[:6]
            version, rule_id, delta = row[6:]
            history = histories[place]
            history.deltas[event_id, rule_id] = delta
            if event_id not in history.inputs:
                event = ClaimedEvent(
                    Position(occurred_at, message_id), event_id, type_, traits
                )
                history.inputs[event_id] = (event, version)
    return {lead.key: read for lead, read in zip(leads, histories, strict=True)}


def write_scores(connection: psycopg.Connection, scored: Sequence[ScoredLead]) -> None:
    """Append to the ledger, and repeat its newest entries on the leads.

    Args:
        connection: Within the transaction that locked the leads.
        scored: The leads with their changes, at least one each.
    """
    entries = []
    updates = []
    for item in scored:
        lead = item.lead
        project_id, lead_id = str(lead.project_id), str(lead.id)
        sequence, score = lead.sequence, lead.state.score
        for step, delta, is_new in item.changes:
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
                    Reason.SCORED if is_new else Reason.REFOLDED,
                    score,
                    score + delta,
                )
            )
            score += delta
        updates.append(
            (
                lead.project_id,
                lead.id,
                score,
                stage_of(score),
                sequence,
                *item.position,
                *item.fields,
            )
        )
    connection.execute(
        _APPEND, [_array(column) for column in zip(*entries, strict=True)]
    )
    connection.execute(_UPDATE, list(map(list, zip(*updates, strict=True))))


def _array(values: Iterable[object]) -> str:
    # For values that need no quoting; psycopg looks at each one and takes three times
    # as long.
    return f"{{{','.join(map(str, values))}}}"
