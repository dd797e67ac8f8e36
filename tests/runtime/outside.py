"""Engines that play somebody else's servers: they listen on a TCP port of loopback."""

import psycopg

from leadpulse_app.runtime.ground import Ground
from leadpulse_app.runtime.postgres import OWNER, SUPERUSER, PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from tests.product import free_port


class OutsidePostgres(PostgresEngine):
    """A Postgres that lets anybody in over TCP."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.port = free_port()

    @property
    def url(self) -> str:
        """The address as an operator would give it."""
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{OWNER}"

    def prepare(self) -> None:
        """Make the data folder, and open it to TCP."""
        super().prepare()
        (self.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")

    def command(self) -> list[str]:
        """Return the command line of the server."""
        return [*super().command(), "-h", "127.0.0.1", "-p", str(self.port)]

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=SUPERUSER, dbname="postgres"
        )


class OutsideValkey(ValkeyEngine):
    """A Valkey that listens on TCP besides."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.port = free_port()

    @property
    def url(self) -> str:
        """The address as an operator would give it."""
        return f"redis://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return the command line of the server."""
        return [*super().command(), "--port", str(self.port), "--bind", "127.0.0.1"]
