"""Erasing leads, and whole projects: the one way by which history ever goes."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RUNTIME_ROLE = "leadpulse_runtime"

TABLES = f"""
CREATE TABLE erased_lead (
    project_id uuid NOT NULL REFERENCES project,
    id uuid NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, id)
);
ALTER TABLE erased_lead ENABLE ROW LEVEL SECURITY;
ALTER TABLE erased_lead FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON erased_lead USING (project_id = ANY ((SELECT string_to_array(
    nullif(current_setting('leadpulse.projects', true), ''), ',')::uuid[])::uuid[]));
GRANT SELECT ON erased_lead TO {RUNTIME_ROLE};
"""

KEEP_INGEST_OUT = """
    -- Ingest holds this lock shared while it stores events of the project.
    PERFORM pg_advisory_xact_lock(x'1eade2a5'::integer, hashtext(erased::text));
"""

IN_SCOPE = """
    IF NOT coalesce(erased = ANY (string_to_array(nullif(current_setting(
        'leadpulse.projects', true), ''), ',')::uuid[]), false) THEN
        RAISE EXCEPTION 'the project is not in the scope of the transaction'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
"""
"""Row-level security says the same, unless a superuser owns the schema."""

BY_INDEX = """
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
"""
"""Each row is looked up by its key; before there are statistics, a plan made for few
rows would read all of a project for each lead."""

ERASE_LEADS = f"""
CREATE FUNCTION erase_leads(erased uuid, root_ids uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
{BY_INDEX} AS $$
DECLARE
    whole uuid[];
    known_as text[];
    emails text[];
    stamps jsonb;
BEGIN
    {IN_SCOPE}
    -- Others lock leads before a project, and a project before what is held back.
    whole := ARRAY(
        SELECT id FROM lead
        WHERE project_id = erased AND (id = ANY (root_ids) OR root_id = ANY (root_ids))
        ORDER BY id FOR UPDATE
    );
    -- From here on, whoever remembers what a name meant looks it up again.
    UPDATE project SET identity_version = identity_version + 1 WHERE id = erased;
    {KEEP_INGEST_OUT}

    -- An event counts by the version that scored it first. Where that was while its
    -- lead was part of an erased one, the lead's own ledger has to say it from now on.
    stamps := (
        SELECT jsonb_agg(stamp) FROM (
            SELECT coalesce(origin.root_id, origin.id) AS lead_id, s.event_id,
                min(s.ruleset_version) AS version
            FROM unnest(whole) AS gone (id)
            JOIN score_entry AS s ON (s.project_id, s.lead_id) = (erased, gone.id)
            JOIN event AS e ON (e.project_id, e.id) = (erased, s.event_id)
            JOIN lead AS origin
                ON (origin.project_id, origin.id) = (erased, e.lead_id)
            WHERE e.lead_id <> ALL (whole) AND s.reason IN ('scored', 'capped',
                'clamped', 'manual', 'fit_gained', 'fit_lost')
            GROUP BY 1, 2
        ) AS stamp
    );

    SELECT array_agg(DISTINCT to_json(name)::text),
        array_agg(DISTINCT lower(name)) FILTER (WHERE name LIKE '%_@_%')
    INTO known_as, emails
    FROM (
        SELECT value AS name FROM unnest(whole) AS gone (id)
        JOIN lead_alias AS a ON (a.project_id, a.lead_id) = (erased, gone.id)
        UNION
        SELECT email FROM unnest(whole) AS gone (id)
        JOIN lead AS l ON (l.project_id, l.id) = (erased, gone.id)
        WHERE email IS NOT NULL
    ) AS names;
    -- At most a thousand are kept of a project.
    DELETE FROM rejected_event AS r WHERE r.project_id = erased AND (
        EXISTS (SELECT FROM unnest(known_as) AS name
            WHERE strpos(r.payload, name) > 0)
        OR EXISTS (SELECT FROM unnest(emails) AS email
            WHERE strpos(lower(r.payload), email) > 0)
    );

    DELETE FROM quarantined_event
    WHERE project_id = erased AND lead_id = ANY (whole);
    DELETE FROM pending WHERE project_id = erased AND lead_id = ANY (whole);
    -- Whoever links one of these finds its event gone, and then removes it.
    DELETE FROM pending_link AS p USING (
        SELECT link.event_id
        FROM unnest(whole) AS gone (id)
        JOIN event AS e ON (e.project_id, e.lead_id) = (erased, gone.id)
        JOIN pending_link AS link ON (link.project_id, link.event_id) = (erased, e.id)
        FOR UPDATE OF link SKIP LOCKED
    ) AS linked
    WHERE (p.project_id, p.event_id) = (erased, linked.event_id);
"""

OF_LEADS = (
    "set_aside",
    "next_expiry",
    "failed_job",
    "lead_token",
    "lead_tag",
    "lead_note",
    "lead_alias",
    "stage_change",
    "score_entry",
    "event",
)

ERASE_LEADS += "".join(
    f"    DELETE FROM {table} WHERE project_id = erased AND lead_id = ANY (whole);\n"
    for table in OF_LEADS
)

ERASE_LEADS += """
    DELETE FROM lead_merge WHERE project_id = erased AND lead_id = ANY (whole);
    DELETE FROM lead_merge WHERE project_id = erased AND other_id = ANY (whole);
    DELETE FROM lead WHERE project_id = erased AND id = ANY (whole);
    INSERT INTO erased_lead (project_id, id) SELECT erased, unnest(whole)
    ON CONFLICT DO NOTHING;
    WITH numbered AS (
        SELECT stamp.*, row_number() OVER (PARTITION BY lead_id ORDER BY event_id)
            AS place
        FROM jsonb_to_recordset(coalesce(stamps, '[]')) AS stamp (lead_id uuid,
            event_id bigint, version integer)
    ), stamped AS (
        INSERT INTO score_entry (project_id, lead_id, sequence, event_id, rule_id,
            ruleset_version, points, delta, reason, old_score, new_score)
        SELECT erased, lead.id, lead.sequence + place, event_id, NULL, version, 0, 0,
            'scored', lead.score, lead.score
        FROM numbered JOIN lead
            ON (lead.project_id, lead.id) = (erased, numbered.lead_id)
        RETURNING lead_id, sequence
    ), newest AS (
        SELECT lead_id, max(sequence) AS sequence FROM stamped GROUP BY lead_id
    )
    UPDATE lead SET sequence = newest.sequence FROM newest
    WHERE (lead.project_id, lead.id) = (erased, newest.lead_id);
    RETURN cardinality(root_ids);
END $$;
"""

OF_PROJECT = (
    "quarantined_event",
    "pending",
    "set_aside",
    "next_expiry",
    "failed_job",
    "lead_token",
    "lead_tag",
    "lead_note",
    "lead_alias",
    "lead_merge",
    "stage_change",
    "score_entry",
    "event",
    "lead",
)

AT_LAST = (
    "erased_lead",
    "preview",
    "rescore",
    "ruleset_draft",
    "ruleset",
    "rejected_event",
    "rejection_count",
    "api_key",
    "membership",
)

NOT_WORKED_ON = "".join(
    f"""
    DELETE FROM {table} AS p USING (
        SELECT * FROM {table} WHERE project_id = erased FOR UPDATE SKIP LOCKED
    ) AS idle WHERE (p.project_id, p.{key}) = (erased, idle.{key});
"""
    for table, key in (("pending_link", "event_id"), ("pending_preview", "id"))
)

ERASE_PROJECT = f"""
CREATE FUNCTION erase_project(erased uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    {IN_SCOPE}
    -- A rescore holds this before it waits for leads.
    DELETE FROM pending_rescore WHERE project_id = erased;
    -- What is there already goes while ingest may go on; what came meanwhile is little.
    FOR round IN 1..2 LOOP
        PERFORM FROM lead WHERE project_id = erased ORDER BY id FOR UPDATE;
        IF round = 2 THEN
            PERFORM FROM project WHERE id = erased FOR UPDATE;
            {KEEP_INGEST_OUT}
            PERFORM FROM lead WHERE project_id = erased ORDER BY id FOR UPDATE;
        END IF;
"""

ERASE_PROJECT += "".join(
    f"        DELETE FROM {table} WHERE project_id = erased;\n" for table in OF_PROJECT
)

ERASE_PROJECT += (
    f"""
    END LOOP;
    -- Whoever works on one of these finds nothing, and then removes it.
    {NOT_WORKED_ON}
"""
    + "".join(
        f"    DELETE FROM {table} WHERE project_id = erased;\n" for table in AT_LAST
    )
    + """
    DELETE FROM project WHERE id = erased;
END $$;
"""
)


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(ERASE_LEADS)
    op.execute(ERASE_PROJECT)
    for function in ("erase_leads(uuid, uuid[])", "erase_project(uuid)"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {RUNTIME_ROLE}")
