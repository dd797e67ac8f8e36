"""A child of the product ends with its parent, even when that is killed outright."""

import os
import signal
import threading
import time
from multiprocessing import parent_process

POLL_SECONDS = 0.2


def follow_parent(parent: int) -> None:
    """Stop this process gracefully once its parent is another than this one."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def follow_forking_parent() -> None:
    """Stop this process gracefully once the one that forked it has ended."""
    parent = parent_process()
    if parent is not None and parent.pid is not None:
        follow_parent(parent.pid)
