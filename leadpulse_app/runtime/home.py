"""The folder of one installation, and the embedded engines that belong to it.

One process at a time runs the engines of a home; the others attach to them.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from leadpulse_app.runtime.engine import Engine, EngineError
from leadpulse_app.runtime.errors import SetupError
from leadpulse_app.runtime.ground import find_ground
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from leadpulse_app.settings import Settings, get_settings


class HomeTakenError(SetupError):
    """Another process runs the engines of this home."""


@contextmanager
def hold_home(home: Path) -> Iterator[None]:
    """Be the one process that runs this home's engines.

    Raises:
        HomeTakenError: Another one is.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise HomeTakenError(
                f"LeadPulse already runs on {home} (process {file.read().strip()}); "
                "stop it or set LEADPULSE_HOME to another folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_home_held(home: Path) -> bool:
    """Return whether some process runs this home's engines."""
    try:
        with hold_home(home):
            return False
    except HomeTakenError:
        return True


def embed_engines() -> tuple[Engine, ...]:
    """Return the engines that no setting replaces, and point the settings at them.

    The processes that this one starts inherit the addresses.
    """
    settings = get_settings()
    if settings.database_url and settings.redis_url:
        return ()
    ground = find_ground(settings.home)
    engines: list[Engine] = []
    if settings.database_url is None:
        engines.append(PostgresEngine(ground))
        os.environ["DATABASE_URL"] = engines[-1].url
    if settings.redis_url is None:
        engines.append(ValkeyEngine(ground))
        os.environ["REDIS_URL"] = engines[-1].url
    get_settings.cache_clear()
    return tuple(engines)


@contextmanager
def running_engines(settings: Settings) -> Iterator[None]:
    """Have the embedded engines run: those of `up`, else our own for the duration.

    Raises:
        EngineError: One doesn't start, or that of `up` doesn't answer.
    """
    engines = embed_engines()
    with ExitStack() as stack:
        if engines:
            use = stack.enter_context((settings.home / "use").open("a"))
            _start_or_attach(engines, settings.home, use, stack)
        yield


def _start_or_attach(
    engines: tuple[Engine, ...], home: Path, use: IO[str], stack: ExitStack
) -> None:
    """Whoever attaches keeps `use` locked, and whoever started waits for that."""
    deadline = time.monotonic() + max(engine.start_timeout for engine in engines)
    while True:
        try:
            stack.enter_context(hold_home(home))
        except HomeTakenError:
            fcntl.flock(use, fcntl.LOCK_SH)
            if all(engine.answering_pid() is not None for engine in engines):
                return
            fcntl.flock(use, fcntl.LOCK_UN)
        else:
            for engine in engines:
                stack.callback(engine.stop)
                engine.start()
            stack.callback(fcntl.flock, use, fcntl.LOCK_EX)
            return
        if time.monotonic() > deadline:
            raise EngineError(f"the engines do not answer; see {engines[0].log.parent}")
        time.sleep(0.1)
