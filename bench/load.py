"""A load generator lean enough to keep a server busy from one core.

Each connection sends its next request when the last one was answered. Run as a process
of its own it prints what it measured as JSON.
"""

import argparse
import asyncio
import itertools
import json
import time
import uuid
from collections.abc import Iterator
from statistics import quantiles
from typing import cast

import uvloop

HEAD = (
    "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-Write-Key: {key}\r\n"
    "Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
)

BODY = (
    '{{"event":"page_view","anonymousId":"bench-{visitor:04}","messageId":"{run}-{n:08}",'
    '"sessionId":"bench-session-{visitor:04}","properties":{{"path":"/pricing",'
    '"url":"https://shop.example/pricing?utm_source=bench","title":"Pricing",'
    '"referrer":"https://shop.example/"}}}}'
)

VISITORS = 1_000


class Connection(asyncio.Protocol):
    """Keeps one request under way, and notes how long each took."""

    def __init__(self, requests: Iterator[bytes], taken: list[float]) -> None:
        self._requests = requests
        self._taken = taken
        self._transport: asyncio.Transport
        self._sent_at = 0.0
        self._answer = b""
        self.failure: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Send the next request once this one's answer is whole."""
        self._answer += data
        if not self._answer.endswith(b"}"):
            return
        if not self._answer.startswith(b"HTTP/1.1 202"):
            self.failure = self._answer.decode(errors="replace")
            self._transport.close()
            return
        self._answer = b""
        self._taken.append(time.perf_counter() - self._sent_at)
        self._send()

    def close(self) -> None:
        """Let go of the server."""
        self._transport.close()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))


def requests_to(path: str, host: str, port: int, key: str) -> Iterator[bytes]:
    """Return events without end, each with a message id of its own."""
    run = uuid.uuid4().hex[:12]
    length = len(BODY.format(visitor=0, run=run, n=0))
    head = HEAD.format(path=path, host=host, port=port, key=key, length=length)
    for n in itertools.count():
        yield (head + BODY.format(visitor=n % VISITORS, run=run, n=n)).encode()


async def load(
    host: str, port: int, requests: Iterator[bytes], connections: int, seconds: float
) -> list[float]:
    """Return how long each request took, in seconds.

    Raises:
        RuntimeError: Something else than 202 was answered.
    """
    taken: list[float] = []
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Connection(requests, taken), host, port)
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    for _, connection in opened:
        connection.close()
        if connection.failure is not None:
            raise RuntimeError(connection.failure)
    return taken


def main() -> None:
    """Load one route as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("key")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=8.0)
    given = parser.parse_args()
    requests = requests_to(given.path, given.host, given.port, given.key)
    taken = uvloop.run(
        load(given.host, given.port, requests, given.connections, given.seconds)
    )
    cuts = quantiles(taken, n=100)
    print(
        json.dumps(
            {
                "answered": len(taken),
                "per_second": len(taken) / given.seconds,
                "p50_ms": cuts[49] * 1000,
                "p99_ms": cuts[98] * 1000,
            }
        )
    )


if __name__ == "__main__":
    main()
