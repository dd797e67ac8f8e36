"""An engine that the product embeds: started once for a home, or found running."""

import math
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
HARSH_SECONDS = 0.5
"""What a server gets after each of the harsher signals; a kill needs far less."""

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
    stop_timeout: ClassVar[float]
    """Seconds in which it is gone, in order or not."""

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

    def stop(self, deadline: float = math.inf) -> None:
        """Shut the server down and wait until its process is gone.

        One that hangs is killed with all it forked. What was committed is safe then
        too: the next start reads it from the log.

        Args:
            deadline: When it is gone at the latest, on the monotonic clock.
        """
        deadline = min(deadline, time.monotonic() + self.stop_timeout)
        if self.is_alive() and self._pid is not None:
            _send(self._pid, self.stop_signal)
            self._await_end(deadline - 2 * HARSH_SECONDS)
        if self.is_alive() and self._pid is not None:
            _send(self._pid, signal.SIGQUIT)
            self._await_end(deadline - HARSH_SECONDS)
        if self.is_alive() and self._pid is not None:
            # What it forked has groups of its own, and notices its end only if it runs.
            for pid in (self._pid, *_children_of(self._pid)):
                _send(pid, signal.SIGKILL)
            self._await_end(time.monotonic() + HARSH_SECONDS)
        self._child = self._pid = None

    def _await_end(self, deadline: float) -> None:
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

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


def _children_of(parent: int) -> list[int]:
    """Return the processes that a process forked, where the system lists them."""
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                children.append(int(stat.parent.name))
    return children


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
