"""The worker process: a consumer of hints, and a sweep that needs none.

The sweep runs in a plain thread on Postgres's clock. It scores what a lost hint
left behind and retries the leads whose time has come, with Redis away too.
"""

import logging
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator

import psycopg
from huey.consumer import Consumer

from leadpulse_app.database import connection_info, get_pool
from leadpulse_app.services.lead_tokens import fill_missing_tokens
from leadpulse_app.services.rejections import forget_refused_events
from leadpulse_app.services.worker_presence import announce_worker
from leadpulse_app.settings import get_settings
from leadpulse_app.tasks import previews
from leadpulse_app.tasks.queue import enqueue_scoring_hint, get_queue
from leadpulse_app.tasks.scorer import scorer

SWEEP_SECONDS = 2.0
"""How long an event waits that no hint was given for."""

FORGET_SECONDS = 60 * 60.0
"""How often what was kept for long enough is forgotten."""

REDIS_POLL_SECONDS = 1.0
"""How long a returned Redis goes unnoticed at most."""

HEALTH_CHECK_SECONDS = 10.0
STOP_SECONDS = 3.0
"""How long running transactions get to finish."""

_LOG_AGAIN_SECONDS = 60.0

_logger = logging.getLogger(__name__)


def run_worker() -> None:
    """Score events until SIGTERM or SIGINT, then finish what is running and return.

    Neither Redis nor Postgres has to be there when it starts, or all the time. It
    has to be called in the main thread.
    """
    stop_signals = _receive_stop_signals()
    _log_outages_sparingly()
    consumer = _Consumer(
        get_queue(),
        workers=get_settings().worker_threads,
        periodic=False,
        max_delay=REDIS_POLL_SECONDS,
        shutdown_timeout=STOP_SECONDS,
    )
    stopping = threading.Event()
    sweep = threading.Thread(target=_sweep, args=(stopping,), name="sweep", daemon=True)
    previewing = threading.Thread(
        target=previews.work_previews, args=(stopping,), name="previews", daemon=True
    )
    consumer.start()
    sweep.start()
    previewing.start()
    _logger.info("The worker is up")
    while not select.select([stop_signals], [], [], HEALTH_CHECK_SECONDS)[0]:
        consumer.check_worker_health()
    stopping.set()
    scorer.stop()
    consumer.stop(graceful=True)
    previewing.join(previews.STOP_SECONDS)
    sweep.join(STOP_SECONDS)
    get_pool().close()


def _receive_stop_signals() -> socket.socket:
    # Written to in the very moment of a signal, whichever thread the system gives it
    # to. A handler in Python waits for the main thread, which may just have gone to
    # sleep.
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    signal.set_wakeup_fd(sender.detach())
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda _number, _frame: None)
    return receiver


class _Consumer(Consumer):  # type: ignore[misc]  # huey has no types
    """A consumer that leaves signals to the worker: its SIGTERM is not graceful."""

    def _set_signal_handlers(self) -> None:
        pass


def _sweep(stopping: threading.Event) -> None:
    is_away = False
    forget_at = time.monotonic()
    while not stopping.is_set():
        try:
            with psycopg.connect(connection_info(), autocommit=True) as connection:
                announce_worker(connection)
                if is_away:
                    _logger.warning("Postgres is back")
                    is_away = False
                filling = fill_missing_tokens(connection)
                while not stopping.is_set():
                    is_idle = scorer.run(for_seconds=SWEEP_SECONDS)
                    if not is_idle:
                        # A second thread comes by a hint, and that may have been lost.
                        enqueue_scoring_hint()
                    scorer.expire(for_seconds=SWEEP_SECONDS)
                    is_idle &= not scorer.rescore(for_seconds=SWEEP_SECONDS)
                    is_idle &= _go_on(filling, SWEEP_SECONDS)
                    if is_idle:
                        stopping.wait(SWEEP_SECONDS)
                    if time.monotonic() >= forget_at:
                        forget_refused_events(connection)
                        forget_at = time.monotonic() + FORGET_SECONDS
                    connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            if not is_away:
                _logger.warning("Postgres is away: %s", error)
            is_away = True
        except Exception:
            _logger.exception("A sweep failed")
        stopping.wait(SWEEP_SECONDS)


def _go_on(steps: Iterator[None], for_seconds: float) -> bool:
    """Take steps for a while; return whether there are none left."""
    until = time.monotonic() + for_seconds
    return all(time.monotonic() < until for _ in steps)


def _log_outages_sparingly() -> None:
    for part in ("Worker", "Scheduler"):
        logging.getLogger(f"huey.consumer.{part}").addFilter(_Sparing())


class _Sparing(logging.Filter):
    """Lets the same message through once a minute, without its traceback.

    Each of the consumer's threads tells of an absent Redis every second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._silent_until: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is worth telling."""
        if not str(record.msg).startswith("Error reading"):
            return True
        now = time.monotonic()
        if now < self._silent_until.get(record.msg, 0):
            return False
        self._silent_until[record.msg] = now + _LOG_AGAIN_SECONDS
        record.exc_info = None
        return True
