"""A load generator lean enough to keep a server busy from one core.

Without a rate, each connection sends its next request when the last one was answered.
With one, requests are due at moments of chance, as those of independent visitors are,
and each is timed from when it was due, also where it had to wait for a connection. Run
as a process of its own it prints what it measured as JSON.
"""

import argparse
import asyncio
import itertools
import json
import random
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import quantiles
from typing import cast

import uvloop

HEAD = (
    "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-Write-Key: {key}\r\n"
    "Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
)

_WHAT = (
    '"anonymousId":"bench-{visitor:04}","messageId":"{run}-{n:09}","properties":{{'
    '"path":"/pricing","url":"https://shop.example/pricing?utm_source=bench",'
    '"title":"Pricing","referrer":"https://shop.example/"}}'
)
_SESSION = ',"sessionId":"bench-session-{visitor:04}"}}'

NATIVE_EVENT = '{{"event":"page_view",' + _WHAT + _SESSION

SEGMENT_EVENT = (
    '{{"type":"track","event":"page_view","timestamp":"2026-01-31T09:30:00.000Z",'
    '"context":{{"library":{{"name":"bench","version":"1.0.0"}}}},"integrations":{{}},'
    + _WHAT
    + "}}"
)

VISITORS = 1_000


@dataclass(frozen=True)
class Body:
    """What a request carries: events, and what stands around them."""

    before: str
    event: str
    after: str


SINGLE = Body("", NATIVE_EVENT, "")
NATIVE_BATCH = Body('{"events":[', NATIVE_EVENT, "]}")
SEGMENT_BATCH = Body(
    '{"sentAt":"2026-01-31T09:30:01.000Z","batch":[', SEGMENT_EVENT, "]}"
)
BODIES = {"single": SINGLE, "native": NATIVE_BATCH, "segment": SEGMENT_BATCH}


class Connection(asyncio.Protocol):
    """Has one request under way at most, and notes how long each took."""

    def __init__(
        self, taken: list[float], when_idle: Callable[["Connection"], None]
    ) -> None:
        self._taken = taken
        self._when_idle = when_idle
        self._transport: asyncio.Transport
        self._due_at = 0.0
        self._answer = b""
        self.failure: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be there for the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._when_idle(self)

    def data_received(self, data: bytes) -> None:
        """Be there for the next request once this one's answer is whole."""
        self._answer += data
        if not self._answer.endswith(b"}"):
            return
        if (
            not self._answer.startswith((b"HTTP/1.1 202", b"HTTP/1.1 200"))
            or b'"index"' in self._answer  # of an event that was rejected
        ):
            self.failure = self._answer.decode(errors="replace")
            self._transport.close()
            return
        self._answer = b""
        self._taken.append(time.perf_counter() - self._due_at)
        self._when_idle(self)

    def send(self, request: bytes, due_at: float) -> None:
        """Send a request that was due at this moment of the performance counter."""
        self._due_at = due_at
        self._transport.write(request)

    def close(self) -> None:
        """Let go of the server."""
        self._transport.close()


def requests_to(
    path: str, host: str, port: int, key: str, body: Body, events: int
) -> Iterator[bytes]:
    """Return requests without end, each event with a message id of its own."""
    run = uuid.uuid4().hex[:12]

    def write(first: int) -> str:
        return (
            body.before
            + ",".join(
                body.event.format(visitor=n % VISITORS, run=run, n=n)
                for n in range(first, first + events)
            )
            + body.after
        )

    head = HEAD.format(path=path, host=host, port=port, key=key, length=len(write(0)))
    for first in itertools.count(step=events):
        yield (head + write(first)).encode()


async def load(
    host: str,
    port: int,
    requests: Iterator[bytes],
    *,
    connections: int,
    seconds: float,
    rate: float | None,
) -> list[float]:
    """Return how long each request took, in seconds.

    Raises:
        RuntimeError: A request, or an event in it, was not accepted.
    """
    taken: list[float] = []
    idle: deque[Connection] = deque()
    due: deque[float] = deque()

    def send_next(connection: Connection) -> None:
        connection.send(next(requests), time.perf_counter())

    def send_due(connection: Connection) -> None:
        if due:
            connection.send(next(requests), due.popleft())
        else:
            idle.append(connection)

    when_idle = send_next if rate is None else send_due
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Connection(taken, when_idle), host, port)
        for _ in range(connections)
    ]
    if rate is None:
        await asyncio.sleep(seconds)
    else:
        await _keep_pace(rate, seconds, idle, due, send_due)
    for _, connection in opened:
        connection.close()
        if connection.failure is not None:
            raise RuntimeError(connection.failure)
    return taken


async def _keep_pace(
    rate: float,
    seconds: float,
    idle: deque[Connection],
    due: deque[float],
    send_due: Callable[[Connection], None],
) -> None:
    chance = random.Random(0)
    next_at = time.perf_counter()
    end = next_at + seconds
    while next_at < end:
        while next_at <= time.perf_counter():
            due.append(next_at)
            if idle:
                send_due(idle.popleft())
            next_at += chance.expovariate(rate)
        await asyncio.sleep(0.001)


def main() -> None:
    """Load one route as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("key")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--body", choices=BODIES, default="single")
    parser.add_argument("--events", type=int, default=1, help="in a request")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rate", type=float, help="requests a second")
    given = parser.parse_args()
    requests = requests_to(
        given.path, given.host, given.port, given.key, BODIES[given.body], given.events
    )
    taken = uvloop.run(
        load(
            given.host,
            given.port,
            requests,
            connections=given.connections,
            seconds=given.seconds,
            rate=given.rate,
        )
    )
    cuts = quantiles(taken, n=100)
    print(
        json.dumps(
            {
                "events": len(taken) * given.events,
                "per_second": len(taken) * given.events / given.seconds,
                "p50_ms": cuts[49] * 1000,
                "p99_ms": cuts[98] * 1000,
            }
        )
    )


if __name__ == "__main__":
    main()
