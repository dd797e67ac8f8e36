"""Rules in the making, and versions that bring an older one back."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RUNTIME_ROLE = "leadpulse_runtime"

TABLES = """
ALTER TABLE ruleset ADD COLUMN restored_version integer;

CREATE TABLE ruleset_draft (
    project_id uuid PRIMARY KEY REFERENCES project,
    rules jsonb NOT NULL,
    base_version integer NOT NULL,
    updated_by uuid NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (project_id, base_version) REFERENCES ruleset
);
"""

POLICY = """
ALTER TABLE ruleset_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE ruleset_draft FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON ruleset_draft USING (project_id = ANY ((SELECT string_to_array(
    nullif(current_setting('leadpulse.projects', true), ''), ',')::uuid[])::uuid[]));
"""

GRANTS = f"GRANT SELECT, INSERT, UPDATE, DELETE ON ruleset_draft TO {RUNTIME_ROLE};"


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(POLICY)
    op.execute(GRANTS)
