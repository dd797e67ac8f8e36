"""Works out previews in a process of its own, for which a thread of the worker looks.

A preview folds a whole history. In the worker's own process that would take the
interpreter from scoring for as long; a process of low priority takes what is left.
"""

import logging
import subprocess
import sys
import threading
from contextlib import ExitStack

import psycopg

from leadpulse_app.database import connection_info
from leadpulse_app.services.previewing import is_preview_waiting, work_preview
from leadpulse_app.tasks.child import be_child

LOOK_SECONDS = 1.0
"""How long a preview waits at most that a worker could begin."""

RETRY_SECONDS = 5.0
"""How long one rests whose process ended before it was done."""

STOP_SECONDS = 1.0
"""How long the end of its process takes at most."""

_NOTICE_SECONDS = 0.1

_logger = logging.getLogger(__name__)


def work_previews(stopping: threading.Event) -> None:
    """Have each preview worked out that is asked for, until told to stop.

    Postgres does not have to be there all the time.
    """
    while not stopping.wait(LOOK_SECONDS):
        try:
            with psycopg.connect(connection_info(), autocommit=True) as connection:
                while not stopping.wait(LOOK_SECONDS):
                    if is_preview_waiting(connection) and not _run_process(stopping):
                        stopping.wait(RETRY_SECONDS)
        except psycopg.OperationalError as error:
            _logger.debug("Postgres is away: %s", error)  # the sweep says so aloud
        except Exception:
            _logger.exception("Looking for previews failed")


def _run_process(stopping: threading.Event) -> bool:
    """Return whether a process came to the end of what waited."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE
    )
    try:
        while process.poll() is None and not stopping.wait(_NOTICE_SECONDS):
            pass
    finally:
        process.kill()  # whatever it had begun is begun anew
        status = process.wait()
        if process.stdin is not None:
            process.stdin.close()
    if status and not stopping.is_set():
        _logger.warning("A process that works out previews ended (%s)", status)
    return status == 0


def main() -> None:
    """Work out what waits, and return; end with the worker that started this."""
    be_child()
    with ExitStack() as stack:
        connections = [
            stack.enter_context(psycopg.connect(connection_info(), autocommit=True))
            for _ in range(3)
        ]
        while work_preview(*connections):
            pass


if __name__ == "__main__":
    main()
