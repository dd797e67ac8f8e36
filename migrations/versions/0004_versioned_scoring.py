"""Rules that count, hold and lapse, versions applied to the past, and previews."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RUNTIME_ROLE = "leadpulse_runtime"

TABLES = """
ALTER TABLE ruleset ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
ALTER TABLE ruleset_draft ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';

ALTER TABLE lead
    ADD COLUMN memory jsonb,
    ADD COLUMN last_expiry_at timestamptz,
    ADD COLUMN rescored_version integer NOT NULL DEFAULT 0;

CREATE TABLE next_expiry (
    project_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, lead_id)
);
CREATE INDEX next_expiry_due ON next_expiry (due_at);

ALTER TABLE score_entry
    ALTER COLUMN recorded_at SET DEFAULT statement_timestamp(),
    DROP CONSTRAINT score_entry_reason,
    ADD CONSTRAINT score_entry_reason CHECK (reason IN ('scored', 'capped', 'clamped',
        'manual', 'fit_gained', 'fit_lost', 'expired', 'refolded', 'rescored',
        'merged', 'unmerged'));
DROP INDEX score_entry_once;
CREATE UNIQUE INDEX score_entry_once ON score_entry (project_id, event_id, rule_id)
    NULLS NOT DISTINCT WHERE reason IN ('scored', 'capped', 'clamped', 'manual',
        'fit_gained', 'fit_lost');

CREATE TABLE rescore (
    project_id uuid NOT NULL,
    version integer NOT NULL,
    started_by uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    last_lead_id uuid,
    leads integer NOT NULL DEFAULT 0,
    all_leads integer NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    finished_at timestamptz,
    PRIMARY KEY (project_id, version),
    FOREIGN KEY (project_id, version) REFERENCES ruleset
);

CREATE TABLE pending_rescore (
    project_id uuid PRIMARY KEY,
    version integer NOT NULL
);

CREATE TABLE preview (
    project_id uuid NOT NULL REFERENCES project,
    id uuid NOT NULL,
    rules jsonb NOT NULL,
    settings jsonb NOT NULL,
    base_version integer NOT NULL,
    started_by uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    leads integer NOT NULL DEFAULT 0,
    all_leads integer NOT NULL DEFAULT 0,
    finished_at timestamptz,
    error text,
    result jsonb,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE pending_preview (
    project_id uuid NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (project_id, id)
);
"""

POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON {table} USING (project_id = ANY ((SELECT string_to_array(
    nullif(current_setting('leadpulse.projects', true), ''), ',')::uuid[])::uuid[]));
"""

GRANTS = f"""
GRANT SELECT, INSERT, UPDATE ON rescore TO {RUNTIME_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON next_expiry, pending_rescore, preview,
    pending_preview TO {RUNTIME_ROLE};
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("rescore", "preview"):
        op.execute(POLICY.format(table=table))
    op.execute(GRANTS)
