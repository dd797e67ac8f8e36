"""The whole product behind one port: each path goes straight to what answers it.

Nothing wraps the ingest routes. A websocket opens for the product's own pages alone.
"""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from reflex_base.constants import Env
from reflex_base.environment import environment
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadpulse_app.api.app import create_api
from leadpulse_app.api.ingest import IngestApp, is_ingest_path
from leadpulse_app.sdk import SDK_PATH, serve_sdk
from leadpulse_app.settings import get_settings
from leadpulse_app.tasks import enqueue_scoring_hint

PACKAGE = Path(__file__).resolve().parent

SOCKET_PATIENCE = timedelta(seconds=10)
"""Between two pings, and for an answer: a dead connection is noticed in twice that."""

MAX_SOCKET_MESSAGE_BYTES = 64 * 1024
"""Of what a page sends at once; nobody has signed in yet when it is read."""

PAGE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cache-Control": "no-cache",
}


class WebApp:
    """The ASGI application of a web process."""

    def __init__(
        self,
        *,
        ingest: IngestApp,
        api: Starlette,
        dashboard: Starlette,
        public_url: str,
        demo_site: bool,
    ) -> None:
        self._ingest = ingest
        self._api = api
        self._dashboard = dashboard
        self._public_origin = urlsplit(public_url).netloc.lower()
        self._demo_site: ASGIApp | None = None
        if demo_site:
            self._demo_site = StaticFiles(directory=PACKAGE / "demo_site", html=True)
        self._router = Router(lifespan=self._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the connection to whatever answers its path."""
        if scope["type"] == "lifespan":
            await self._router.lifespan(scope, receive, send)
            return
        path: str = scope["path"]
        if scope["type"] == "websocket":
            await self._open_socket(scope, receive, send)
        elif is_ingest_path(path):
            await self._ingest(scope, receive, send)
        elif path == "/api" or path.startswith("/api/"):
            await self._api(scope, receive, _with_page_headers(send))
        elif path == SDK_PATH:
            await serve_sdk(scope, receive, send)
        elif self._demo_site is not None and f"{path}/".startswith("/demo-site/"):
            site = {**scope, "root_path": f"{scope.get('root_path', '')}/demo-site"}
            await self._demo_site(site, receive, send)
        else:
            await self._dashboard(scope, receive, _with_page_headers(send))

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for part in (self._dashboard, self._api):
                await stack.enter_async_context(part.router.lifespan_context(part))
            await stack.enter_async_context(self._ingest.lifespan())
            self._api.state.group_commit = self._ingest.group_commit
            # Reflex's heap is large: full collections over it cost half of the
            # throughput and tens of milliseconds each.
            gc.collect()
            gc.freeze()
            yield

    async def _open_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        ours = (headers.get("host", "").lower(), self._public_origin)
        if origin is not None and _host_of(origin) not in ours:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._dashboard(scope, receive, send)


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def create_app() -> WebApp:
    """Return the application, with the dashboard as the frontend build left it."""
    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.set(True)
    environment.REFLEX_SOCKET_INTERVAL.set(SOCKET_PATIENCE)
    environment.REFLEX_SOCKET_TIMEOUT.set(SOCKET_PATIENCE)
    environment.REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE.set(MAX_SOCKET_MESSAGE_BYTES)
    from leadpulse_app.dashboard import app  # reads what was just set

    dashboard = app()
    if not isinstance(dashboard, Starlette):
        raise TypeError("Reflex hands out something else than its Starlette app")
    settings = get_settings()
    return WebApp(
        ingest=IngestApp(enqueue_hint=enqueue_scoring_hint),
        api=create_api(),
        dashboard=dashboard,
        public_url=settings.public_url,
        demo_site=bool(settings.demo_site),
    )


def _with_page_headers(send: Send) -> Send:
    async def send_page(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                for name, value in PAGE_HEADERS.items():
                    headers.setdefault(name, value)
        await send(message)

    return send_page
