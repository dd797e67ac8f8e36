"""A small site whose pages load the SDK, and which sees each event they send."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

import leadpulse_app
from leadpulse_app.api.ingest import EVENT_PATH, IngestApp
from tests.product import free_port

PACKAGE = Path(leadpulse_app.__file__).parent


@dataclass(frozen=True)
class Sent:
    """One request of the SDK, and when it came."""

    method: str
    headers: dict[str, str]
    fields: dict[str, Any]
    status: int
    at: float

    @property
    def event(self) -> str:
        return str(self.fields["event"])


class Site:
    """Answers every path outside of the SDK's with the same page."""

    def __init__(self, ingest: IngestApp, *, write_key: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.head = ""
        self.outage: Response | None = None
        self.sent: list[Sent] = []
        self._ingest = ingest
        self._write_key = write_key
        self._arrived = asyncio.Condition()
        self._sdk = FileResponse(PACKAGE / "sdk" / "ls.js")
        self._demo_site = StaticFiles(directory=PACKAGE / "demo_site", html=True)

    @property
    def taken(self) -> list[Sent]:
        """What was accepted, each event once however often it was sent."""
        accepted: dict[str, Sent] = {}
        for sent in self.sent:
            if sent.status == 202:
                accepted.setdefault(sent.fields["messageId"], sent)
        return list(accepted.values())

    def events(self) -> list[str]:
        """Return the types of the events that were accepted."""
        return [sent.event for sent in self.taken]

    async def wait_until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(happened)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == EVENT_PATH:
            await self._take(scope, receive, send)
        elif path == "/sdk/ls.js":
            await self._sdk(scope, receive, send)
        elif path.startswith("/demo-site/"):
            site = {**scope, "root_path": "/demo-site"}
            await self._demo_site(site, receive, send)
        else:
            await HTMLResponse(self._page())(scope, receive, send)

    def _page(self) -> str:
        return (
            f"<!doctype html><title>A page</title>{self.head}"
            f'<script src="/sdk/ls.js" data-api-key="{self._write_key}" async></script>'
        )

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        status = 0

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def note_status(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            with contextlib.suppress(Exception):  # the page may be gone
                await send(message)

        await (self.outage or self._ingest)(scope, replay, note_status)
        async with self._arrived:
            self.sent.append(
                Sent(
                    request.method,
                    dict(request.headers),
                    json.loads(body or b"{}"),
                    status,
                    time.monotonic(),
                )
            )
            self._arrived.notify_all()


@asynccontextmanager
async def served_site(*, write_key: str) -> AsyncIterator[Site]:
    """Serve a site on a port of its own, on the running event loop."""
    ingest = IngestApp(enqueue_hint=lambda: None)
    site = Site(ingest, write_key=write_key)
    server = Server(
        site, "127.0.0.1", site.port, interface=Interfaces.ASGINL, log_enabled=False
    )
    async with ingest.lifespan():
        serving = asyncio.create_task(server.serve())
        await _until_open(site.port)
        try:
            yield site
        finally:
            server.stop()  # type: ignore[no-untyped-call]
            await serving


async def _until_open(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.01)
