"""An engine that the product embeds: started once for a home, or found running."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from leadpulse_app.runtime.errors import SetupError
from leadpulse_app.runtime.ground import Ground

POLL_SECONDS = 0.02
MAXIMUM_LOG_BYTES = 10_000_000
"""A log past it is put aside when the engine starts."""


class EngineError(SetupError):
    """An engine doesn't start or answer; names its log."""


class Engine(ABC):
    """A database server run for one home.

    At most one server runs on a home's data: one left behind by a killed supervisor
    is adopted. Start and stop are called by one process at a time.
    """

    name: ClassVar[str]
    start_timeout: ClassVar[float]
    """Seconds until a server that says nothing counts as failed."""
    stop_signal: ClassVar[signal.Signals]
    stop_timeout: ClassVar[float] = 2.5
    """Seconds that each of ever harsher signals gets."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._child: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address that the product's processes connect to."""

    @abstractmethod
    def answering_pid(self) -> int | None:
        """Return the process id of the server that answers at the address."""

    @abstractmethod
    def lingering_pid(self) -> int | None:
        """Return the process id of a server that may still start up or shut down."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what the server needs before it runs."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command line of the server."""

    def provision(self) -> None:  # noqa: B027  (most engines need nothing)
        """Make what the product needs inside a server that answers."""

    @property
    def pid(self) -> int | None:
        """The process id of the server, once started."""
        return self._pid

    @property
    def log(self) -> Path:
        """The file that the server writes to."""
        return self.ground.logs / f"{self.name}.log"

    def start(self) -> None:
        """Return when the server answers and holds what the product needs.

        Raises:
            EngineError: It does not start; the message names its log.
            SetupError: Its folder is somebody else's.
        """
        self.ground.prepare()
        if not self._adopt():
            self.prepare()
            self._launch()
        self.provision()

    def is_alive(self) -> bool:
        """Return whether the process of the server runs."""
        if self._child is not None:
            return self._child.poll() is None
        return self._pid is not None and is_running(self._pid)

    def stop(self) -> None:
        """Shut the server down and wait until its process is gone."""
        for number in (self.stop_signal, signal.SIGQUIT, signal.SIGKILL):
            if not self.is_alive() or self._pid is None:
                break
            _send(self._pid, number)
            deadline = time.monotonic() + self.stop_timeout
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
        self._child = self._pid = None

    def _adopt(self) -> bool:
        deadline = time.monotonic() + self.start_timeout
        while True:
            self._child, self._pid = None, self.answering_pid()
            if self._pid is not None:
                return True
            lingering = self.lingering_pid()
            if lingering is None:
                return False
            if time.monotonic() > deadline:
                raise EngineError(
                    f"process {lingering} holds the data of {self.name} and does not "
                    f"answer; see {self.log}"
                )
            time.sleep(POLL_SECONDS)

    def _launch(self) -> None:
        if self.log.exists() and self.log.stat().st_size > MAXIMUM_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        child = self.ground.account.spawn(*self.command(), log=self.log)
        self._child, self._pid = child, child.pid
        deadline = time.monotonic() + self.start_timeout
        while self.answering_pid() is None:
            if child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EngineError(f"{self.name} did not start; see {self.log}")
            time.sleep(POLL_SECONDS)


def is_running(pid: int) -> bool:
    """Return whether a process runs; one that ended and was not reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return not Path("/proc/self/stat").exists()
    return stat.rpartition(")")[2].split()[0] != "Z"


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
