"""Reads a request's body, unpacks and parses it, within the route's limit.

Nobody needs a key to get this far, and many clients have theirs in the body alone. So
however much is sent, by however many, what is held stays bounded; who sends slowly
gives way to who doesn't; and no body keeps the event loop to itself for long.
"""

import asyncio
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Self

import orjson
from starlette.types import Receive

from leadpulse_app.api.ingest.request import Headers
from leadpulse_app.domain.errors import (
    InvalidInputError,
    TooLargeError,
    UnavailableError,
)
from leadpulse_app.domain.properties import Json

MAX_HELD_BYTES = 32 * 1024 * 1024
"""Of all the large bodies that a process reads or works on at the same time. Parsed,
one may take ten times as much."""

MAX_CONTAINERS = 100_000
"""Objects and lists in a body, about ten for each event that it may hold; no client
writes as many. Each may take two bytes in the body and two hundred in memory, and
they are what parsing takes its time for."""

MAX_VALUES = 500_000
"""Values in a body, as above."""

SMALL_BYTES = 32 * 1024
"""A body up to this size is not counted: the server's limit on connections will do."""

READ_TIMEOUT_SECONDS = 30.0
"""For a body to arrive: its connection, or its room, is not there for others."""

HASTE_SECONDS = 2.0
"""For a large body to arrive undisturbed. One that takes longer gives way where there
is no room for another, the one that began first before the rest: a few senders who let
bytes trickle in would otherwise keep everybody's room. While there is room for all,
each has the whole time."""

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS | 16
_PIECE_BYTES = 256 * 1024
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class ClientGoneError(Exception):
    """Nobody is left to answer."""


class Space:
    """The memory that a process has for large bodies."""

    def __init__(self) -> None:
        self.free = MAX_HELD_BYTES
        self.arriving: dict[Room, float] = {}
        """What is being read, the first that began before the rest, and since when."""

    def clear(self, size: int, asker: "Room") -> None:
        """Let slow bodies give way until there are as many bytes, or none is left.

        Who asks is told no by itself where nobody slower is left.
        """
        latest = asyncio.get_running_loop().time() - HASTE_SECONDS
        for room, since in tuple(self.arriving.items()):
            if size <= self.free or since > latest or room is asker:
                break
            room.give_way()


class Room:
    """What a request takes of that space, and gives back at its end."""

    __slots__ = ("_reader", "_space", "_taken", "is_cut_off")

    def __init__(self, space: Space) -> None:
        self._space = space
        self._taken = 0
        self._reader: asyncio.Task[object] | None = None
        self.is_cut_off = False
        """Whether its body had to stop arriving."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def begin(self, reader: asyncio.Task[object]) -> None:
        """Let its body arrive, read by this task, until `end`."""
        self._reader = reader

    def end(self) -> None:
        """Let its body arrive no longer; what was taken stays taken."""
        self._reader = None
        self._space.arriving.pop(self, None)

    def cut_off(self) -> None:
        """Cancel the task that reads its body, once."""
        if self._reader is not None and not self.is_cut_off:
            self.is_cut_off = True
            self._reader.cancel()

    def give_way(self) -> None:
        """Cut its body off, and give back at once what it took."""
        self.cut_off()
        self.end()
        self._give_back()

    def take(self, size: int) -> None:
        """Take some more bytes.

        Raises:
            UnavailableError: There are not as many.
        """
        space = self._space
        if size > space.free:
            space.clear(size, self)
        if size > space.free:
            raise UnavailableError("Too many large requests at once", retry_after=1)
        if self._reader is not None and self not in space.arriving:
            space.arriving[self] = asyncio.get_running_loop().time()
        space.free -= size
        self._taken += size

    def _give_back(self) -> None:
        self._space.free += self._taken
        self._taken = 0


async def read_body(
    headers: Headers, receive: Receive, *, limit: int, room: Room
) -> bytes:
    """Return the body, unpacked where it is gzip.

    Some clients say that they send gzip and some don't; the body itself tells.

    Args:
        headers: Of the request.
        receive: Returns its body.
        limit: Bytes that it may have, packed and unpacked.
        room: Where it is counted.

    Raises:
        TooLargeError: It is over the limit.
        InvalidInputError: It is broken gzip.
        UnavailableError: Too many large bodies are here already, or it took too long.
        ClientGoneError: The client went away.
    """
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit():
        _check_length(int(declared[:20]), limit)
    body = await _receive_in_time(receive, limit, room)
    if body.startswith(_GZIP_MAGIC):
        body = await _unpack(body, limit, room)
    return body


async def _receive_in_time(receive: Receive, limit: int, room: Room) -> bytes:
    # What asyncio.timeout does, for a sixth of what it costs: every event pays for it.
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a body is read outside of a task")
    room.begin(task)
    patience = asyncio.get_running_loop().call_later(READ_TIMEOUT_SECONDS, room.cut_off)
    try:
        return await _receive_all(receive, limit, room)
    except asyncio.CancelledError:
        if not room.is_cut_off or task.uncancel():
            raise
        raise UnavailableError(
            "The body took too long to arrive", retry_after=1
        ) from None
    finally:
        patience.cancel()
        room.end()


async def _receive_all(receive: Receive, limit: int, room: Room) -> bytes:
    start, is_whole = await _receive_some(receive)
    _check_length(len(start), limit)
    if len(start) > SMALL_BYTES:
        room.take(len(start))
    if is_whole:
        return start
    body = bytearray(start)
    while not is_whole:
        chunk, is_whole = await _receive_some(receive)
        _check_length(len(body) + len(chunk), limit)
        room.take(len(chunk))
        body += chunk
    return bytes(body)


async def _receive_some(receive: Receive) -> tuple[bytes, bool]:
    """Return the next piece of a body, and whether it is the last."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message.get("body", b""), not message.get("more_body", False)


