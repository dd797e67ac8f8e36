"""What the migrations leave in Postgres is what the models and the rules say."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

import leadpulse_app.models  # noqa: F401  (registers the tables)
from leadpulse_app.database import RUNTIME_ROLE, database_url, sqlalchemy_url

IDS_ALONE = {
    "api_key",
    "membership",
    "next_expiry",
    "pending",
    "pending_link",
    "pending_preview",
    "pending_rescore",
    "set_aside",
}
"""Tables without a policy: read before the project is known, or holding only ids."""

APPEND_ONLY = ("event", "ruleset", "score_entry")


@pytest.fixture
def connection() -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url()) as connection:
        yield connection


def test_the_schema_is_what_the_models_say() -> None:
    engine = sqlalchemy.create_engine(
        sqlalchemy_url(),
        poolclass=sqlalchemy.NullPool,
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_row_level_security_is_forced_wherever_a_project_has_rows(
    connection: psycopg.Connection,
) -> None:
    tables = connection.execute(
        """
        SELECT relname, relrowsecurity AND relforcerowsecurity
            AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)
        FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
            AND (relname = 'project' OR EXISTS (
                SELECT FROM pg_attribute
                WHERE attrelid = pg_class.oid AND attname = 'project_id'
            ))
        """
    ).fetchall()
    assert {name for name, forced in tables if not forced} == IDS_ALONE
    assert len(tables) > len(IDS_ALONE)


def test_the_runtime_role_is_bound_by_row_level_security(
    connection: psycopg.Connection,
) -> None:
    rights = connection.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcanlogin FROM pg_roles"
        " WHERE rolname = %s",
        (RUNTIME_ROLE,),
    ).fetchone()
    assert rights == (False, False, False, False)


def test_the_owner_of_the_schema_is_no_superuser(
    connection: psycopg.Connection,
) -> None:
    rights = connection.execute(
        "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert rights == (False, False)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_history_is_only_ever_added_to(
    connection: psycopg.Connection, table: str
) -> None:
    granted = connection.execute(
        "SELECT right_name FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE',"
        " 'TRUNCATE']) AS right_name WHERE has_table_privilege(%s, %s, right_name)",
        (RUNTIME_ROLE, table),
    ).fetchall()
    assert {name for (name,) in granted} == {"SELECT", "INSERT"}


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_no_column_of_history_can_be_updated(
    connection: psycopg.Connection, table: str
) -> None:
    row = connection.execute(
        "SELECT has_any_column_privilege(%s, %s, 'UPDATE')", (RUNTIME_ROLE, table)
    ).fetchone()
    assert row == (False,)
