"""What the dashboard lists leads by: words, tags, owners, notes, changes of stage."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RUNTIME_ROLE = "leadpulse_runtime"

TABLES = """
ALTER TABLE project ADD COLUMN domain text;
ALTER TABLE api_key ADD COLUMN last_used_at timestamptz;

ALTER TABLE lead
    ADD COLUMN owner_id uuid,
    ADD FOREIGN KEY (project_id, owner_id) REFERENCES membership (project_id, user_id);
CREATE INDEX lead_stage ON lead (project_id, stage, score DESC, id)
    WHERE root_id IS NULL;
CREATE INDEX lead_seen ON lead (project_id, last_event_at DESC NULLS LAST, id)
    WHERE root_id IS NULL;
CREATE INDEX lead_newest ON lead (project_id, created_at DESC, id DESC)
    WHERE root_id IS NULL;
CREATE INDEX lead_owner ON lead (project_id, owner_id, score DESC, id)
    WHERE root_id IS NULL AND owner_id IS NOT NULL;

CREATE INDEX event_type ON event (project_id, type, occurred_at, id)
    INCLUDE (lead_id);

CREATE TABLE lead_token (
    project_id uuid NOT NULL,
    token text COLLATE "C" NOT NULL,
    lead_id uuid NOT NULL,
    PRIMARY KEY (project_id, token, lead_id),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead
);
CREATE INDEX lead_token_lead ON lead_token (project_id, lead_id, token);

CREATE TABLE lead_tag (
    project_id uuid NOT NULL,
    tag text COLLATE "C" NOT NULL,
    lead_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, tag, lead_id),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead
);
CREATE INDEX lead_tag_lead ON lead_tag (project_id, lead_id);

CREATE TABLE lead_note (
    project_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    author_id uuid NOT NULL REFERENCES "user",
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, id),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead
);
CREATE INDEX lead_note_lead ON lead_note (project_id, lead_id, id);

CREATE TABLE stage_change (
    project_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    lead_id uuid NOT NULL,
    old_stage text NOT NULL,
    new_stage text NOT NULL,
    score integer NOT NULL,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, id),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead
);
CREATE INDEX stage_change_stage ON stage_change (project_id, new_stage, changed_at);
CREATE INDEX stage_change_lead ON stage_change (project_id, lead_id, changed_at);
"""

SCOPED = ("lead_token", "lead_tag", "lead_note", "stage_change")

POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON {table} USING (project_id = ANY ((SELECT string_to_array(
    nullif(current_setting('leadpulse.projects', true), ''), ',')::uuid[])::uuid[]));
"""

GRANTS = f"""
GRANT SELECT, INSERT, DELETE ON lead_token, lead_tag, lead_note TO {RUNTIME_ROLE};
GRANT SELECT, INSERT ON stage_change TO {RUNTIME_ROLE};
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in SCOPED:
        op.execute(POLICY.format(table=table))
    op.execute(GRANTS)