async def _unpack(packed: bytes, limit: int, room: Room) -> bytes:
    """Return what was packed, letting others run after each piece of it."""
    stream = zlib.decompressobj(_GZIP_WINDOW)
    body = bytearray()
    try:
        while not stream.eof:
            piece = stream.decompress(packed, _PIECE_BYTES)
            packed = stream.unconsumed_tail
            if not piece and not stream.eof:
                raise InvalidInputError("The body is gzip that ends too early")
            _check_length(len(body) + len(piece), limit)
            room.take(len(piece))
            body += piece
            if not stream.eof:
                await asyncio.sleep(0)
    except zlib.error as error:
        raise InvalidInputError("The body is broken gzip") from error
    if stream.unused_data:
        raise InvalidInputError("The body goes on after the end of its gzip")
    return bytes(body)


def parse_json(body: bytes) -> Json:
    """Return what a body says.

    Half of a surrogate pair, as a text that was cut may end in, is left in its place:
    the event that holds it can't be accepted, and those around it can.

    Raises:
        InvalidInputError: It is not JSON.
        TooLargeError: It has more in it than may be parsed at once.
    """
    if len(body) > SMALL_BYTES:
        _check_contents(body)
    value: Json
    try:
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            if not _SURROGATE.search(body):
                raise
            value = json.loads(body.decode(), parse_constant=int)  # int refuses NaN
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("The body is not JSON") from error
    return value


def parse_object(body: bytes) -> dict[str, Json]:
    """Return the object that a body is.

    Raises:
        InvalidInputError: It is not JSON, or something else than an object.
        TooLargeError: It has more in it than may be parsed at once.
    """
    value = parse_json(body)
    if not isinstance(value, dict):
        raise InvalidInputError("The body is not a JSON object")
    return value


def _check_contents(body: bytes) -> None:
    """Refuse what would take too long to parse; what strings hold counts too."""
    if body.count(b"{") + body.count(b"[") > MAX_CONTAINERS:
        raise TooLargeError(f"There are over {MAX_CONTAINERS} objects in the body")
    if body.count(b",") > MAX_VALUES:
        raise TooLargeError(f"There are over {MAX_VALUES} values in the body")


def count_events(fields: Mapping[str, Json], name: str) -> int:
    """Return how many events stand under a name; one where it is no list."""
    events = fields.get(name)
    return len(events) if isinstance(events, list) else 1


def read_list(fields: Mapping[str, Json], name: str, *, limit: int) -> Sequence[Json]:
    """Return the list of events that stands under a name.

    Raises:
        InvalidInputError: There is none.
        TooLargeError: It has more events than that.
    """
    events = fields.get(name)
    if not isinstance(events, list):
        raise InvalidInputError(
            f"The body has no list of events: {name}",
            details={name: "has to be a list"},
        )
    check_number(events, limit)
    return events


def check_number(events: Sequence[Json], limit: int) -> None:
    """Refuse more events at once than that.

    Raises:
        TooLargeError: There are more.
    """
    if len(events) > limit:
        raise TooLargeError(f"There are over {limit} events in the body")


def _check_length(length: int, limit: int) -> None:
    if length > limit:
        raise TooLargeError(f"The body is over {limit} bytes")
