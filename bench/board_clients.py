"""Open boards as browsers hold them, and how long an event takes to each of them.

A board is a websocket that speaks Reflex's protocol: it connects with a session's
cookie, loads the leads page and takes what is sent. Now and then one lead, far above
all others, does something, and boards are watched for its new score. Run as a process
of its own it says "open" once all boards show that lead, measures until a line comes
on its standard input, closes the boards and prints what it measured as JSON.
"""

import argparse
import asyncio
import base64
import json
import os
import re
import sys
import time
import uuid
from statistics import quantiles
from typing import cast

import uvloop

HYDRATE = "reflex___state____state.hydrate_and_load"
PATH = "/leads"
MARKED = "bench-marked"
MARKED_SCORE = 5_000
"""More than any other lead comes to."""
POINTS = 5
"""What an event of it gives."""
SHOWN_SCORE = re.compile(rb'"([5-9]),(\d{3})\\*"')
"""How the board writes a score that only the marked lead has."""

SECONDS_BETWEEN_MARKS = 0.7
"""No multiple of a board's interval, so that events come anywhere in it."""

OPEN_SECONDS = 90.0

_UPGRADE = (
    "GET /_event/?EIO=4&transport=websocket&token={tab} HTTP/1.1\r\n"
    "Host: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
    "Cookie: leadpulse_session={token}\r\n\r\n"
)
_EVENT = (
    "POST /api/ingest/event HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    "X-Write-Key: {key}\r\nContent-Length: {length}\r\n\r\n{body}"
)

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A


class Board(asyncio.Protocol):
    """One open leads page."""

    def __init__(self, port: int, token: str) -> None:
        """Be ready to connect with this session."""
        self._port, self._token = port, token
        self._tab = str(uuid.uuid4())
        self._buffer = b""
        self._is_upgraded = False
        self._transport: asyncio.Transport
        self.score = 0
        """The marked lead's newest score that the board was sent."""
        self.shown_at: dict[int, float] = {}
        self.shows_lead = asyncio.Event()
        self.messages = 0
        self.octets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        self._transport = cast("asyncio.Transport", transport)
        upgrade = _UPGRADE.format(
            tab=self._tab,
            port=self._port,
            key=base64.b64encode(os.urandom(16)).decode(),
            token=self._token,
        )
        self._transport.write(upgrade.encode())

    def data_received(self, data: bytes) -> None:
        """Take the frames that are whole."""
        self._buffer += data
        if not self._is_upgraded:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                raise RuntimeError(head.decode())
            self._is_upgraded, self._buffer = True, rest
        while (frame := self._next_frame()) is not None:
            self._take(*frame)

    def _next_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        start, length = 2, buffer[1]
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0], buffer[start : start + length]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == PING:
            self._send(payload, PONG)
        elif kind == CLOSE:
            self._transport.close()
        elif payload == b"2":
            self._send(b"3")
        elif payload.startswith(b"0"):
            self._send(b"40/_event,")
        elif payload.startswith(b"40/_event,"):
            self._load_page()
        else:
            self._look_for_score(payload)

    def _load_page(self) -> None:
        event = {
            "name": HYDRATE,
            "payload": {},
            "token": self._tab,
            "router_data": {"pathname": PATH, "asPath": PATH, "query": {}},
        }
        self._send(b"42/_event," + json.dumps(["event", event]).encode())

    def _look_for_score(self, payload: bytes) -> None:
        self.messages += 1
        self.octets += len(payload)
        found = SHOWN_SCORE.search(payload)
        if found is None:
            return
        score = int(found[1] + found[2])
        if score > self.score > 0:
            now = time.perf_counter()
            for each in range(self.score + POINTS, score + 1, POINTS):
                self.shown_at[each] = now
        self.score = max(score, self.score)
        self.shows_lead.set()

    def _send(self, payload: bytes, kind: int = TEXT) -> None:
        length = len(payload)
        size = (
            bytes([0x80 | length])
            if length < 126
            else bytes([0x80 | 126]) + length.to_bytes(2, "big")
        )
        # Masked with zeros: it stays as it is.
        self._transport.write(bytes([kind]) + size + bytes(4) + payload)

    def close(self) -> None:
        """Leave, as a closed tab does."""
        self._transport.close()


class Marker:
    """Lets the marked lead do something now and then, and notes when."""

    def __init__(self, port: int, key: str, *, score: int) -> None:
        """Post to this port with this write key, for the lead that has this score."""
        self._port, self._key, self._score = port, key, score
        self.posted_at: dict[int, float] = {}

    async def run(self) -> None:
        """Post until cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        score = self._score
        while True:
            score += POINTS
            body = json.dumps({"event": "page_view", "anonymousId": MARKED})
            request = _EVENT.format(
                port=self._port, key=self._key, length=len(body), body=body
            )
            self.posted_at[score] = time.perf_counter()
            writer.write(request.encode())
            answer = await reader.readuntil(b"}")  # the last octet of it
            if b" 202 " not in answer:
                raise RuntimeError(answer.decode())
            await asyncio.sleep(SECONDS_BETWEEN_MARKS)


async def watch(
    port: int, key: str, tokens: list[str], boards: int, *, at_once: int = 4
) -> dict[str, float]:
    """Open boards, measure until a line is read, close them."""
    loop = asyncio.get_running_loop()
    opened: list[Board] = []
    for n in range(boards):
        _, board = await loop.create_connection(
            lambda n=n: Board(port, tokens[n % len(tokens)]), "127.0.0.1", port
        )
        opened.append(board)
        if n % at_once == at_once - 1:
            await _until_shown(opened)
    await _until_shown(opened)
    print("open", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)  # the load has begun
    for board in opened:
        board.messages = board.octets = 0
    marker, started = Marker(port, key, score=opened[0].score), loop.time()
    marking = asyncio.create_task(marker.run())
    await loop.run_in_executor(None, sys.stdin.readline)
    marking.cancel()
    elapsed = loop.time() - started
    await asyncio.sleep(2 * SECONDS_BETWEEN_MARKS)
    taken, missing = [], 0
    for score, posted_at in marker.posted_at.items():
        for board in opened:
            shown_at = board.shown_at.get(score)
            if shown_at is None:
                missing += 1
            else:
                taken.append(shown_at - posted_at)
    for board in opened:
        board.close()
    cuts = quantiles(taken, n=100)
    return {
        "board_p50_ms": cuts[49] * 1000,
        "board_p95_ms": cuts[94] * 1000,
        "board_p99_ms": cuts[98] * 1000,
        "board_samples": len(taken),
        "board_missing": missing,
        "updates_per_second": sum(board.messages for board in opened) / elapsed,
        "update_octets": sum(board.octets for board in opened)
        / max(1, sum(board.messages for board in opened)),
    }


async def _until_shown(boards: list[Board]) -> None:
    async with asyncio.timeout(OPEN_SECONDS):
        for board in boards:
            await board.shows_lead.wait()


def main() -> None:
    """Watch boards as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("key")
    parser.add_argument("boards", type=int)
    parser.add_argument("tokens", nargs="+")
    given = parser.parse_args()
    figures = uvloop.run(watch(given.port, given.key, given.tokens, given.boards))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
