"""Whatever is sent, it costs bounded memory and is answered with what is wrong."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from leadpulse_app.api.ingest import body as body_module
from leadpulse_app.api.ingest.body import Room, Space, read_body
from leadpulse_app.api.ingest.intake import MAX_EVENT_BYTES, Intake
from leadpulse_app.api.ingest.routes import ROUTES
from leadpulse_app.domain.errors import (
    InvalidInputError,
    TooLargeError,
    UnavailableError,
)
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.properties import Json
from leadpulse_app.settings import get_settings
from tests.api.ingest.sending import assert_error, post
from tests.tenants import Tenant

BATCH = "/v1/batch"
POSTED = {
    path: ROUTES[path]
    for path in (
        "/api/ingest/event",
        "/api/ingest/batch",
        "/v1/track",
        "/v1/batch",
        "/batch",
        "/e",
        "/flags",
    )
}


@pytest.mark.parametrize("path", POSTED)
async def test_no_more_of_a_body_is_read_than_shows_that_it_is_too_large(
    client: httpx.AsyncClient, path: str
) -> None:
    sent = 0
    limit = POSTED[path].body_limit

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 64 * 1024
            yield b" " * 64 * 1024

    assert_error(await client.post(path, content=endless()), 413, "too_large")
    assert sent <= limit + 2 * 64 * 1024


@pytest.mark.parametrize("path", POSTED)
async def test_the_cap_holds_for_what_is_unpacked(
    client: httpx.AsyncClient, path: str
) -> None:
    bomb = gzip.compress(bytes(POSTED[path].body_limit + 1))
    assert_error(await client.post(path, content=bomb), 413, "too_large")


async def test_a_declared_length_over_the_cap_is_refused_unread(
    client: httpx.AsyncClient,
) -> None:
    for length in ("99999999999", "9" * 5_000):
        answer = await client.post(
            BATCH, content=b"{}", headers={"Content-Length": length}
        )
        assert_error(answer, 413, "too_large")


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b'{"batch": []}')[:-9],
        gzip.compress(b'{"batch": []}')[:12],
        b"\x1f\x8b",
        b"\x1f\x8b" + b"\xff" * 100,
        gzip.compress(b'{"batch": ') + gzip.compress(b"[]}"),
        gzip.compress(b'{"batch": []}') + b"\n",
        gzip.compress(gzip.compress(b'{"batch": []}')),
        zlib.compress(b'{"batch": []}'),
    ],
    ids=["short", "shorter", "head", "noise", "two", "more", "twice", "zlib"],
)
async def test_broken_gzip_is_invalid(
    client: httpx.AsyncClient, tenant: Tenant, packed: bytes
) -> None:
    answer = await post(client, BATCH, packed, key=tenant.write_key)
    assert_error(answer, 400, "invalid_input")


async def test_a_body_comes_in_any_number_of_pieces(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    call = {"type": "track", "event": "e", "userId": "u", "properties": {}}
    for whole in (
        json.dumps({"batch": [call] * 1_000}).encode(),
        gzip.compress(json.dumps({"batch": [call] * 2_000}).encode()),
    ):

        async def pieces(whole: bytes = whole) -> AsyncIterator[bytes]:
            for start in range(0, len(whole), 1_000):
                yield whole[start : start + 1_000]

        answer = await client.post(
            BATCH, content=pieces(), headers={"X-Write-Key": tenant.write_key}
        )
        assert answer.status_code == 200
        assert answer.json()["rejected"] == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"batch": [' * 2_000,
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b'{"batch": [NaN]}',
        b'{"batch": [1e999]}',
        b'{"batch": [' + b"1" * 500 + b"]}",
        b'{"batch": ["\\ud800", NaN]}',
        b'{"batch": ["\\ud800"] x',
        b'{"batch": ["\\ud800", ' + b"[" * 5_000 + b"]" * 5_000 + b"]}",
        b'{"batch": ["\\ud800\xff"]}',
        b'{"batch": ["\x00"]}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'{"batch": []} x',
        b"batch=[]",
    ],
)
async def test_what_is_not_json_is_invalid(
    client: httpx.AsyncClient, tenant: Tenant, body: bytes
) -> None:
    for path in ("/api/ingest/batch", BATCH, "/batch", "/v1/track", "/e/"):
        answer = await post(client, path, body, key=tenant.write_key)
        if len(body) > POSTED[path.rstrip("/")].body_limit:
            assert_error(answer, 413, "too_large")
        else:
            assert_error(answer, 400, "invalid_input")


@pytest.mark.parametrize(
    "text",
    [
        '{"batch": [18446744073709551616, -1e308]}',
        '{"batch": [{"type": "track", "type": "page", "userId": "u"}]}',
        '{"batch": [{"type": "track", "event": "\\u0000", "userId": "\\u0000"}]}',
        '{"batch": [' + "[" * 900 + "]" * 900 + "]}",
        '{"batch": [{"type": "page", "userId": "u", "properties": {"": ""}}]}',
        '{"batch": [{"type": "page", "userId": 18446744073709551615}]}',
    ],
)
async def test_what_is_json_never_fails(
    client: httpx.AsyncClient, tenant: Tenant, text: str
) -> None:
    answer = await post(client, BATCH, text.encode(), key=tenant.write_key)
    assert answer.status_code == 200


async def test_large_bodies_share_a_bounded_space_and_give_it_back() -> None:
    space = Space()
    size = body_module.MAX_HELD_BYTES // 2
    whole = space.free
    messages: list[dict[str, object]] = [{"type": "http.request", "body": bytes(size)}]

    async def receive() -> dict[str, object]:
        return messages[0]

    with Room(space) as first, Room(space) as second:
        for room in (first, second):
            await read_body({}, receive, limit=size, room=room)
        assert space.free == 0
        with Room(space) as third, pytest.raises(UnavailableError) as refused:
            await read_body({}, receive, limit=size, room=third)
        assert refused.value.retry_after
        messages[0] = {"type": "http.request", "body": b"{}"}
        with Room(space) as fourth:
            assert await read_body({}, receive, limit=size, room=fourth) == b"{}"
    assert space.free == whole
    messages[0] = {"type": "http.request", "body": gzip.compress(bytes(10_000_000))}
    with Room(space) as room, pytest.raises(TooLargeError):
        await read_body({}, receive, limit=5_000_000, room=room)
    assert space.free == whole


class SlowSender:
    """Sends all of a body but its end, and then nothing, until `finish`."""

    def __init__(self, space: Space, size: int) -> None:
        self.has_sent = asyncio.Event()
        self._finished = asyncio.Event()
        self._space = space
        self._size = size
        self.reading = asyncio.create_task(self._read())

    def finish(self) -> None:
        self._finished.set()

    async def _read(self) -> bytes:
        with Room(self._space) as room:
            return await read_body({}, self._receive, limit=10**9, room=room)

    async def _receive(self) -> dict[str, object]:
        if not self.has_sent.is_set():
            self.has_sent.set()
            body = bytes(self._size)
            return {"type": "http.request", "body": body, "more_body": True}
        await self._finished.wait()
        return {"type": "http.request", "body": b"!"}


async def read_at_once(space: Space, size: int) -> bytes:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": bytes(size)}

    with Room(space) as room:
        return await read_body({}, receive, limit=size, room=room)


async def test_slow_senders_give_way_the_first_first_and_only_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_module, "HASTE_SECONDS", 0.0)
    space = Space()
    whole = space.free
    part = whole // 4
    senders = [SlowSender(space, part) for _ in range(3)]
    for sender in senders:
        await sender.has_sent.wait()
        await asyncio.sleep(0)  # until it is counted
    assert len(await read_at_once(space, part)) == part
    assert not any(sender.reading.done() for sender in senders)
    assert len(await read_at_once(space, 2 * part)) == 2 * part
    with pytest.raises(UnavailableError) as refused:
        await senders[0].reading
    assert refused.value.retry_after
    for sender in senders[1:]:
        sender.finish()
        assert len(await sender.reading) == part + 1
    assert space.free == whole


async def test_a_body_gives_way_to_none_while_it_is_quick_or_when_it_has_arrived() -> (
    None
):
    space = Space()
    whole = space.free
    sender = SlowSender(space, whole // 2)
    await sender.has_sent.wait()
    await asyncio.sleep(0)
    with Room(space) as arrived:
        arrived.take(whole // 2)
        with pytest.raises(UnavailableError):
            await read_at_once(space, whole // 2)
    sender.finish()
    assert len(await sender.reading) == whole // 2 + 1
    assert space.free == whole


async def test_a_slow_sender_who_finds_no_room_is_refused_and_keeps_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_module, "HASTE_SECONDS", 0.0)
    space = Space()
    whole = space.free
    sender = SlowSender(space, whole)
    await sender.has_sent.wait()
    await asyncio.sleep(0)
    sender.finish()
    with pytest.raises(UnavailableError):
        await sender.reading
    assert space.free == whole


@pytest.mark.parametrize("pieces", [0, 1, 3])
async def test_a_body_may_not_take_forever_to_arrive(
    monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr(body_module, "READ_TIMEOUT_SECONDS", 0.01)
    piece: dict[str, object] = {"type": "http.request", "body": b"{", "more_body": True}
    coming = [piece] * pieces

    async def receive() -> dict[str, object]:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop()

    space = Space()
    whole = space.free
    with Room(space) as room, pytest.raises(UnavailableError) as refused:
        await read_body({}, receive, limit=1_000, room=room)
    assert refused.value.retry_after, "clients drop events on other refusals"
    assert space.free == whole


@pytest.mark.parametrize(
    "body",
    [
        b'{"batch": [' + b",".join([b"[" * 1_000 + b"]" * 1_000] * 101) + b"]}",
        b'{"batch": [' + b"{}," * 100_000 + b"{}]}",
        b'{"batch": [' + b"1," * 500_000 + b"1]}",
        b"data=" + b"&a=1" * 200_000,
        b"data=" + b"%41" * 200_000,
    ],
)
async def test_what_would_take_long_to_parse_is_too_large(
    client: httpx.AsyncClient, body: bytes
) -> None:
    for packed in (False, True):
        answer = await post(client, "/batch", body, packed=packed)
        assert_error(answer, 413, "too_large")


async def test_a_form_has_few_fields(client: httpx.AsyncClient) -> None:
    answer = await post(client, "/e", b"data=e30" + b"&a=1" * 20)
    assert_error(answer, 400, "invalid_input")


async def test_large_events_leave_others_their_turn(tenant: Tenant) -> None:
    intake = Intake(enqueue_hint=lambda: None, settings=get_settings())
    turns = 0
    read_at: list[int] = []

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def read(_: Json) -> IngestedEvent:
        read_at.append(turns)
        raise InvalidInputError("That is enough")

    waiting = asyncio.create_task(others())
    events = ["x" * (MAX_EVENT_BYTES - 2)] * 50
    await intake.store_all(tenant.actor.project_id, events, read)
    waiting.cancel()
    await intake.stop()
    assert len(read_at) == 50
    assert max(map(read_at.count, read_at)) <= 5


async def test_an_address_has_few_fields(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    for fields, status in ((99, 200), (100, 401)):
        query = "a=1&" * fields + f"writeKey={tenant.write_key}"
        answer = await post(client, BATCH, {"batch": []}, params=query)
        assert answer.status_code == status
