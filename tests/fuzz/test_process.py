"""However much is sent at once, and however slowly, a process stays as it was."""

import asyncio
import gzip
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from leadpulse_app.api.ingest.body import MAX_CONTAINERS, MAX_VALUES
from leadpulse_app.api.ingest.compatible import MAX_POSTHOG_BYTES
from tests.fuzz.conftest import Server
from tests.product import wait_for
from tests.tenants import Tenant

SENDERS = 200

MAX_GROWTH_BYTES = 400 * 1024 * 1024
"""Ten times the space that there is for large bodies, and what the server reads ahead
from each sender. Unbounded, it would be over 10 GB."""

WAVES = int(os.environ.get("FUZZ_WAVES", "3"))
"""A leak shows where many are asked for: the bound is the same for them all."""


def _request(body: bytes, *, key: str, length: int | None = None) -> bytes:
    return (
        f"POST /batch/ HTTP/1.1\r\nHost: test\r\nX-Write-Key: {key}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n"
        "Connection: close\r\n\r\n"
    ).encode() + body


async def _status_of(server: Server, request: bytes) -> int | None:
    """Send a request and return its status; None where the connection was cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(request)
        line = await asyncio.wait_for(reader.readline(), 60)
        return int(line.split()[1]) if line else None
    except ConnectionError:
        return None
    finally:
        writer.close()


@asynccontextmanager
async def _watched_memory(server: Server) -> AsyncIterator[list[int]]:
    """Note the process's resident memory, in bytes, while the block runs."""
    seen = [server.process.memory_info().rss]

    async def watch() -> None:
        while True:
            seen.append(server.process.memory_info().rss)
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()


def _largest_bodies() -> Sequence[bytes]:
    """Return bodies up to every cap, which take the most memory and time."""
    containers = b",".join([b'{"":[]}'] * (MAX_CONTAINERS // 2 - 2))
    values = b",".join(b'"%d"' % n for n in range(MAX_VALUES - MAX_CONTAINERS))
    full = b'{"event":"$set","distinct_id":"a","properties":{"x":[%b,%b]}}' % (
        containers,
        values,
    )
    padded = full + b" " * (MAX_POSTHOG_BYTES - len(full))
    nested = b"[%b]" % b",".join([b"[" * 1_000 + b"]" * 1_000] * 3_000)
    return [
        padded,
        gzip.compress(padded, 9),
        nested,
        gzip.compress(nested, 9),
        gzip.compress(bytes(MAX_POSTHOG_BYTES * 10), 9),
        gzip.compress(b" " * MAX_POSTHOG_BYTES, 9),
        b"data=" + b"&a=1" * 1_500_000,
    ]


async def test_memory_stays_bounded_whatever_is_sent_at_once(
    server: Server, tenant: Tenant
) -> None:
    requests = [_request(body, key=tenant.write_key) for body in _largest_bodies()]
    async with _watched_memory(server) as seen:
        statuses = Counter[int | None]()
        for _ in range(WAVES):
            statuses.update(
                await asyncio.gather(
                    *(
                        _status_of(server, requests[number % len(requests)])
                        for number in range(SENDERS)
                    )
                )
            )
    assert set(statuses) <= {200, 400, 413, 503, None}
    assert max(seen) - seen[0] < MAX_GROWTH_BYTES
    assert await _status_of(server, requests[0]) == 200


@pytest.mark.parametrize("sent", [0, 1, 100, 200_000])
async def test_a_sender_that_goes_away_leaves_nothing_behind(
    server: Server, tenant: Tenant, sent: int
) -> None:
    request = _request(b" " * sent, key=tenant.write_key, length=5_000_000)
    before = server.process.num_fds()
    for _ in range(3):
        connections = await asyncio.gather(
            *(
                asyncio.open_connection("127.0.0.1", server.port)
                for _ in range(SENDERS // 2)
            )
        )
        for _, writer in connections:
            writer.write(request)
        await asyncio.gather(*(writer.drain() for _, writer in connections))
        for _, writer in connections:
            writer.close()
        await asyncio.to_thread(
            wait_for,
            lambda: server.process.num_fds() <= before + 5,
            seconds=30,
            what="the end of what nobody waits for",
        )
    full = b'{"batch":[]}' + b" " * (MAX_POSTHOG_BYTES - 12)
    status = await _status_of(server, _request(full, key=tenant.write_key))
    assert status == 200
