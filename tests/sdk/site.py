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
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

import leadpulse_app
from leadpulse_app.api.ingest import IngestApp
from leadpulse_app.sdk import SDK_PATH, serve_sdk
from leadpulse_app.settings import get_settings
from tests.product import free_port

PACKAGE = Path(leadpulse_app.__file__).parent

BATCH_PATH = "/api/ingest/batch"

Event = dict[str, Any]
"""An event as the SDK sends it."""


@dataclass(frozen=True)
class Sent:
    """One request of the SDK, what it was answered, and when."""

    method: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes
    at: float

    @property
    def envelope(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def events(self) -> list[Event]:
        return list(self.envelope["events"])

    @property
    def taken(self) -> list[Event]:
        """The events that the server took, duplicates too."""
        if self.status != 202:
            return []
        rejected = {refusal["index"] for refusal in json.loads(self.answer)["rejected"]}
        return [e for i, e in enumerate(self.events) if i not in rejected]


class Site:
    """Answers every path outside of the SDK's with the same page."""

    def __init__(self, ingest: IngestApp, *, write_key: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.head = ""
        self.attributes = ""
        self.body = ""
        self.page_headers: dict[str, str] = {}
        self.latency = 0.0
        self.outage: Response | None = None
        self.sent: list[Sent] = []
        self._ingest = ingest
        self._write_key = write_key
        self._arrived = asyncio.Condition()
        self._demo_site = StaticFiles(directory=PACKAGE / "demo_site", html=True)

    @property
    def taken(self) -> list[Event]:
        """What was accepted, each event once however often it was sent."""
        accepted: dict[str, Event] = {}
        for sent in self.sent:
            for event in sent.taken:
                accepted.setdefault(event["messageId"], event)
        return list(accepted.values())

    def types(self) -> list[str]:
        """Return the types of the events that were accepted."""
        return [event["event"] for event in self.taken]

    def of_type(self, event_type: str) -> list[Event]:
        """Return the events of one type that were accepted."""
        return [event for event in self.taken if event["event"] == event_type]

    async def wait_for(self, *types: str) -> None:
        """Return once an event of each of these types was accepted."""
        await self.wait_until(lambda: set(types) <= set(self.types()))

    async def wait_until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(happened)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == BATCH_PATH:
            await self._take(scope, receive, send)
        elif path == SDK_PATH:
            await serve_sdk(scope, receive, send)
        elif path.startswith("/demo-site/"):
            site = {**scope, "root_path": "/demo-site"}
            await self._demo_site(site, receive, send)
        else:
            await asyncio.sleep(self.latency)
            page = HTMLResponse(self._page(), headers=self.page_headers)
            await page(scope, receive, send)

    def _page(self) -> str:
        return (
            f'<!doctype html><link rel="icon" href="data:,">'
            f"<title>A page</title>{self.head}"
            f'<script src="{SDK_PATH}" data-api-key="{self._write_key}"'
            f" {self.attributes} async></script>{self.body}"
        )

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        status = 0
        answer = b""

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def note_answer(message: Message) -> None:
            nonlocal status, answer
            status = message.get("status", status)
            answer += message.get("body", b"")
            with contextlib.suppress(Exception):  # the page may be gone
                await send(message)

        await (self.outage or self._ingest)(scope, replay, note_answer)
        async with self._arrived:
            self.sent.append(
                Sent(
                    request.method,
                    dict(request.headers),
                    body,
                    status,
                    answer,
                    time.monotonic(),
                )
            )
            self._arrived.notify_all()


@asynccontextmanager
async def served_site(*, write_key: str) -> AsyncIterator[Site]:
    """Serve a site on a port of its own, on the running event loop."""
    unlimited = get_settings().model_copy(  # all visitors share an address
        update={"ingest_rate": 0, "ingest_rate_per_address": 0}
    )
    ingest = IngestApp(enqueue_hint=lambda: None, settings=unlimited)
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
