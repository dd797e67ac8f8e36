"""All that is held of one person, for somebody who asks for it.

What `erasure` would take away is what is told here, but for what only repeats it: the
words that leads are found by, and what is left to be done.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.database import PLAN_BY_INDEX
from leadpulse_app.services.actors import Actor


class Part(StrEnum):
    """What a record tells of, in the order in which they come."""

    LEADS = "leads"
    """The lead, and those merged into it."""
    IDENTITIES = "identities"
    MERGES = "merges"
    """With those that were undone."""
    TAGS = "tags"
    NOTES = "notes"
    EVENTS = "events"
    LEDGER = "ledger"
    STAGE_CHANGES = "stage_changes"
    REJECTED_EVENTS = "rejected_events"
    """What could not be taken and has one of the person's names in it."""


class PersonRecord(NamedTuple):
    """Something that is held of a person."""

    part: Part
    said: Mapping[str, object]
    """As JSON carries it; the names are those of the columns."""


_PERSON = text("""
    WITH one AS MATERIALIZED (
        SELECT * FROM lead WHERE project_id = :project_id AND id = :root_id
        UNION ALL
        SELECT * FROM lead WHERE project_id = :project_id AND root_id = :root_id
    ), name AS MATERIALIZED (
        SELECT a.* FROM one
        JOIN lead_alias AS a ON (a.project_id, a.lead_id) = (:project_id, one.id)
    ), word AS MATERIALIZED (
        SELECT value AS word FROM name
        UNION
        SELECT email FROM one WHERE email IS NOT NULL
    )
    SELECT part, said FROM (
        SELECT 1, 'leads', one.created_at, 0, jsonb_build_object(
            'id', one.id, 'merged_into', one.root_id, 'anonymous_id', anonymous_id,
            'user_id', user_id, 'email', one.email, 'name', one.name,
            'company', company, 'score', score, 'stage', stage,
            'owner', owner.name, 'created_at', one.created_at)
        FROM one LEFT JOIN "user" AS owner ON owner.id = one.owner_id
        UNION ALL
        SELECT 2, 'identities', created_at, 0, to_jsonb(name) - 'project_id'
        FROM name
        UNION ALL
        SELECT 3, 'merges', m.merged_at, 0,
            to_jsonb(m) - '{project_id,event_id,undone_by}'::text[]
        FROM lead_merge AS m WHERE m.project_id = :project_id AND (
            m.lead_id IN (SELECT id FROM one) OR m.other_id IN (SELECT id FROM one))
        UNION ALL
        SELECT 4, 'tags', t.created_at, 0, to_jsonb(t) - 'project_id'
        FROM one
        JOIN lead_tag AS t ON (t.project_id, t.lead_id) = (:project_id, one.id)
        UNION ALL
        SELECT 5, 'notes', n.created_at, 0,
            to_jsonb(n) - '{project_id,author_id}'::text[]
                || jsonb_build_object('author', author.name)
        FROM one
        JOIN lead_note AS n ON (n.project_id, n.lead_id) = (:project_id, one.id)
        JOIN "user" AS author ON author.id = n.author_id
        UNION ALL
        SELECT 6, 'events', e.occurred_at, e.id,
            to_jsonb(e) - '{project_id,id}'::text[]
                || jsonb_build_object('held', q.reason)
        FROM one
        JOIN event AS e ON (e.project_id, e.lead_id) = (:project_id, one.id)
        LEFT JOIN quarantined_event AS q
            ON (q.project_id, q.event_id) = (:project_id, e.id)
        UNION ALL
        SELECT 7, 'ledger', s.recorded_at, s.sequence,
            to_jsonb(s) - '{project_id,event_id}'::text[]
                || jsonb_build_object('message_id', e.message_id)
        FROM one
        JOIN score_entry AS s ON (s.project_id, s.lead_id) = (:project_id, one.id)
        LEFT JOIN event AS e ON (e.project_id, e.id) = (:project_id, s.event_id)
        UNION ALL
        SELECT 8, 'stage_changes', c.changed_at, c.id,
            to_jsonb(c) - '{project_id,id}'::text[]
        FROM one
        JOIN stage_change AS c ON (c.project_id, c.lead_id) = (:project_id, one.id)
        UNION ALL
        SELECT 9, 'rejected_events', r.received_at, 0, to_jsonb(r) - 'project_id'
        FROM rejected_event AS r WHERE r.project_id = :project_id AND EXISTS (
            SELECT FROM word WHERE strpos(r.payload, to_json(word)::text) > 0
                OR (word LIKE '%_@_%' AND strpos(lower(r.payload), lower(word)) > 0))
    ) AS held (place, part, at, number, said)
    ORDER BY place, at, number
""")
"""One statement, so one snapshot. What could not be taken is looked for as an erasure
does; at most a thousand of a project are kept."""


async def stream_person(
    session: AsyncSession, actor: Actor, root_id: UUID, *, chunk: int = 500
) -> AsyncIterator[Sequence[PersonRecord]]:
    """Yield all that is held of a person, part by part, the oldest of each first.

    It is read through a cursor of the database, and no more than a chunk of it is in
    memory. A reader that takes longer than a minute over a chunk loses the transaction.

    Args:
        session: A transaction scoped to the actor's project, open until the end.
        actor: Who asks.
        root_id: A lead that is not merged into another.
        chunk: How many records are read at once.
    """
    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
    await session.execute(text(PLAN_BY_INDEX))
    rows = await session.stream(
        _PERSON.execution_options(max_row_buffer=chunk),
        {"project_id": actor.project_id, "root_id": root_id},
    )
    async for partition in rows.partitions(chunk):
        yield [PersonRecord(Part(part), said) for part, said in partition]
