"""What a process does that another one started for work that takes long."""

import logging
import os
import signal
import sys
import threading

NICENESS = 10
"""How far scoring, ingest and the pages come first."""


def be_child() -> None:
    """Come after all that people wait for, and end when the parent does.

    The parent holds the other side of standard input for as long as it wants the work.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, name="lifeline", daemon=True).start()


def _end_with_parent() -> None:
    # It comes to an end when the other side is closed, by whatever. Read past Python's
    # buffer, whose lock would be held while the process ends by itself.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)
