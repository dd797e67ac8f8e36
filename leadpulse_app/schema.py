"""Brings the database to the newest schema, in one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, pool, text

from leadpulse_app.database import sqlalchemy_url

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"

_LOCK_KEY = 0x1EAD_9015E
"""Names the advisory lock that a migrating process holds."""


def migrate() -> None:
    """Apply the migrations that are missing; others wait until it is done.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: Postgres is away or refuses a statement.
    """
    engine = create_engine(
        sqlalchemy_url(),
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
        connection.commit()
        try:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(
                text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY}
            )
            connection.commit()


def refresh_statistics(*tables: str) -> None:
    """Let Postgres plan for what was just loaded; it would notice within a minute.

    Args:
        tables: Of the schema.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: Postgres is away.
    """
    engine = create_engine(sqlalchemy_url(), poolclass=pool.NullPool)
    names = ", ".join(map(engine.dialect.identifier_preparer.quote, tables))
    with engine.connect() as connection:
        connection.execute(text(f"ANALYZE {names}"))
        connection.commit()
