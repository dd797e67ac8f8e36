"""Serves an application of the product under granian, on the one port."""

import errno
import gc
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from granian import Granian
from granian.constants import Interfaces
from starlette.applications import Starlette
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from leadpulse_app.api.ingest import IngestApp
from leadpulse_app.runtime.errors import SetupError
from leadpulse_app.runtime.lifeline import follow_forking_parent
from leadpulse_app.settings import get_settings
from leadpulse_app.tasks import enqueue_scoring_hint

STOP_SECONDS = 8
"""What a process that serves has to end in, also where Postgres hangs and requests wait
for it; 10 s are promised."""


class PortTakenError(SetupError):
    """Something else listens on the port."""


def create_web() -> ASGIApp:
    """Return the whole product, in a process that granian forked."""
    follow_forking_parent()
    from leadpulse_app.web import create_app  # Reflex is loaded by this process alone

    return create_app()


def create_ingest() -> ASGIApp:
    """Return the ingest routes alone, in a process that granian forked."""
    follow_forking_parent()
    ingest = IngestApp(enqueue_hint=enqueue_scoring_hint)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with ingest.lifespan():
            # Nothing of what is here by now is ever collected.
            gc.collect()
            gc.freeze()
            yield

    router = Router(lifespan=lifespan)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await router.lifespan(scope, receive, send)
        else:
            await ingest(scope, receive, send)

    return app


def serve(factory: Callable[[], ASGIApp], *, websockets: bool) -> None:
    """Serve what a function of a module makes, until SIGTERM or SIGINT.

    Requests in flight are answered and what was accepted is written before it ends.
    Open websockets don't delay the end, and requests do for `STOP_SECONDS` at most.

    Raises:
        SystemExit: A process that serves ended by itself.
    """
    settings = get_settings()
    Granian(
        target=f"{factory.__module__}:{factory.__name__}",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_workers,
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=settings.web_workers > 1,
        websockets=websockets,
        log_access=False,
    ).serve()


def require_port(host: str, port: int, *, patience: float) -> None:
    """Return once nothing listens on the port.

    granian itself would share it with whoever does.

    Args:
        host: The address to listen on.
        port: The port to listen on.
        patience: Seconds that a predecessor has to let go of it.

    Raises:
        PortTakenError: Something still listens there, or it can't be had.
    """
    deadline = time.monotonic() + patience
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        try:
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise PortTakenError(
                    f"port {port} of {host} can't be listened on ({error.strerror}); "
                    "stop what uses it or set PORT to another"
                ) from error
            time.sleep(0.1)
        else:
            return
