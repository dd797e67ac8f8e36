"""The network between a client and the product, which notes what passes.

Whatever a client sent can be read here, independently of what the product made of it.
"""

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


@dataclass(frozen=True)
class Exchange:
    """A request that a client made, and what came of it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int | None
    """None where the client got no answer."""
    retry_after: float | None
    """How long the answer asked to wait, in seconds."""
    at: float
    """When the request was there, in seconds of the monotonic clock."""

    def events(self) -> list[dict[str, Any]]:
        """Return the events in the body, as the client wrote them."""
        body = self.body
        if body.startswith(b"\x1f\x8b"):  # a browser does not say that it packed it
            body = gzip.decompress(body)
        try:
            sent = json.loads(body)
        except ValueError:
            return []
        return list(sent.get("batch", [sent]))

    def message_ids(self) -> list[str]:
        """Return the ids that the client gave its events."""
        ids = (event.get("messageId") or event.get("uuid") for event in self.events())
        return [found for found in ids if found]


@dataclass
class Wire:
    """Carries requests to a port of this machine, and answers back."""

    upstream: int
    port: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    loses_the_next_answer: bool = False
    """Whether the next events are delivered and their sender does not learn it."""

    @property
    def url(self) -> str:
        """What a client takes for the product's address."""
        return f"http://localhost:{self.port}"

    @property
    def deliveries(self) -> list[Exchange]:
        """Return the requests that carried events, in the order of their answers."""
        return [found for found in tuple(self.exchanges) if found.message_ids()]

    def message_ids(self) -> set[str]:
        """Return the id of every event that was sent, however often."""
        return {found for each in self.deliveries for found in each.message_ids()}


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """Open a wire to a port of this machine, for the length of a block."""
    wire = Wire(port)
    server = _Server(wire)
    wire.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, wire: Wire) -> None:
        super().__init__(("127.0.0.1", 0), _Carrier)
        self.wire = wire


class _Carrier(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep silent: the exchanges are there to be read."""

    def _carry(self) -> None:
        wire = self.server.wire
        at = time.monotonic()
        body = self._read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            status, answered, answer = self._ask(body, headers)
        except (OSError, HTTPException):  # nobody listens there now
            status, answered, answer = None, [], b""
        retry_after = dict(answered).get("retry-after")
        exchange = Exchange(
            *(self.command, self.path, headers, body, status),
            retry_after=None if retry_after is None else float(retry_after),
            at=at,
        )
        if status == 200 and exchange.message_ids() and wire.loses_the_next_answer:
            wire.loses_the_next_answer = False
            exchange = replace(exchange, status=None)
        wire.exchanges.append(exchange)
        if status is None or exchange.status is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(status)
        for name, value in answered:
            if name not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_OPTIONS = do_HEAD = _carry  # noqa: N815

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _ask(
        self, body: bytes, headers: dict[str, str]
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        kept = {k: v for k, v in headers.items() if k not in _HOP_BY_HOP}
        connection = HTTPConnection("127.0.0.1", self.server.wire.upstream, timeout=30)
        try:
            connection.request(self.command, self.path, body, kept)
            answer = connection.getresponse()
            answered = [(name.lower(), value) for name, value in answer.getheaders()]
            return answer.status, answered, answer.read()
        finally:
            connection.close()
