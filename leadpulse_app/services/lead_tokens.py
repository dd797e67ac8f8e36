"""The words that leads are found by, kept in step with what leads are called.

A root has the words of its own names and of those of the leads merged into it; a lead
that was merged away has none. Whoever writes a lead's words holds its row lock, so
that they are those of its names when the transaction commits.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import LiteralString
from uuid import UUID

import psycopg

from leadpulse_app.database import PLAN_BY_INDEX, connection_scope
from leadpulse_app.domain.search import tokens_of

LEADS_FILLED_AT_ONCE = 500

_OLDEST_LOOKED_AT = 20

_READ = """
    SELECT root.place - 1, one.name, one.email, one.company, one.anonymous_id,
        one.user_id
    FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS root (project_id, id, place)
    CROSS JOIN LATERAL (
        SELECT r.id, r.name, r.email, r.company, r.anonymous_id, r.user_id
        FROM lead AS r WHERE (r.project_id, r.id) = (root.project_id, root.id)
        UNION ALL
        SELECT m.id, m.name, m.email, m.company, m.anonymous_id, m.user_id
        FROM lead AS m WHERE (m.project_id, m.root_id) = (root.project_id, root.id)
    ) AS one
    ORDER BY root.place, one.id
"""

_KEPT = """
    SELECT root.place - 1, t.token
    FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS root (project_id, id, place)
    JOIN lead_token AS t ON (t.project_id, t.lead_id) = (root.project_id, root.id)
"""

_ADD = """
    INSERT INTO lead_token (project_id, token, lead_id)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::uuid[])
"""

_REMOVE = """
    DELETE FROM lead_token AS t
    USING unnest(%s::uuid[], %s::text[], %s::uuid[]) AS gone (project_id, token, id)
    WHERE (t.project_id, t.token, t.lead_id) = (gone.project_id, gone.token, gone.id)
"""

_FORGET = """
    DELETE FROM lead_token WHERE project_id = %s AND lead_id = ANY (%s)
"""

_LACKS_WORDS = """
    SELECT EXISTS (
        SELECT FROM (
            SELECT id FROM lead
            WHERE project_id = %(project_id)s AND root_id IS NULL AND sequence > 0
            ORDER BY project_id, id LIMIT %(looked_at)s
        ) AS oldest
        WHERE NOT EXISTS (
            SELECT FROM lead_token AS t
            WHERE (t.project_id, t.lead_id) = (%(project_id)s, oldest.id)
        )
    )
"""

_NEWEST = """
    SELECT id FROM lead
    WHERE project_id = %(project_id)s
        AND (%(before)s::uuid IS NULL OR id < %(before)s::uuid)
    ORDER BY project_id DESC, id DESC LIMIT %(limit)s
"""

_HOLD = """
    SELECT FROM lead WHERE project_id = %s AND id = ANY (%s)
    ORDER BY id FOR NO KEY UPDATE
"""

_LACKING = """
    SELECT project_id, id FROM lead
    WHERE project_id = %s AND id = ANY (%s) AND coalesce(root_id, id) = id
        AND NOT EXISTS (
            SELECT FROM lead_token AS t
            WHERE (t.project_id, t.lead_id) = (lead.project_id, lead.id)
        )
"""  # said as `root_id IS NULL`, the roots are looked for in the index of the boards


def write_tokens(
    connection: psycopg.Connection, roots: Iterable[tuple[UUID, UUID]]
) -> None:
    """Give roots the words of their names as they are now.

    Args:
        connection: Within a transaction scoped to their projects that holds the locks
            of these leads.
        roots: A project and a root of it, each.
    """
    keys = sorted(set(roots))
    if not keys:
        return
    columns = [list(column) for column in zip(*keys, strict=True)]
    kept: list[set[str]] = [set() for _ in keys]
    for place, token in connection.execute(_KEPT, columns):
        kept[place].add(token)
    added: list[tuple[UUID, str, UUID]] = []
    gone: list[tuple[UUID, str, UUID]] = []
    named = connection.execute(_READ, columns)
    for place, rows in groupby(named, key=itemgetter(0)):
        project_id, root_id = keys[place]
        # Names before ids, should there be more words than are kept.
        _, *fields = zip(*rows, strict=True)
        wanted = tokens_of(chain.from_iterable(fields))
        added += [(project_id, token, root_id) for token in wanted - kept[place]]
        gone += [(project_id, token, root_id) for token in kept[place] - wanted]
    _execute(connection, _REMOVE, gone)
    _execute(connection, _ADD, sorted(added))


def forget_tokens(
    connection: psycopg.Connection, project_id: UUID, lead_ids: Sequence[UUID]
) -> None:
    """Let leads be found no more, which others now stand for."""
    connection.execute(_FORGET, (project_id, list(lead_ids)))


def fill_missing_tokens(connection: psycopg.Connection) -> Iterator[None]:
    """Give the leads their words that were scored before leads had any.

    It goes from a project's newest lead to its oldest, so that one that has got to the
    end, which its oldest leads show, is not looked through again. It may be left off at
    any point and begun anew.

    Args:
        connection: In autocommit; each step is a transaction of its own.

    Yields:
        After each step.
    """
    # No scope shows all projects; each has a key, and keys are read without one.
    projects = connection.execute(
        "SELECT DISTINCT project_id FROM api_key ORDER BY project_id"
    ).fetchall()
    for (project_id,) in projects:
        with connection_scope(connection, [project_id]):
            lacks_words = connection.execute(
                _LACKS_WORDS,
                {"project_id": project_id, "looked_at": _OLDEST_LOOKED_AT},
            ).fetchone()
        before: UUID | None = None
        is_done = lacks_words is None or not lacks_words[0]
        while not is_done:
            with connection_scope(connection, [project_id]):
                before = _fill(connection, project_id, before)
            is_done = before is None
            yield


def _fill(
    connection: psycopg.Connection, project_id: UUID, before: UUID | None
) -> UUID | None:
    """Fill the newest leads before one, and return where to go on."""
    connection.execute(PLAN_BY_INDEX)
    looked_at = [
        lead_id
        for (lead_id,) in connection.execute(
            _NEWEST,
            {"project_id": project_id, "before": before, "limit": LEADS_FILLED_AT_ONCE},
        )
    ]
    # A statement that waits for a lock shows the rest as it was before.
    connection.execute(_HOLD, (project_id, looked_at))
    lacking = connection.execute(_LACKING, (project_id, looked_at)).fetchall()
    write_tokens(connection, lacking)
    return looked_at[-1] if len(looked_at) == LEADS_FILLED_AT_ONCE else None


def _execute(
    connection: psycopg.Connection,
    query: LiteralString,
    rows: Sequence[tuple[UUID, str, UUID]],
) -> None:
    if rows:
        connection.execute(query, [list(column) for column in zip(*rows, strict=True)])
