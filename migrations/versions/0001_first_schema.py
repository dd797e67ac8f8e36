"""The first schema: tenants, leads, events, rulesets and the ledger."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

RUNTIME_ROLE = "leadpulse_runtime"

TABLES = """
CREATE TABLE project (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    time_zone text NOT NULL DEFAULT 'UTC',
    active boolean NOT NULL DEFAULT true,
    ruleset_version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_key (
    project_id uuid NOT NULL REFERENCES project,
    id uuid NOT NULL,
    key text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE "user" (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_email_lower CHECK (email = lower(email))
);

CREATE TABLE membership (
    project_id uuid NOT NULL REFERENCES project,
    user_id uuid NOT NULL REFERENCES "user",
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, user_id),
    CONSTRAINT membership_role CHECK (role IN ('admin', 'member'))
);
CREATE INDEX membership_user ON membership (user_id);

CREATE TABLE session (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES "user",
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE lead (
    project_id uuid NOT NULL REFERENCES project,
    id uuid NOT NULL,
    anonymous_id text,
    user_id text,
    email text,
    name text,
    company text,
    score integer NOT NULL DEFAULT 0,
    stage text NOT NULL DEFAULT 'cold',
    sequence integer NOT NULL DEFAULT 0,
    last_event_at timestamptz,
    last_message_id text COLLATE "C",
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, id),
    CONSTRAINT lead_score_range CHECK (score BETWEEN 0 AND 10000),
    CONSTRAINT lead_stage CHECK (stage IN ('cold', 'warm', 'hot', 'qualified'))
) WITH (fillfactor = 85);
CREATE INDEX lead_board ON lead (project_id, score DESC, id);

CREATE TABLE lead_alias (
    project_id uuid NOT NULL,
    kind text NOT NULL,
    value text COLLATE "C" NOT NULL,
    lead_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, kind, value),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT lead_alias_kind CHECK (kind IN ('user', 'anonymous', 'email'))
);
CREATE INDEX lead_alias_lead ON lead_alias (project_id, lead_id);

CREATE TABLE event (
    project_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    lead_id uuid NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    type text NOT NULL,
    anonymous_id text,
    user_id text,
    session_id text,
    properties jsonb NOT NULL,
    timestamp timestamptz,
    sent_at timestamptz,
    received_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, id),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead
);
CREATE UNIQUE INDEX event_message ON event (project_id, message_id);
CREATE INDEX event_fold ON event (project_id, lead_id, occurred_at, message_id);

CREATE TABLE pending (
    project_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    event_id bigint NOT NULL,
    PRIMARY KEY (project_id, lead_id, event_id)
);
CREATE INDEX pending_oldest ON pending (event_id);

CREATE TABLE set_aside (
    project_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    until timestamptz,
    PRIMARY KEY (project_id, lead_id)
);

CREATE TABLE failed_job (
    project_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    attempts integer NOT NULL,
    error text NOT NULL,
    failed_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, lead_id),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead
);

CREATE TABLE ruleset (
    project_id uuid NOT NULL REFERENCES project,
    version integer NOT NULL,
    rules jsonb NOT NULL,
    published_by uuid,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, version)
);

CREATE TABLE score_entry (
    project_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    sequence integer NOT NULL,
    event_id bigint NOT NULL,
    rule_id uuid,
    ruleset_version integer NOT NULL,
    points integer NOT NULL,
    delta integer NOT NULL,
    reason text NOT NULL,
    old_score integer NOT NULL,
    new_score integer NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, lead_id, sequence),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead,
    CONSTRAINT score_entry_sum CHECK (new_score = old_score + delta),
    CONSTRAINT score_entry_reason CHECK (reason IN ('scored', 'refolded'))
);
CREATE UNIQUE INDEX score_entry_once ON score_entry (project_id, event_id, rule_id)
    NULLS NOT DISTINCT WHERE reason = 'scored';
"""

PROJECT_COLUMN = {
    "project": "id",
    "lead": "project_id",
    "lead_alias": "project_id",
    "event": "project_id",
    "failed_job": "project_id",
    "ruleset": "project_id",
    "score_entry": "project_id",
}
"""The tables that only a scoped transaction may touch, and what the scope names.

The others hold ids and times alone, or what has to be known before a project is.
"""

POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON {table} USING ({column} = ANY ((SELECT string_to_array(
    nullif(current_setting('leadpulse.projects', true), ''), ',')::uuid[])::uuid[]));
"""

ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{RUNTIME_ROLE}') THEN
        CREATE ROLE {RUNTIME_ROLE} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- another database of the same server was migrated meanwhile
END $$;
DO $$ BEGIN
    IF NOT pg_has_role(current_user, '{RUNTIME_ROLE}', CASE
        WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET'
        ELSE 'MEMBER'
    END) THEN
        GRANT {RUNTIME_ROLE} TO CURRENT_USER;
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO {RUNTIME_ROLE};
"""

GRANTS = f"""
GRANT SELECT, INSERT, UPDATE ON project, api_key, "user", membership, session, lead,
    lead_alias TO {RUNTIME_ROLE};
GRANT SELECT, INSERT ON event, ruleset, score_entry TO {RUNTIME_ROLE};
GRANT SELECT, INSERT, DELETE ON pending TO {RUNTIME_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON set_aside, failed_job TO {RUNTIME_ROLE};
GRANT SELECT ON alembic_version TO {RUNTIME_ROLE};
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table, column in PROJECT_COLUMN.items():
        op.execute(POLICY.format(table=table, column=column))
    op.execute(ROLE)
    op.execute(GRANTS)
