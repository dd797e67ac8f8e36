"""People under several names, events that are kept apart, and what was refused."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RUNTIME_ROLE = "leadpulse_runtime"

TABLES = """
ALTER TABLE project
    ADD COLUMN identity_version bigint NOT NULL DEFAULT 0,
    ADD COLUMN webhook_secret text;

ALTER TABLE event
    ADD COLUMN previous_id text,
    ADD COLUMN traits jsonb,
    DROP CONSTRAINT event_project_id_lead_id_fkey;

ALTER TABLE lead
    ADD COLUMN root_id uuid,
    ADD FOREIGN KEY (project_id, root_id) REFERENCES lead;
CREATE INDEX lead_member ON lead (project_id, root_id) WHERE root_id IS NOT NULL;
DROP INDEX lead_board;
CREATE INDEX lead_board ON lead (project_id, score DESC, id) WHERE root_id IS NULL;

CREATE TABLE lead_merge (
    project_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    other_id uuid NOT NULL,
    event_id bigint,
    merged_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    undone_by uuid,
    PRIMARY KEY (project_id, id),
    FOREIGN KEY (project_id, lead_id) REFERENCES lead,
    FOREIGN KEY (project_id, other_id) REFERENCES lead
);
CREATE UNIQUE INDEX lead_merge_edge ON lead_merge (project_id, lead_id, other_id)
    WHERE undone_at IS NULL;
CREATE INDEX lead_merge_lead ON lead_merge (project_id, lead_id);
CREATE INDEX lead_merge_other ON lead_merge (project_id, other_id);

CREATE TABLE pending_link (
    project_id uuid NOT NULL,
    event_id bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    until timestamptz,
    PRIMARY KEY (project_id, event_id)
);
CREATE INDEX pending_link_oldest ON pending_link (event_id);

CREATE TABLE quarantined_event (
    project_id uuid NOT NULL,
    event_id bigint NOT NULL,
    lead_id uuid NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (project_id, event_id)
);
CREATE INDEX quarantined_event_lead ON quarantined_event (project_id, lead_id);

CREATE TABLE rejected_event (
    project_id uuid NOT NULL REFERENCES project,
    id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    event_type text,
    payload text NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE rejection_count (
    project_id uuid NOT NULL REFERENCES project,
    day date NOT NULL,
    code text NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (project_id, day, code)
);

ALTER TABLE score_entry DROP CONSTRAINT score_entry_reason;
ALTER TABLE score_entry ADD CONSTRAINT score_entry_reason
    CHECK (reason IN ('scored', 'refolded', 'merged', 'unmerged'));
"""

TRAITS_SO_FAR = """
ALTER TABLE event NO FORCE ROW LEVEL SECURITY;
UPDATE event SET traits = jsonb_strip_nulls(jsonb_build_object(
    'email', properties -> 'email',
    'name', properties -> 'name',
    'company', properties -> 'company'
)) WHERE type = 'identify';
ALTER TABLE event FORCE ROW LEVEL SECURITY;
"""
"""The schema's owner is bound by its own policies, unless they are not forced."""

SCOPED = ("lead_merge", "quarantined_event", "rejected_event", "rejection_count")

POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON {table} USING (project_id = ANY ((SELECT string_to_array(
    nullif(current_setting('leadpulse.projects', true), ''), ',')::uuid[])::uuid[]));
"""

GRANTS = f"""
GRANT SELECT, INSERT, UPDATE (undone_at, undone_by) ON lead_merge TO {RUNTIME_ROLE};
GRANT SELECT, INSERT, UPDATE (attempts, until), DELETE ON pending_link
    TO {RUNTIME_ROLE};
GRANT SELECT, INSERT, UPDATE (events), DELETE ON rejection_count TO {RUNTIME_ROLE};
GRANT SELECT, INSERT, DELETE ON quarantined_event, rejected_event TO {RUNTIME_ROLE};
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(TRAITS_SO_FAR)
    for table in SCOPED:
        op.execute(POLICY.format(table=table))
    op.execute(GRANTS)
