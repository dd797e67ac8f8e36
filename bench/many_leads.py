"""A project with as many leads and events as wanted, stored by SQL.

It is left as scoring would have left it, and its leads are called something.
"""

from uuid import UUID

import psycopg

from bench.backlog import add_leads

EVENTS_PER_LEAD = 5

_EVENTS = """
    INSERT INTO event (project_id, lead_id, message_id, type, anonymous_id, session_id,
        properties, received_at, occurred_at)
    SELECT project_id, id, gen_random_uuid(), (ARRAY['page_view', 'email_open',
            'pricing_page_visit', 'download', 'ping'])[1 + (number + %(day)s * 3) %% 5],
        anonymous_id, 'session of ' || anonymous_id, jsonb_build_object(
            'path', '/products/' || number %% 500,
            'url', 'https://shop.example/products/' || number %% 500,
            'title', 'Product ' || number %% 500,
            'referrer', 'https://shop.example/'), at, at
    FROM (
        SELECT *, now() - interval '30 days' + %(day)s * interval '1 day'
            + number * interval '10 milliseconds' AS at
        FROM (
            SELECT *, substr(anonymous_id, 9)::integer AS number FROM lead
            WHERE project_id = %(project)s
        ) AS numbered
    ) AS visitor
    ORDER BY at
"""

_LEDGER = """
    INSERT INTO score_entry (project_id, lead_id, sequence, event_id, rule_id,
        ruleset_version, points, delta, reason, old_score, new_score)
    SELECT %(project)s, lead_id, row_number() OVER folded, event.id, rule.id, 1, points,
        points, 'scored', sum(points) OVER folded - points, sum(points) OVER folded
    FROM event
    JOIN (
        SELECT (stored ->> 'id')::uuid AS id, stored ->> 'event_type' AS type,
            (stored ->> 'points')::integer AS points
        FROM ruleset, jsonb_array_elements(rules) AS stored
        WHERE (project_id, version) = (%(project)s, 1)
        UNION ALL
        SELECT NULL, 'ping', 0
    ) AS rule USING (type)
    WHERE project_id = %(project)s
    WINDOW folded AS (
        PARTITION BY lead_id ORDER BY occurred_at, message_id
        ROWS UNBOUNDED PRECEDING
    )
"""

_SCORES = """
    UPDATE lead SET score = newest.new_score, sequence = newest.sequence,
        stage = CASE WHEN newest.new_score >= 60 THEN 'qualified'
            WHEN newest.new_score >= 31 THEN 'hot'
            WHEN newest.new_score >= 11 THEN 'warm' ELSE 'cold' END,
        last_event_at = event.occurred_at, last_message_id = event.message_id
    FROM score_entry AS newest
    JOIN event ON (event.project_id, event.id) = (newest.project_id, newest.event_id)
    WHERE (lead.project_id, lead.id) = (newest.project_id, newest.lead_id)
        AND (newest.project_id, newest.sequence) = (%(project)s, %(events)s)
"""


_NAMES = """
    UPDATE lead SET name = 'First' || number % 1000 || ' Last' || number % 30000,
        email = 'person' || number || '@company' || number % 5000 || '.example',
        company = 'Company ' || number % 5000,
        owner_id = CASE WHEN number % 200 = 7 THEN %(owner)s::uuid END,
        created_at = now() - number % 400 * interval '1 day' - number * interval '1 ms',
        score = number % 100, stage = CASE WHEN number % 100 >= 60 THEN 'qualified'
            WHEN number % 100 >= 31 THEN 'hot' WHEN number % 100 >= 11 THEN 'warm'
            ELSE 'cold' END,
        last_event_at = now() - number % 60 * interval '1 day'
    FROM (
        SELECT id, substr(anonymous_id, 9)::integer AS number FROM lead
        WHERE project_id = %(project)s
    ) AS numbered
    WHERE project_id = %(project)s AND lead.id = numbered.id
""".replace("%", "%%").replace("%%(", "%(")

_TOKENS = """
    INSERT INTO lead_token (project_id, token, lead_id)
    SELECT DISTINCT project_id, token, id
    FROM lead, regexp_split_to_table(
        lower(concat_ws(' ', name, email, company, anonymous_id)), '[^a-z0-9]+'
    ) AS token
    WHERE project_id = %(project)s AND token <> ''
    ORDER BY 1, 2, 3
"""

_TAGS = """
    INSERT INTO lead_tag (project_id, tag, lead_id)
    SELECT project_id, tag, id
    FROM (
        SELECT project_id, id, substr(anonymous_id, 9)::integer AS number FROM lead
        WHERE project_id = %(project)s
    ) AS numbered
    JOIN (VALUES ('vip', 1000), ('event', 50), ('newsletter', 5)) AS kind (tag, one_of)
        ON number %% one_of = 0
"""


def fill(connection: psycopg.Connection, project_id: str, leads: int) -> None:
    """Store leads with five scored events each, as scoring would have left them."""
    given = {"project": project_id, "events": EVENTS_PER_LEAD}
    add_leads(connection, project_id, leads)
    for day in range(EVENTS_PER_LEAD):
        connection.execute(_EVENTS, {**given, "day": day})
    connection.execute("ANALYZE")
    connection.execute(_LEDGER, given)
    connection.execute("ANALYZE score_entry")
    connection.execute(_SCORES, given)
    connection.execute("VACUUM ANALYZE")


def describe(connection: psycopg.Connection, project_id: str, owner_id: UUID) -> None:
    """Give the leads of a project names, words, tags, owners and scores of all kinds.

    Their ledger knows nothing of it.
    """
    given = {"project": project_id, "owner": owner_id}
    for statement in (_NAMES, _TOKENS, _TAGS):
        connection.execute(statement, given)
    connection.execute("VACUUM ANALYZE")
