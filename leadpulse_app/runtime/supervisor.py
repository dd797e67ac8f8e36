"""Runs the product: the engines, the web process and the worker, until told to stop.

What was accepted is finished before anything stops, and no process is left behind.
"""

import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import ClassVar

from alembic.util import CommandError
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from leadpulse_app import schema
from leadpulse_app.runtime.engine import Engine
from leadpulse_app.runtime.errors import SetupError
from leadpulse_app.runtime.frontend import ROOT

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.1
STOP_SECONDS = 8.5
"""What all have to end in, whatever hangs; 10 s are promised."""
CHILDREN_SECONDS = 6.0
"""What web and worker have of it to finish in."""
LONGEST_PAUSE_SECONDS = 10.0
BEREAVED_SECONDS = 5.0
"""What the processes that an ended one had forked have to end in; they share the
port with its successor."""
STEADY_SECONDS = 10.0
"""A process that ran for so long starts anew without a pause."""


class Child:
    """A process of the product, started anew whenever it ends."""

    def __init__(self, command: str) -> None:
        self.command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._failures = 0
        self._bereaved: list[tuple[int, float]] = []

    def tend(self) -> None:
        """Start it where it doesn't run, after a pause that grows while it fails."""
        now = time.monotonic()
        self._end_bereaved(now)
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                return
            lived = now - self._started
            self._failures = 0 if lived > STEADY_SECONDS else self._failures + 1
            logger.warning("%s ended (%s) and is started anew", self.command, status)
            self._bereaved.append((self._process.pid, now + BEREAVED_SECONDS))
            self._process = None
        pause = min(0.25 * 2**self._failures, LONGEST_PAUSE_SECONDS)
        if self._failures == 0 or now - self._started > pause:
            self._start()

    def _end_bereaved(self, now: float) -> None:
        """Kill what an ended process had forked and what did not end by itself."""
        for group, deadline in tuple(self._bereaved):
            if now > deadline:
                _kill_group(group)
                self._bereaved.remove((group, deadline))

    def _start(self) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "-m", "leadpulse_app", self.command),
                *("--parent", str(os.getpid())),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the supervisor alone
        )

    def ask_to_stop(self) -> None:
        """Send it the signal on which it finishes what it has begun."""
        if self._process is not None:
            self._process.terminate()

    def await_end(self, deadline: float) -> None:
        """Return when it ended; past the deadline it is killed with all it forked."""
        self._end_bereaved(math.inf)
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(deadline - time.monotonic(), 0.01))
        _kill_group(self._process.pid)
        self._process.wait()
        self._process = None


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


class Supervisor:
    """The product on this machine."""

    signals: ClassVar = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def __init__(self, engines: tuple[Engine, ...]) -> None:
        self._engines = engines
        self._web = Child("web")
        self._worker = Child("worker")
        self._stopping = threading.Event()
        self._migrated = threading.Event()
        self._failure: str | None = None

    def run(self) -> int:
        """Run until a signal asks to stop, and return the exit status."""
        for number in self.signals:
            signal.signal(number, self._stop)
        base = threading.Thread(target=self._tend_base, name="engines", daemon=True)
        base.start()
        try:
            while not self._stopping.is_set():
                self._web.tend()  # listens, and says what is missing, before the rest
                if self._migrated.is_set():
                    self._worker.tend()
                self._stopping.wait(TICK_SECONDS)
        finally:
            self._stopping.set()
            self._shut_down(base)
        if self._failure is not None:
            logger.error("%s", self._failure)
            return 1
        return 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _shut_down(self, base: threading.Thread) -> None:
        logger.info("Stopping: finishing what was accepted")
        began = time.monotonic()
        deadline = began + STOP_SECONDS
        children = (self._web, self._worker)
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.await_end(began + CHILDREN_SECONDS)
        for engine in reversed(self._engines):
            engine.stop(deadline)
        base.join(max(deadline - time.monotonic(), 0.0))
        for engine in reversed(self._engines):
            engine.stop(deadline)  # one that was just being started

    def _tend_base(self) -> None:
        try:
            for engine in self._engines:
                engine.start()
            self._migrate()
        except (SetupError, SQLAlchemyError, CommandError) as error:
            self._fail(str(error))
            return
        except Exception:
            logger.exception("The start failed")
            self._fail("The product can't run")
            return
        while not self._stopping.wait(TICK_SECONDS):
            for engine in self._engines:
                if not engine.is_alive():
                    self._restart(engine)

    def _fail(self, why: str) -> None:
        if not self._stopping.is_set():
            self._failure = why
            self._stopping.set()

    def _migrate(self) -> None:
        told = False
        while not self._stopping.is_set():
            try:
                schema.migrate()
            except OperationalError as error:
                if not told:
                    logger.warning("Waiting for Postgres: %s", error.orig)
                    told = True
                self._stopping.wait(1.0)
            else:
                self._migrated.set()
                return

    def _restart(self, engine: Engine) -> None:
        logger.warning("%s ended and is started anew", engine.name)
        try:
            engine.start()
        except Exception:  # it may have been killed again: the next round tries anew
            logger.exception("%s did not start", engine.name)
            self._stopping.wait(LONGEST_PAUSE_SECONDS)
