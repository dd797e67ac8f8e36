"""The ingest routes, as a bare ASGI callable: every request of a busy site passes here.

Any page on any site may post to them. They answer after the event is durable.
"""

import base64
import binascii
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from leadpulse_app.api.envelope import failure, failure_of
from leadpulse_app.domain.errors import (
    InvalidInputError,
    LeadPulseError,
    NotFoundError,
    TooLargeError,
    UnauthenticatedError,
)
from leadpulse_app.domain.event import parse_native_event
from leadpulse_app.services.ingest import GroupCommit, WriteKeys

EVENT_PATH = "/api/ingest/event"

MAX_EVENT_BYTES = 32 * 1024
"""Of the body of a single event."""

PREFLIGHT_SECONDS = 24 * 60 * 60
"""How long a browser may remember a preflight; each caps it further."""

_KEY_FIELDS = ("apiKey", "writeKey", "api_key", "token")

_VARY = ((b"vary", b"Origin"),)

_Headers = Mapping[bytes, bytes]


class _ClientGoneError(Exception):
    """Nobody is left to answer."""


class IngestApp:
    """Serves the ingest routes of one process, while its `lifespan` is entered."""

    _write_keys: WriteKeys
    _group_commit: GroupCommit

    def __init__(self, *, enqueue_hint: Callable[[], None]) -> None:
        """Prepare.

        Args:
            enqueue_hint: Wakes the scorer; called in a thread, it may block.
        """
        self._enqueue_hint = enqueue_hint

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Take events on the running event loop; Postgres may be away at first.

        At the end, what was accepted is stored and answered.
        """
        self._write_keys = WriteKeys()
        self._group_commit = GroupCommit(enqueue_hint=self._enqueue_hint)
        self._group_commit.start()
        try:
            yield
        finally:
            await self._write_keys.stop()
            await self._group_commit.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers: _Headers = dict(scope["headers"])
        try:
            if scope["path"] != EVENT_PATH:
                raise NotFoundError("There is no such ingest route")
            if scope["method"] == "POST":
                answer = await self._take_event(scope, headers, receive)
                await _accept(answer, headers, send)
                return
            response = _answer_other_method(scope["method"], headers)
        except LeadPulseError as error:
            response = failure_of(error)
        except _ClientGoneError:
            return
        response.raw_headers += _cross_origin_headers(headers)
        await response(scope, receive, send)

    async def _take_event(
        self, scope: Scope, headers: _Headers, receive: Receive
    ) -> bytes:
        """Return what to answer, once the event is durable."""
        body = await _read_body(headers, receive, MAX_EVENT_BYTES)
        received_at = datetime.now(UTC)
        payload = _parse_object(body)
        key = _find_key(scope, headers, payload)
        project_id = None if key is None else await self._write_keys.project_of(key)
        if project_id is None:
            raise UnauthenticatedError("The write key is missing, unknown or revoked")
        event = parse_native_event(payload, received_at=received_at)
        status = await self._group_commit.submit(project_id, event)
        answer = {"success": True, "status": status, "eventId": event.message_id}
        return orjson.dumps(answer)


async def _accept(body: bytes, headers: _Headers, send: Send) -> None:
    """Answer 202. A Starlette response would do the same for several times the cost."""
    await send(
        {
            "type": "http.response.start",
            "status": 202,
            "headers": [
                (b"content-length", b"%d" % len(body)),
                (b"content-type", b"application/json"),
                *_cross_origin_headers(headers),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _read_body(headers: _Headers, receive: Receive, limit: int) -> bytes:
    """Return the body, having read no more than one message past the limit."""
    if (length := headers.get(b"content-length", b"0")).isdigit():
        _check_length(int(length), limit)
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        chunk: bytes = message.get("body", b"")
        body += chunk
        _check_length(len(body), limit)
        if not message.get("more_body", False):
            return body


def _check_length(length: int, limit: int) -> None:
    if length > limit:
        raise TooLargeError(f"The body is over {limit} bytes")


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        payload: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError("The body is not JSON") from error
    if not isinstance(payload, dict):
        raise InvalidInputError("The body is not a JSON object")
    return payload


def _find_key(
    scope: Scope, headers: _Headers, payload: Mapping[str, Any]
) -> str | None:
    """Return the first write key of the request; the order is part of the contract."""
    if (authorization := headers.get(b"authorization")) is not None:
        scheme, _, credentials = authorization.partition(b" ")
        match scheme.lower():
            case b"basic":
                return _basic_user(credentials)
            case b"bearer":
                return credentials.strip().decode("latin-1")
    if (header := headers.get(b"x-write-key")) is not None:
        return header.decode("latin-1")
    for field in _KEY_FIELDS:
        key = payload.get(field)
        if isinstance(key, str) and "*" not in key:  # some clients mask theirs
            return key
    query: bytes = scope["query_string"]
    return next(iter(parse_qs(query.decode("latin-1")).get("writeKey", ())), None)


def _basic_user(credentials: bytes) -> str:
    try:
        pair = base64.b64decode(credentials.strip(), validate=True)
    except binascii.Error:
        return ""
    return pair.partition(b":")[0].decode("latin-1")


def _cross_origin_headers(headers: _Headers) -> Sequence[tuple[bytes, bytes]]:
    origin = headers.get(b"origin")
    if origin is None:
        return _VARY
    return (
        *_VARY,
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"Retry-After"),
    )


def _answer_other_method(method: str, headers: _Headers) -> Response:
    if method == "OPTIONS":
        return _preflight_response(headers)
    return failure(
        405,
        "method_not_allowed",
        "Events are sent with POST",
        headers={"Allow": "OPTIONS, POST"},
    )


def _preflight_response(headers: _Headers) -> Response:
    response = Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
    if (asked := headers.get(b"access-control-request-headers")) is not None:
        response.raw_headers.append((b"access-control-allow-headers", asked))
    return response
