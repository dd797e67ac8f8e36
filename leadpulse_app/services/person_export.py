"""All that is held of one person, for somebody who asks for it.

What `erasure` would take away is what is told here, but for what only repeats it: the
words that leads are found by, and what is left to be done.
"""

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, TextClause, text
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
    REJECTED_EVENTS = "rejected_events"
    """What could not be taken and has one of the person's names in it."""
    EVENTS = "events"
    LEDGER = "ledger"
    STAGE_CHANGES = "stage_changes"


class PersonRecord(NamedTuple):
    """Something that is held of a person."""

    part: Part
    said: dict[str, object]
    """As JSON carries it; the names are those of the columns."""


_LEADS = text("""
    SELECT id FROM lead WHERE project_id = :project_id AND id = :root_id
    UNION ALL
    SELECT id FROM lead WHERE project_id = :project_id AND root_id = :root_id
    ORDER BY id
""")

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
        SELECT 1, 'leads', one.created_at, jsonb_build_object(
            'id', one.id, 'merged_into', one.root_id, 'anonymous_id', anonymous_id,
            'user_id', user_id, 'email', one.email, 'name', one.name,
            'company', company, 'score', score, 'stage', stage,
            'owner', owner.name, 'created_at', one.created_at)
        FROM one LEFT JOIN "user" AS owner ON owner.id = one.owner_id
        UNION ALL
        SELECT 2, 'identities', created_at, to_jsonb(name) - 'project_id'
        FROM name
        UNION ALL
        SELECT 3, 'merges', m.merged_at,
            to_jsonb(m) - '{project_id,event_id,undone_by}'::text[]
        FROM (
            SELECT m.* FROM one
            JOIN lead_merge AS m ON (m.project_id, m.lead_id) = (:project_id, one.id)
            UNION
            SELECT m.* FROM one
            JOIN lead_merge AS m ON (m.project_id, m.other_id) = (:project_id, one.id)
        ) AS m
        UNION ALL
        SELECT 4, 'tags', t.created_at, to_jsonb(t) - 'project_id'
        FROM one
        JOIN lead_tag AS t ON (t.project_id, t.lead_id) = (:project_id, one.id)
        UNION ALL
        SELECT 5, 'notes', n.created_at,
            to_jsonb(n) - '{project_id,author_id}'::text[]
                || jsonb_build_object('author', author.name)
        FROM one
        JOIN lead_note AS n ON (n.project_id, n.lead_id) = (:project_id, one.id)
        JOIN "user" AS author ON author.id = n.author_id
        UNION ALL
        SELECT 6, 'rejected_events', r.received_at, to_jsonb(r) - 'project_id'
        FROM rejected_event AS r WHERE r.project_id = :project_id AND EXISTS (
            SELECT FROM word
            WHERE (length(word) >= 8 AND strpos(r.payload, to_json(word)::text) > 0)
                OR (word LIKE '%_@_%' AND strpos(lower(r.payload), lower(word)) > 0))
    ) AS held (place, part, at, said)
    ORDER BY place, at
""")
"""What could not be taken is looked for by the names that are in it; at most a thousand
of a project are kept. An id that is short, as "42", may stand in it for anything, and
the file is not to tell of others."""

_OF_LEAD = {
    Part.EVENTS: text("""
        SELECT to_jsonb(e) - '{project_id,id}'::text[] || jsonb_build_object('held', (
            SELECT q.reason FROM quarantined_event AS q
            WHERE (q.project_id = :project_id) IS TRUE AND q.event_id = e.id
        )) AS said
        FROM event AS e WHERE e.project_id = :project_id AND e.lead_id = :lead_id
        ORDER BY e.occurred_at, e.message_id
    """),
    Part.LEDGER: text("""
        SELECT to_jsonb(s) - '{project_id,event_id}'::text[]
            || jsonb_build_object('message_id', (
                SELECT e.message_id FROM event AS e
                WHERE (e.project_id = :project_id) IS TRUE AND e.id = s.event_id
            )) AS said
        FROM score_entry AS s WHERE s.project_id = :project_id AND s.lead_id = :lead_id
        ORDER BY s.sequence
    """),
    Part.STAGE_CHANGES: text("""
        SELECT to_jsonb(c) - '{project_id,id}'::text[] AS said
        FROM stage_change AS c WHERE c.project_id = :project_id AND c.lead_id = :lead_id
        ORDER BY c.changed_at
    """),
}
"""Each along an index, however much there is. A project that is compared behind IS TRUE
is not taken for as good as a key: its policy's condition is enough for the index."""


async def stream_person(
    session: AsyncSession, actor: Actor, root_id: UUID, *, chunk: int = 500
) -> AsyncIterator[Sequence[PersonRecord]]:
    """Yield all that is held of a person, part by part, and within it lead by lead.

    It is read through cursors of the database, and no more than a chunk of it is in
    memory. A reader that takes longer than a minute over a chunk loses the transaction.

    Args:
        session: A transaction scoped to the actor's project, best of one snapshot, and
            open until the end.
        actor: Who asks.
        root_id: A lead that is not merged into another.
        chunk: How many records are read at once.
    """
    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
    await session.execute(text(PLAN_BY_INDEX))
    of_person = {"project_id": actor.project_id, "root_id": root_id}
    async for rows in _chunks(session, _PERSON, of_person, chunk):
        yield [PersonRecord(Part(row.part), row.said) for row in rows]
    lead_ids = (await session.scalars(_LEADS, of_person)).all()
    for part, of_lead in _OF_LEAD.items():
        for lead_id in lead_ids:
            given = {"project_id": actor.project_id, "lead_id": lead_id}
            async for rows in _chunks(session, of_lead, given, chunk):
                yield [PersonRecord(part, row.said) for row in rows]


async def _chunks(
    session: AsyncSession, query: TextClause, given: dict[str, UUID], chunk: int
) -> AsyncIterator[Sequence[Row[Any]]]:
    rows = await session.stream(query.execution_options(max_row_buffer=chunk), given)
    async for partition in rows.partitions(chunk):
        yield partition
